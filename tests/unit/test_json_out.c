/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text: escapes, commas, instants. */
#include "lib/json_out.h"

#include "lib/clock.h"
#include "tests/t.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static const struct {
	int line;
	const char *text;
	size_t len;
	const char *json;
} strings[] = {
	{ __LINE__, TEXT(""), "\"\"" },
	{ __LINE__, TEXT("plain"), "\"plain\"" },
	{ __LINE__, TEXT("a\"b\\c/"), "\"a\\\"b\\\\c/\"" },
	{ __LINE__, TEXT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"" },
	{ __LINE__, TEXT("\x01\x1f\x7f"), "\"\\u0001\\u001f\x7f\"" },
	{ __LINE__, TEXT("a\0b"), "\"a\\u0000b\"" },
	{ __LINE__, TEXT("<&>"), "\"<&>\"" },
	{ __LINE__, TEXT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
	    "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	/* A lone byte, an overlong slash, half of a surrogate pair, a cut. */
	{ __LINE__, TEXT("\xff"), "\"\xef\xbf\xbd\"" },
	{ __LINE__, TEXT("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ __LINE__, TEXT("\xed\xa0\x80"),
	    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ __LINE__, TEXT("x\xe2\x82"), "\"x\xef\xbf\xbd\xef\xbf\xbd\"" },
};

static void
test_strings(void)
{
	struct buf b = BUF_INIT(1000);

	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
		T_AT(strings[i].line);
		buf_reset(&b);
		json_out_quote(&b, strings[i].text, strings[i].len);
		CHECK_STR(buf_str(&b), strings[i].json);
	}
	T_AT(0);
	buf_free(&b);
}

/* An escape or a wide character at each place of texts of each length. */
static void
test_every_place(void)
{
	static const struct {
		const char *text, *json;
	} odd[] = { { "\n", "\\n" }, { "\"", "\\\"" }, { "\x1f", "\\u001f" },
		{ "\xc3\xa4", "\xc3\xa4" }, { "\xff", "\xef\xbf\xbd" } };
	static const char before[] =
	    "abcdefghijklmnopqrstuvwxyz 0123456789 /.-";
	static const char after[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 /.-";
	char text[100], want[100];
	struct buf b = BUF_INIT(1000);
	int wrong = 0;

	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		for (int len = 0; len <= 40; len++)
			for (int at = 0; at <= len; at++) {
				snprintf(text, sizeof text, "%.*s%s%.*s", at,
				    before, odd[i].text, len - at, after);
				snprintf(want, sizeof want, "\"%.*s%s%.*s\"",
				    at, before, odd[i].json, len - at, after);
				buf_reset(&b);
				json_out_quote(&b, text, strlen(text));
				wrong += strcmp(buf_str(&b), want) != 0;
			}
	CHECK_INT(wrong, 0);
	buf_free(&b);
}

static void
test_values(void)
{
	struct buf b = BUF_INIT(1000);
	struct json_out j = JSON_OUT_INIT(&b);

	json_out_open(&j, '{');
	json_out_key(&j, "a");
	json_out_open(&j, '[');
	json_out_int(&j, INT64_MIN);
	json_out_str(&j, NULL);
	json_out_bool(&j, true);
	json_out_open(&j, '{');
	json_out_close(&j, '}');
	json_out_bool(&j, false);
	json_out_close(&j, ']');
	json_out_key(&j, "b");
	json_out_time(&j, 1500000);
	json_out_key(&j, "c");
	json_out_time(&j, CLOCK_NEVER);
	json_out_key(&j, "d");
	json_out_raw(&j, "[1]", 3);
	json_out_key(&j, "e");
	json_out_str(&j, "");
	json_out_close(&j, '}');
	CHECK_STR(buf_str(&b),
	    "{\"a\":[-9223372036854775808,null,true,{},false],"
	    "\"b\":\"1970-01-01T00:00:01.5Z\",\"c\":null,\"d\":[1],"
	    "\"e\":\"\"}");
	buf_free(&b);
}

static void
test_full(void)
{
	struct buf b = BUF_INIT(4);

	json_out_quote(&b, "123456", 6);
	CHECK(b.bad);
	buf_free(&b);
}

int
main(void)
{
	test_strings();
	test_every_place();
	test_values();
	test_full();
	return t_done();
}
