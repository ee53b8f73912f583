/* SPDX-License-Identifier: Apache-2.0 */
/* Name patterns: matches, invalid patterns, and their cost. */
#include "lib/store/glob.h"

#include "lib/limits.h"
#include "tests/t.h"

#include <stdlib.h>

static const struct {
	int line;
	const char *pattern;
	const char *name;
	bool matches;
} rows[] = {
	{ __LINE__, "io.github.stacklok/*", "io.github.stacklok/a", true },
	{ __LINE__, "*-remote", "io.github.stacklok/c7-remote", true },
	{ __LINE__, "*", "", true },
	{ __LINE__, "", "x", false },
	{ __LINE__, "", "", true },
	{ __LINE__, "a?b", "a/b", true },
	{ __LINE__, "Postgres*", "postgres-x", false },
	{ __LINE__, "\\*", "*", true },
	{ __LINE__, "\\*", "x", false },
	{ __LINE__, "{,a}b", "b", true },
	{ __LINE__, "{,a}b", "ab", true },
	{ __LINE__, "a,b", "a,b", true },
	{ __LINE__, "{a,b}/x*", "b/xy", true },
	{ __LINE__, "{a,b}/x*", "c/xy", false },
	{ __LINE__, "[^/]*", "a/b", false },
	{ __LINE__, "[^/]*", "/b", true },
	{ __LINE__, "[!/]*", "a/b", true },
	{ __LINE__, "[!/]*", "/b", false },
	{ __LINE__, "[^a-c]x", "dx", false },
	{ __LINE__, "[^a-c]x", "ax", true },
	{ __LINE__, "[^a-c]x", "^x", true },
	{ __LINE__, "[^a-c]x", "-x", true },
	{ __LINE__, "[^a-c]x", "bx", false },
	{ __LINE__, "[ab-d]", "a", true },
	{ __LINE__, "[ab-d]", "b", true },
	{ __LINE__, "[ab-d]", "-", true },
	{ __LINE__, "[ab-d]", "d", true },
	{ __LINE__, "[ab-d]", "c", false },
	{ __LINE__, "[[]", "[", true },
	{ __LINE__, "[abc]", "b", true },
	{ __LINE__, "[abc]", "d", false },
	{ __LINE__, "[abc]", "", false },
	{ __LINE__, "[a-c]", "b", true },
	{ __LINE__, "[a-c]", "-", false },
	{ __LINE__, "[a-a]", "a", true },
	{ __LINE__, "[!a-c]", "b", false },
	{ __LINE__, "[!a-c]", "d", true },
	{ __LINE__, "[!a-c]", "", false },
	{ __LINE__, "[!!]", "!", false },
	{ __LINE__, "[!!]", "a", true },
	{ __LINE__, "[a!]", "!", true },
	/* Anchored at both ends. */
	{ __LINE__, "abc", "abc", true },
	{ __LINE__, "abc", "abcd", false },
	{ __LINE__, "abc", "xabc", false },
	{ __LINE__, "abc", "ab", false },
	{ __LINE__, "a*c", "ac", true },
	{ __LINE__, "a*c", "a/b/c", true },
	{ __LINE__, "a*c", "a/b/cd", false },
	{ __LINE__, "a**c", "a/b/c", true },
	{ __LINE__, "a***", "a", true },
	{ __LINE__, "?", "", false },
	{ __LINE__, "??", "a", false },
	{ __LINE__, "*?", "a", true },
	/* Plain bytes at both ends, which a short text may not share. */
	{ __LINE__, "a*a", "a", false },
	{ __LINE__, "a*a", "aa", true },
	{ __LINE__, "ab*bc", "abc", false },
	{ __LINE__, "ab*bc", "abbc", true },
	{ __LINE__, "*abc", "bc", false },
	{ __LINE__, "a?bc", "xybc", false },
	{ __LINE__, "a?bc", "aybd", false },
	{ __LINE__, "*\\ab", "x\\ab", true },
	{ __LINE__, "*\\ab", "x\\\\ab", true },
	{ __LINE__, "*a,b", "xa,b", true },
	{ __LINE__, "*]b", "x]b", true },
	/* Alternatives, nested and empty. */
	{ __LINE__, "{a,b{c,d*}}e", "ae", true },
	{ __LINE__, "{a,b{c,d*}}e", "bce", true },
	{ __LINE__, "{a,b{c,d*}}e", "bdxye", true },
	{ __LINE__, "{a,b{c,d*}}e", "be", false },
	{ __LINE__, "{a,b{c,d*}}e", "ace", false },
	{ __LINE__, "{{a,b},{c,d}}", "c", true },
	{ __LINE__, "{{a,b},{c,d}}", "", false },
	{ __LINE__, "x{}y", "xy", true },
	{ __LINE__, "x{}y", "x{}y", false },
	{ __LINE__, "x{a}y", "xay", true },
	{ __LINE__, "{a,b,}", "", true },
	{ __LINE__, "{*a,b*}", "xa", true },
	{ __LINE__, "{*a,b*}", "bx", true },
	{ __LINE__, "{*a,b*}", "xb", false },
	{ __LINE__, "{[,],x}", ",", true },
	{ __LINE__, "{[}],x}", "}", true },
	{ __LINE__, "{a\\,b,c}", "a,b", true },
	{ __LINE__, "{a\\}b,c}", "a}b", true },
	{ __LINE__, "{a?,b}c", "a/c", true },
	/* Literal although special elsewhere. */
	{ __LINE__, "a}b]c,d", "a}b]c,d", true },
	{ __LINE__, "\\{a,b\\}", "{a,b}", true },
	{ __LINE__, "\\[a]", "[a]", true },
	{ __LINE__, "\\a\\\\", "a\\", true },
	{ __LINE__, "[\\]]", "]", true },
	{ __LINE__, "[\\\\]", "\\", true },
	{ __LINE__, "[a\\-c]", "-", true },
	{ __LINE__, "[a\\-c]", "b", false },
	/* Where the two parsers of the reference part, the second decides. */
	{ __LINE__, "[\\-a]", "\\", true },
	{ __LINE__, "[\\-a]", "-", false },
	{ __LINE__, "[A-\\]]", "Z]", true },
	{ __LINE__, "[!]-a]", "b", true },
	{ __LINE__, "[!]-a]", "^", false },
	{ __LINE__, "[!-a]", "!", true },
	{ __LINE__, "[!-a]", "-", false },
	/* Characters, not bytes. */
	{ __LINE__, "?", "\xc3\xa9", true },
	{ __LINE__, "??", "\xc3\xa9", false },
	{ __LINE__, "?", "\xf0\x9f\x98\x80", true },
	{ __LINE__, "[\xc3\xa0-\xc3\xbf]", "\xc3\xa9", true },
	{ __LINE__, "[\xc3\xa9]", "\xc3\xa8", false },
	{ __LINE__, "[!\xc3\xa9]", "\xc3\xa8", true },
	{ __LINE__, "\xc3\xa9*", "\xc3\xa9t\xc3\xa9", true },
	/* A byte of a name that is not UTF-8 is a character of its own. */
	{ __LINE__, "a??b",
	    "a\xff\xfe"
	    "b",
	    true },
	{ __LINE__, "a?b",
	    "a\xff\xfe"
	    "b",
	    false },
	{ __LINE__, "a?", "a\xc3", true },
};

