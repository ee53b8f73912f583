/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 against the published examples, in pieces and many times over. */
#include "tests/t.h"
#include "lib/digest.h"

#include <stdlib.h>

#define LONG_LEN 1000000

static char *
million_a(void)
{
	char *text = malloc(LONG_LEN);

	if (text == NULL)
		abort();
	memset(text, 'a', LONG_LEN);
	return text;
}

/* Examples of FIPS 180-2 appendix B, and the empty message. */
static void
test_examples(struct digest *d)
{
	char *a = million_a();
	const struct {
		int line;
		const char *text;
		size_t len;
		const char *hex;
	} rows[] = {
		{ __LINE__, "", 0,
		    "e3b0c44298fc1c149afbf4c8996fb924"
		    "27ae41e4649b934ca495991b7852b855" },
		{ __LINE__, "abc", 3,
		    "ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad" },
		{ __LINE__,
		    "abcdbcdecdefdefgefghfghighijhijk"
		    "ijkljklmklmnlmnomnopnopq",
		    56,
		    "248d6a61d20638b8e5c026930c3e6039"
		    "a33ce45964ff2167f6ecedd419db06c1" },
		{ __LINE__, a, LONG_LEN,
		    "cdc76e5c9914fb9281a1c7e284d73e67"
		    "f1809a48a497200e046d39ccc7112cd0" },
	};
	char hex[DIGEST_HEX_SIZE];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_AT(rows[i].line);
		digest_add(d, rows[i].text, rows[i].len);
		digest_hex(d, hex);
		CHECK_STR(hex, rows[i].hex);
		for (size_t at = 0; at < rows[i].len; at += 997)
			digest_add(d, rows[i].text + at,
			    rows[i].len - at < 997 ? rows[i].len - at : 997);
		digest_hex(d, hex);
		CHECK_STR(hex, rows[i].hex);
	}
	T_AT(0);
	free(a);
}

static void
test_raw_is_hex(struct digest *d)
{
	unsigned char raw[DIGEST_RAW_SIZE];
	char hex[DIGEST_HEX_SIZE], two[3];
	bool same = true;

	digest_add(d, "abc", 3);
	digest_raw(d, raw);
	digest_add(d, "abc", 3);
	digest_hex(d, hex);
	for (size_t i = 0; i < sizeof raw; i++) {
		snprintf(two, sizeof two, "%02x", raw[i]);
		same = same && memcmp(two, hex + 2 * i, 2) == 0;
	}
	CHECK(same);
	CHECK_INT(strlen(hex), DIGEST_HEX_SIZE - 1);
}

/* Two messages in the making do not mix. */
static void
test_two_at_once(struct digest *d)
{
	struct digest *other = digest_new();
	char hex[DIGEST_HEX_SIZE], other_hex[DIGEST_HEX_SIZE];

	digest_add(d, "a", 1);
	digest_add(other, "x", 1);
	digest_add(d, "bc", 2);
	digest_hex(other, other_hex);
	digest_free(other);
	digest_hex(d, hex);
	CHECK(strncmp(hex, "ba7816bf", 8) == 0);
	CHECK(strncmp(other_hex, "2d711642", 8) == 0);
}

int
main(void)
{
	struct digest *d = digest_new();

	test_examples(d);
	test_raw_is_hex(d);
	test_two_at_once(d);
	digest_free(d);
	digest_free(NULL);
	return t_done();
}
