/* SPDX-License-Identifier: Apache-2.0 */
/* Case folding of some characters, and of all. */
#include "lib/fold.h"

#include "tests/t.h"

#include <utf8proc.h>

static const struct {
	int line;
	const char *text;
	const char *folded;
} rows[] = {
	{ __LINE__, "", "" },
	{ __LINE__, "plain", "plain" },
	{ __LINE__, "GitHub MCP", "github mcp" },
	{ __LINE__, "@AZ[`az{", "@az[`az{" },
	{ __LINE__, "\xc3\x89t\xc3\xa9", "\xc3\xa9t\xc3\xa9" },
	{ __LINE__, "\xce\xa3\xcf\x83\xcf\x82", "\xcf\x83\xcf\x83\xcf\x83" },
	{ __LINE__, "\xd0\x91", "\xd0\xb1" },
	/* Some become two or three: sharp s, ligatures, accents. */
	{ __LINE__, "Stra\xc3\x9f\x65", "strasse" },
	{ __LINE__, "STRASSE", "strasse" },
	{ __LINE__, "Gr\xc3\xbc\xc3\x9f\x65 GR\xc3\x9cSSE",
	    "gr\xc3\xbcsse gr\xc3\xbcsse" },
	{ __LINE__, "\xe1\xba\x9e", "ss" },
	{ __LINE__, "\xef\xac\x83", "ffi" },
	{ __LINE__, "\xc5\x89", "\xca\xbcn" },
	{ __LINE__, "\xce\x90", "\xce\xb9\xcc\x88\xcc\x81" },
	/* i with a dot and without one are one letter; long s. */
	{ __LINE__, "I\xc4\xb1\xc4\xb0i", "iiii" },
	{ __LINE__, "\xc5\xbf", "s" },
	/* An accent of its own stays one. */
	{ __LINE__, "U\xcc\x88", "u\xcc\x88" },
	{ __LINE__, "\xc7\x85\xc7\x84", "\xc7\x86\xc7\x86" },
	/* Shorter and longer than before: Kelvin sign, A with stroke. */
	{ __LINE__, "\xe2\x84\xaaX", "kx" },
	{ __LINE__, "\xc8\xba", "\xe2\xb1\xa5" },
	{ __LINE__, "\xf0\x90\x90\x80", "\xf0\x90\x90\xa8" },
	{ __LINE__, "\xe6\xbc\xa2\xf0\x9f\x98\x80",
	    "\xe6\xbc\xa2\xf0\x9f\x98\x80" },
	/* Not UTF-8: a lone byte, a cut one, overlong, a surrogate. */
	{ __LINE__,
	    "A\xff"
	    "B",
	    "a\xef\xbf\xbd"
	    "b" },
	{ __LINE__, "\xc3", "\xef\xbf\xbd" },
	{ __LINE__, "\xc3(", "\xef\xbf\xbd(" },
	{ __LINE__, "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ __LINE__, "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ __LINE__, "\xf4\x90\x80\x80",
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};

static void
test_rows(void)
{
	struct buf out = BUF_INIT(256), again = BUF_INIT(256);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_reset(&out);
		buf_reset(&again);
		fold_add(&out, rows[i].text, strlen(rows[i].text));
		fold_add(&again, buf_str(&out), out.len);
		T_AT(rows[i].line);
		CHECK_STR(buf_str(&out), rows[i].folded);
		CHECK_STR(buf_str(&again), rows[i].folded);
	}
	T_AT(0);
	buf_free(&out);
	buf_free(&again);
}

/* Upper and lower case meet, and folding twice is folding once: all of them. */
static void
test_every_character(void)
{
	struct buf once = BUF_INIT(64), twice = BUF_INIT(64),
		   upper = BUF_INIT(64);
	int changing = 0, apart = 0, long_ones = 0;

	for (utf8proc_int32_t c = 0; c < 0x110000; c++) {
		utf8proc_uint8_t text[4];
		size_t len;

		if (!utf8proc_codepoint_valid(c))
			continue;
		buf_reset(&once);
		buf_reset(&twice);
		buf_reset(&upper);
		len = (size_t)utf8proc_encode_char(c, text);
		fold_add(&once, (char *)text, len);
		fold_add(&twice, buf_str(&once), once.len);
		if (once.len != twice.len ||
		    memcmp(once.data, twice.data, once.len) != 0)
			changing++;
		if (once.len > 3 * len)
			long_ones++;
		len = (size_t)utf8proc_encode_char(utf8proc_toupper(c), text);
		fold_add(&upper, (char *)text, len);
		if (once.len != upper.len ||
		    memcmp(once.data, upper.data, once.len) != 0)
			apart++;
	}
	CHECK_INT(changing, 0);
	CHECK_INT(apart, 0);
	CHECK_INT(long_ones, 0);
	buf_free(&once);
	buf_free(&twice);
	buf_free(&upper);
}

static void
test_buffer(void)
{
	struct buf out = BUF_INIT(8);

	/* What was there stays as it was; a NUL is a character. */
	buf_adds(&out, "AB");
	fold_add(&out, "C\0D", 3);
	CHECK_INT(out.len, 5);
	CHECK(memcmp(out.data, "ABc\0d", 6) == 0);
	CHECK(!out.bad);
	fold_add(&out, "TOO LONG", 8);
	CHECK(out.bad);
	CHECK_INT(out.len, 5);
	buf_free(&out);

	/* A ceiling met between characters, with no byte of the second. */
	buf_init(&out, 3);
	fold_add(&out, "\xc3\x89\xc3\x89Z", 5);
	CHECK(out.bad);
	CHECK_STR(buf_str(&out), "\xc3\xa9");
	buf_free(&out);
}

int
main(void)
{
	test_rows();
	test_every_character();
	test_buffer();
	return t_done();
}
