/* SPDX-License-Identifier: Apache-2.0 */
/* Base64: the vectors of RFC 4648, and invalid texts. */
#include "lib/base64.h"

#include "tests/t.h"

static const struct {
	int line;
	const char *bytes;
	const char *text;
} pairs[] = {
	{ __LINE__, "", "" },
	{ __LINE__, "f", "Zg" },
	{ __LINE__, "fo", "Zm8" },
	{ __LINE__, "foo", "Zm9v" },
	{ __LINE__, "foob", "Zm9vYg" },
	{ __LINE__, "fooba", "Zm9vYmE" },
	{ __LINE__, "foobar", "Zm9vYmFy" },
	{ __LINE__, "\xfb\xff\xbf", "-_-_" },
};

static const struct {
	int line;
	const char *text;
} wrong[] = {
	{ __LINE__, "Z" },
	{ __LINE__, "Zm9vY" }, /* no such length */
	{ __LINE__, "Zh" },
	{ __LINE__, "Zm9" }, /* bits too many */
	{ __LINE__, "Zg==" },
	{ __LINE__, "Zg=" }, /* padding */
	{ __LINE__, "+/+/" },
	{ __LINE__, "Zm9v\n" },
	{ __LINE__, " Zm9" },
	{ __LINE__, "Zm\xc3\xa4" },
};

static void
test_pairs(struct buf *b)
{
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		T_AT(pairs[i].line);
		buf_reset(b);
		base64_url_encode(b, pairs[i].bytes, strlen(pairs[i].bytes));
		CHECK_STR(buf_str(b), pairs[i].text);
		buf_reset(b);
		CHECK_INT(
		    base64_url_decode(b, pairs[i].text, strlen(pairs[i].text)),
		    0);
		CHECK_STR(buf_str(b), pairs[i].bytes);
	}
}

static void
test_wrong(struct buf *b)
{
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		T_AT(wrong[i].line);
		buf_reset(b);
		CHECK_INT(
		    base64_url_decode(b, wrong[i].text, strlen(wrong[i].text)),
		    -1);
	}
}

static const struct {
	int line;
	const char *text;
	const char *bytes; /* NULL: it is wrong */
} padded[] = {
	{ __LINE__, "", "" },
	{ __LINE__, "Zg==", "f" },
	{ __LINE__, "Zm8=", "fo" },
	{ __LINE__, "Zm9v", "foo" },
	{ __LINE__, "+/+/", "\xfb\xff\xbf" },
	{ __LINE__, "-_-_", NULL },
	{ __LINE__, "Zg", NULL },
	{ __LINE__, "Zh==", NULL }, /* bits too many */
	{ __LINE__, "Z===", NULL },
	{ __LINE__, "Zg==Zg==", NULL },
	{ __LINE__, "Zm9v\n   ", NULL },
};

static void
test_padded(void)
{
	for (size_t i = 0; i < sizeof padded / sizeof padded[0]; i++) {
		char text[16];
		size_t len = strlen(padded[i].text);
		int rc;

		T_AT(padded[i].line);
		memcpy(text, padded[i].text, len + 1);
		rc = base64_decode(text, &len);
		CHECK_INT(rc, padded[i].bytes == NULL ? -1 : 0);
		if (rc == -1 || padded[i].bytes == NULL)
			continue;
		CHECK_INT(len, strlen(padded[i].bytes));
		CHECK(memcmp(text, padded[i].bytes, len) == 0);
	}
}

int
main(void)
{
	struct buf b = BUF_INIT(1000);

	test_pairs(&b);
	test_wrong(&b);
	test_padded();
	buf_free(&b);
	return t_done();
}