static const struct {
	int line;
	const char *pattern;
	const char *message; /* after the pattern */
} refused[] = {
	{ __LINE__, "[", "character 1: unclosed '['" },
	{ __LINE__, "a[", "character 2: unclosed '['" },
	{ __LINE__, "[a", "character 1: unclosed '['" },
	{ __LINE__, "[^", "character 1: unclosed '['" },
	{ __LINE__, "[a-", "character 1: unclosed '['" },
	{ __LINE__, "[a\\", "character 1: unclosed '['" },
	{ __LINE__, "[a\\]", "character 1: unclosed '['" },
	{ __LINE__, "[]a]",
	    "character 2: unexpected '-' or ']' in '[...]': expected a character" },
	{ __LINE__, "[]",
	    "character 2: unexpected '-' or ']' in '[...]': expected a character" },
	{ __LINE__, "[^]",
	    "character 3: unexpected '-' or ']' in '[...]': expected a character" },
	{ __LINE__, "[a-]",
	    "character 4: unexpected '-' or ']' in '[...]': expected a character" },
	{ __LINE__, "[-a]",
	    "character 2: unexpected '-' or ']' in '[...]': expected a character" },
	{ __LINE__, "[a-c-e]",
	    "character 5: unexpected '-' or ']' in '[...]': expected a character" },
	{ __LINE__, "a\\", "character 2: nothing after '\\'" },
	{ __LINE__, "\\", "character 1: nothing after '\\'" },
	{ __LINE__, "[a-cx]",
	    "character 5: a range must be the only content of '[...]'" },
	{ __LINE__, "[a-cx-z]",
	    "character 5: a range must be the only content of '[...]'" },
	{ __LINE__, "[!a-cx]",
	    "character 6: a range must be the only content of '[...]'" },
	{ __LINE__, "[A-\\\\]",
	    "character 5: a range must be the only content of '[...]'" },
	{ __LINE__, "[c-a]",
	    "character 2: invalid range: it ends before its start" },
	{ __LINE__, "[!]", "character 3: empty '[...]'" },
	{ __LINE__, "[!]x", "character 3: empty '[...]'" },
	{ __LINE__, "{a", "character 1: unclosed '{'" },
	{ __LINE__, "x{a,{b}", "character 2: unclosed '{'" },
	{ __LINE__, "{", "character 1: unclosed '{'" },
	{ __LINE__, "{a\\}", "character 1: unclosed '{'" },
	{ __LINE__, "{[}]", "character 1: unclosed '{'" },
	{ __LINE__, "*/[a-b]{x,y}/\xc3\xa9[", "character 15: unclosed '['" },
	{ __LINE__, "ab\xff", "character 3: not UTF-8" },
	{ __LINE__, "\xc3", "character 1: not UTF-8" },
};

