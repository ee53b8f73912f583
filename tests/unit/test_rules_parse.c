/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what is known to be JSON: what it takes, jansson takes for the same.
 */
#include "lib/document/rules_parse.h"

#include "lib/document/rules_arena.h"
#include "lib/limits.h"
#include "tests/t.h"

#include <string.h>

static struct rules_arena *arena;

/* Whether ${text} is read without jansson's help. */
static bool
is_taken(const char *text, size_t len)
{
	json_error_t ignored;
	json_t *value, *other;
	bool taken;

	rules_arena_reset(arena);
	rules_arena_enter(arena);
	value = rules_parse(text, len);
	taken = value != NULL;
	if (taken) {
		other = json_loadb(text, len, RULES_PARSE_FLAGS, &ignored);
		CHECK(other != NULL && json_equal(value, other));
	}
	rules_arena_leave();
	return taken;
}

static const struct {
	int line;
	const char *text;
	bool taken;
} rows[] = {
	{ __LINE__, "{}", true },
	{ __LINE__, "[]", true },
	{ __LINE__, "{\"a\":[1,\"b\",true,false,null,{}],\"c\":{\"d\":[]}}",
	    true },
	{ __LINE__, "{\"a\":1,\"a\":2}", true },
	{ __LINE__, "\"\"", true },
	{ __LINE__, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", true },
	{ __LINE__, "{\"\xc3\xa9\":\"\x7f\"}", true },
	{ __LINE__, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\"", true },
	{ __LINE__, "[0,7,123456789012345]", true },
	{ __LINE__, "[1234567890123456,-1,-0,1.5,1e3,0.1,2E-7]", true },
	{ __LINE__, "9007199254740993", true },
	/* jansson's to judge. */
	{ __LINE__, "", false },
	{ __LINE__, " 1", false },
	{ __LINE__, "1 ", false },
	{ __LINE__, "{} {}", false },
	{ __LINE__, "{", false },
	{ __LINE__, "[1", false },
	{ __LINE__, "[1,]", false },
	{ __LINE__, "[,1]", false },
	{ __LINE__, "{\"a\"}", false },
	{ __LINE__, "{\"a\":}", false },
	{ __LINE__, "{\"a\":1,}", false },
	{ __LINE__, "{\"a\\u0062\":1}", false },
	{ __LINE__, "{a:1}", false },
	{ __LINE__, "tru", false },
	{ __LINE__, "True", false },
	{ __LINE__, "01", false },
	{ __LINE__, "-", false },
	{ __LINE__, "1.", false },
	{ __LINE__, "1e400", false },
	{ __LINE__, "+1", false },
	{ __LINE__, "\"a", false },
	{ __LINE__, "\"a\\\"", false },
	{ __LINE__, "\"\\", false },
	{ __LINE__, "\"\\x\"", false },
	{ __LINE__, "\"\\u12\"", false },
	{ __LINE__, "\"\\u12g4\"", false },
	{ __LINE__, "\"\\u0000\"", false },
	{ __LINE__, "\"\\ud83d\\ude00\"", false },
	{ __LINE__, "\"\\ud800\"", false },
	{ __LINE__, "\"\n\"", false },
	{ __LINE__, "\"\xff\"", false },
	{ __LINE__, "\"\xed\xa0\x80\"", false },
	{ __LINE__, "\"\xc0\xaf\"", false },
	{ __LINE__, "{\"\xff\":1}", false },
};

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_AT(rows[i].line);
		CHECK_INT(is_taken(rows[i].text, strlen(rows[i].text)),
		    rows[i].taken);
	}
	T_AT(0);
	CHECK_INT(is_taken("\"\0\"", 3), false);
	CHECK_INT(is_taken("\"\\\0\"", 4), false);
	CHECK_INT(is_taken("1\0", 2), false);
}

static const char sample[] =
    "{\"name\":\"n/s\",\"v\":\"1.0\",\"t\":\"\\u00e9\\n\xc3\xa9\",\"p\":[{"
    "\"n\":-12.5e3,\"b\":true},{\"n\":42,\"z\":null}],\"o\":{\"k\":[]}}";

/* Each byte made another, and the text cut at each. */
static void
test_changes_of_one_byte(void)
{
	static const char others[] = "\"\\{}[]:,0-eutn \x01\x7f\x80\xc3\xff";
	char text[sizeof sample];
	size_t taken = 0;

	for (size_t at = 0; at < sizeof sample - 1; at++) {
		memcpy(text, sample, sizeof sample);
		for (size_t i = 0; i < sizeof others; i++) {
			text[at] = others[i];
			taken += is_taken(text, sizeof sample - 1);
		}
		CHECK(!is_taken(sample, at));
	}
	CHECK(is_taken(sample, sizeof sample - 1));
	CHECK(taken > sizeof sample);
}

static void
test_depth_and_length(void)
{
	char text[8192];

	for (int depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1;
	     depth++) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		CHECK_INT(is_taken(text, 2 * (size_t)depth),
		    depth == LIMIT_JSON_DEPTH);
	}
	memset(text, 'a', sizeof text);
	text[0] = text[sizeof text - 1] = '"';
	CHECK(is_taken(text, sizeof text));
	text[1] = '\\';
	text[2] = 'n';
	CHECK(!is_taken(text, sizeof text));
	text[999] = '"';
	CHECK(is_taken(text, 1000));
	memcpy(text, "{\"aa", 4);
	memcpy(text + 996, "\":1}", 4);
	CHECK(!is_taken(text, 1000));
}

int
main(void)
{
	arena = rules_arena_new(LIMIT_ENTRY_TREE);
	test_rows();
	test_changes_of_one_byte();
	test_depth_and_length();
	rules_arena_free(arena);
	return t_done();
}
