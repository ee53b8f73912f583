/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting, counting and cleaning UTF-8. */
#include "tests/t.h"
#include "lib/text.h"

#include <string.h>

#define TWO "\xc3\xa9"
#define THREE "\xe2\x82\xac"

static void
test_a_cut_never_splits_a_character(void)
{
	static const struct {
		int line;
		const char *text;
		size_t max, kept;
	} rows[] = {
		{ __LINE__, "", 0, 0 },
		{ __LINE__, "abc", 3, 3 },
		{ __LINE__, "abc", 2, 2 },
		{ __LINE__, "a" TWO, 3, 3 },
		{ __LINE__, "a" TWO, 2, 1 },
		{ __LINE__, THREE, 2, 0 },
		{ __LINE__, THREE "b", 3, 3 },
		{ __LINE__, "\x80\x80\x80", 2, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_AT(rows[i].line);
		CHECK_INT(
		    text_cut(rows[i].text, strlen(rows[i].text), rows[i].max),
		    rows[i].kept);
	}
	T_AT(0);
}

static void
test_a_last_character_that_may_be_cut_is_removed(void)
{
	char ascii[] = "ab", half[] = "a\xe2\x82", whole[] = "a" TWO;

	CHECK_INT(text_trim(ascii), 2);
	CHECK_STR(ascii, "ab");
	CHECK_INT(text_trim(half), 1);
	CHECK_STR(half, "a");
	CHECK_INT(text_trim(whole), 1);
	CHECK_STR(whole, "a");
}

static void
test_only_valid_characters_outside_ascii_have_a_length(void)
{
	CHECK_INT(text_multibyte(TWO "a", 3), 2);
	CHECK_INT(text_multibyte(THREE, 3), 3);
	CHECK_INT(text_multibyte("\xf0\x9f\x98\x80", 4), 4);
	CHECK_INT(text_multibyte(THREE, 2), 0);
	CHECK_INT(text_multibyte("a" TWO, 3), 0);
	CHECK_INT(text_multibyte("\x80", 1), 0);
	CHECK_INT(text_multibyte("\xc0\xaf", 2), 0);
	CHECK_INT(text_multibyte("\xed\xa0\x80", 3), 0);
}

int
main(void)
{
	char text[] = "a\tb\x7f\n" TWO "\x1b";

	test_a_cut_never_splits_a_character();
	test_a_last_character_that_may_be_cut_is_removed();
	test_only_valid_characters_outside_ascii_have_a_length();
	CHECK_INT(text_characters("na" TWO "ve" THREE, 9), 6);
	text_replace_controls(text, '?');
	CHECK_STR(text, "a?b??" TWO "?");
	return t_done();
}
