/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 for URLs: the vectors of RFC 4648, and what is no such text. */
#include "lib/base64url.h"

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
		base64url_encode(b, pairs[i].bytes, strlen(pairs[i].bytes));
		CHECK_STR(buf_str(b), pairs[i].text);
		buf_reset(b);
		CHECK_INT(
		    base64url_decode(b, pairs[i].text, strlen(pairs[i].text)),
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
		    base64url_decode(b, wrong[i].text, strlen(wrong[i].text)),
		    -1);
	}
}

int
main(void)
{
	struct buf b = BUF_INIT(1000);

	test_pairs(&b);
	test_wrong(&b);
	buf_free(&b);
	return t_done();
}