static bool
matches(const char *pattern, const char *name)
{
	struct err e = ERR_INIT;
	struct glob *g;
	bool result;

	if (glob_new(&g, pattern, &e) == -1) {
		CHECK_STR(e.text, "");
		return false;
	}
	result = glob_match(g, name);
	glob_free(g);
	return result;
}

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_AT(rows[i].line);
		CHECK_INT(
		    matches(rows[i].pattern, rows[i].name), rows[i].matches);
	}
	T_AT(0);
}

static void
test_refused(void)
{
	char want[ERR_TEXT_MAX];

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct err e = ERR_INIT;
		struct glob *g = NULL;

		T_AT(refused[i].line);
		CHECK_INT(glob_new(&g, refused[i].pattern, &e), -1);
		CHECK_INT(e.code, ERR_CONFIG);
		CHECK(g == NULL);
		snprintf(want, sizeof want, "pattern '%s', %s",
		    refused[i].pattern, refused[i].message);
		CHECK_STR(e.text, want);
	}
	T_AT(0);
}

/* ${unit} over and over, ${count} times; the caller frees it. */
static char *
repeat(const char *unit, size_t count)
{
	size_t len = strlen(unit);
	char *text = malloc(len * count + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(text + i * len, unit, len);
	text[len * count] = '\0';
	return text;
}

/* Both texts in one; it replaces them. */
static char *
join(char *a, char *b)
{
	size_t size = strlen(a) + strlen(b) + 1;
	char *text = malloc(size);

	snprintf(text, size, "%s%s", a, b);
	free(a);
	free(b);
	return text;
}

static void
test_limit(void)
{
	struct err e = ERR_INIT;
	struct glob *g = NULL;
	char *most = repeat("a", LIMIT_GLOB);
	char *over = repeat("\xc3\xa9", LIMIT_GLOB / 2 + 1);
	char *commas = join(
	    repeat("{", 1), join(repeat(",", LIMIT_GLOB - 2), repeat("}", 1)));
	char *nested =
	    join(repeat("{", LIMIT_GLOB / 2), repeat("}", LIMIT_GLOB / 2));

	CHECK(matches(most, most));
	CHECK(matches(commas, ""));
	CHECK(!matches(commas, "a"));
	CHECK(matches(nested, ""));
	CHECK(!matches(nested, "a"));
	CHECK_INT(glob_new(&g, over, &e), -1);
	CHECK_INT(e.code, ERR_CONFIG);
	CHECK(strstr(e.text, "longer than 1024 bytes") != NULL);
	/* What is shown of a long pattern ends between two characters. */
	CHECK(strstr(e.text, "\xc3\xa9...'") != NULL);
	glob_free(NULL);
	free(most);
	free(over);
	free(commas);
	free(nested);
}

/* Backtracking would not come back from these in the life of the machine. */
static void
test_cost(void)
{
	char *name = repeat("a", 5000);
	char *stars = join(repeat("*a", 500), repeat("b", 1));
	char *groups = join(repeat("{a,a}", 200), repeat("b", 1));
	char *runs = join(repeat("{*a,a*,{a*,*}}", 70), repeat("b", 1));
	char *deep =
	    join(repeat("{a,*{", 100), join(repeat("}}", 100), repeat("b", 1)));

	CHECK(!matches("*a*a*a*b", name));
	CHECK(!matches(stars, name));
	CHECK(!matches(groups, name));
	CHECK(!matches(runs, name));
	CHECK(!matches(deep, name));
	name[4999] = 'b';
	CHECK(matches("*a*a*a*b", name));
	CHECK(matches(stars, name));
	CHECK(!matches(groups, name));
	CHECK(matches(groups, name + 5000 - 201));
	CHECK(matches(runs, name));
	free(name);
	free(stars);
	free(groups);
	free(runs);
	free(deep);
}

int
main(void)
{
	test_rows();
	test_refused();
	test_limit();
	test_cost();
	return t_done();
}
