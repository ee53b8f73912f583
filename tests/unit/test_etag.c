/* SPDX-License-Identifier: Apache-2.0 */
/* Entity tags, and the forms of If-None-Match. */
#include "fcgi/http/etag.h"

#include "tests/t.h"

static const struct {
	int line;
	const char *header;
	bool matches;
	bool gzip;
} headers[] = {
	{ __LINE__, NULL, false, false },
	{ __LINE__, "", false, false },
	{ __LINE__, "\"abc\"", true, false },
	{ __LINE__, "W/\"abc\"", true, false },
	{ __LINE__, "\"abc-gzip\"", true, true },
	{ __LINE__, "W/\"abc-br\"", true, false },
	{ __LINE__, "\"abc;gzip\"", true, false },
	{ __LINE__, "\"abc\"-gzip", true, false },
	{ __LINE__, "\"x\", \"abc\"", true, false },
	{ __LINE__, "\"x-gzip\", \"abc\"", true, false },
	{ __LINE__, "\"abc-gzip\", \"abc\"", true, true },
	{ __LINE__, "\"x\",W/\"y\" , W/\"abc-gzip\"", true, true },
	{ __LINE__, "\"a,b\", \"abc\"", true, false },
	{ __LINE__, "  \"abc\"", true, false },
	{ __LINE__, "\"ab\"", false, false },
	{ __LINE__, "\"abcd\"", false, false },
	{ __LINE__, "\"abc-gz\"", false, false },
	{ __LINE__, "\"abc-gzip-br\"", false, false },
	{ __LINE__, "\"ABC\"", false, false },
	{ __LINE__, "abc", false, false },
	{ __LINE__, "\"abc", false, false },
	{ __LINE__, "\"x\", abc", false, false },
	{ __LINE__, "\"\"", false, false },
	{ __LINE__, "\"x,\"abc", false, false },
	{ __LINE__, "*", false, false },
	{ __LINE__, ",,,", false, false },
};

static void
test_matches(void)
{
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		bool gzip = false;

		T_AT(headers[i].line);
		CHECK_INT(etag_matches(headers[i].header, "\"abc\"", &gzip),
		    headers[i].matches);
		CHECK_INT(gzip, headers[i].gzip);
	}
	T_AT(0);
	CHECK(etag_is_any("*"));
	CHECK(etag_is_any(" * "));
	CHECK(!etag_is_any("\"*\""));
	CHECK(!etag_is_any("*, \"abc\""));
	CHECK(!etag_is_any(""));
	CHECK(!etag_is_any(NULL));
}

static void
test_make(void)
{
	char first[ETAG_SIZE], other[ETAG_SIZE];
	size_t len;

	etag_make(first, "database", 1, INT64_MAX);
	len = strlen(first);
	CHECK(len > 2 && first[0] == '"' && first[len - 1] == '"');
	CHECK(strspn(first + 1, "0123456789abcdef-") == len - 2);
	etag_make(other, "database", 1, INT64_MAX);
	CHECK_STR(other, first);
	etag_make(other, "database", 1, INT64_MAX - 1);
	CHECK(strcmp(other, first) != 0);
	etag_make(other, "database", 2, INT64_MAX);
	CHECK(strcmp(other, first) != 0);
	etag_make(other, "databasf", 1, INT64_MAX);
	CHECK(strcmp(other, first) != 0);
}

int
main(void)
{
	test_matches();
	test_make();
	return t_done();
}
