/* SPDX-License-Identifier: Apache-2.0 */
/* Taking requests apart: each piece of a URI is decoded once. */
#include "fcgi/request.h"

#include "fcgi/query.h"
#include "lib/clock.h"
#include "tests/t.h"

#include <stdlib.h>

static struct request request;

static int
parse(const char *uri)
{
	const struct request_input in = { .method = "GET", .uri = uri };
	struct err e = ERR_INIT;

	return request_parse(&request, &in, &e) == 0 ? 0 : (int)e.code;
}

/* The segments joined by '|', "!" for one that cannot be decoded. */
static const char *
joined(void)
{
	static char text[1024];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < request.segment_count; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%s",
		    i > 0 ? "|" : "",
		    request.segments[i].bad ? "!" : request.segments[i].text);
	return text;
}

static const struct {
	int line;
	const char *uri;
	const char *segments;
} paths[] = {
	{ __LINE__, "/", "" },
	{ __LINE__, "/a/b", "a|b" },
	{ __LINE__, "/a/b/", "a|b|" },
	{ __LINE__, "//a", "|a" },
	{ __LINE__, "/a%2Fb/c%2fd", "a/b|c/d" },
	{ __LINE__, "/a%252Fb", "a%2Fb" },
	{ __LINE__, "/1+b/1%2Bb", "1+b|1+b" },
	{ __LINE__, "/a?b/c", "a" },
	{ __LINE__, "/a%3Fb", "a?b" },
	{ __LINE__, "/a/../b/./c", "a|..|b|.|c" },
	{ __LINE__, "/%2e%2E", ".." },
	{ __LINE__, "/%c3%a4\xc3\xa4", "\xc3\xa4\xc3\xa4" },
	{ __LINE__, "/%zz", "!" },
	{ __LINE__, "/a/%/b", "a|!|b" },
	{ __LINE__, "/%2", "!" },
	{ __LINE__, "/%4g/x", "!|x" },
	{ __LINE__, "/a%00b", "!" },
	{ __LINE__, "/%c0%af", "!" }, /* overlong */
	{ __LINE__, "/%ed%a0%80", "!" }, /* a surrogate */
	{ __LINE__, "/%f4%90%80%80", "!" }, /* above U+10FFFF */
	{ __LINE__, "/\xff", "!" },
	{ __LINE__, "/%e2%82/ok", "!|ok" },
};

static void
test_paths(void)
{
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		T_AT(paths[i].line);
		CHECK_INT(parse(paths[i].uri), 0);
		CHECK_STR(joined(), paths[i].segments);
		CHECK_INT(request.bad_segment,
		    strchr(paths[i].segments, '!') != NULL);
	}
	T_AT(0);
	CHECK_INT(parse(NULL), ERR_NOT_FOUND);
	CHECK_INT(parse(""), ERR_NOT_FOUND);
	CHECK_INT(parse("*"), ERR_NOT_FOUND);
	CHECK_INT(parse("http://example.com/health"), ERR_NOT_FOUND);
}

static void
test_sizes(void)
{
	char *uri = malloc(LIMIT_REQUEST_URI + 2);

	memset(uri, '/', LIMIT_REQUEST_URI + 1);
	uri[LIMIT_REQUEST_URI + 1] = '\0';
	CHECK_INT(parse(uri), ERR_LIMIT);
	uri[LIMIT_REQUEST_URI] = '\0';
	CHECK_INT(parse(uri), 0);
	CHECK_INT(request.segment_count, LIMIT_PATH_SEGMENTS + 1);
	memset(uri + 1, 'a', LIMIT_REQUEST_URI - 1);
	CHECK_INT(parse(uri), 0);
	CHECK_INT(strlen(request.segments[0].text), LIMIT_REQUEST_URI - 1);
	memcpy(uri, "/?search=", 9);
	CHECK_INT(parse(uri), 0);
	CHECK_INT(strlen(request.query[REQUEST_SEARCH]), LIMIT_REQUEST_URI - 9);
	free(uri);
}

static const struct {
	int line;
	const char *query;
	const char *search; /* NULL: absent */
	const char *limit;
} queries[] = {
	{ __LINE__, "", NULL, NULL },
	{ __LINE__, "search=a", "a", NULL },
	{ __LINE__, "search=a&limit=2", "a", "2" },
	{ __LINE__, "search=a&search=b", "a", NULL },
	{ __LINE__, "search=&search=b", NULL, NULL },
	{ __LINE__, "search&search=b", NULL, NULL },
	{ __LINE__, "search=%zz&search=b", "b", NULL },
	{ __LINE__, "search=%00&limit=1", NULL, "1" },
	{ __LINE__, "search=a;b&limit=1", NULL, "1" },
	{ __LINE__, "a;search=b", NULL, NULL },
	{ __LINE__, "search=a+b%2Bc%20d", "a b+c d", NULL },
	{ __LINE__, "search=a=b", "a=b", NULL },
	{ __LINE__, "se%61rch=a", "a", NULL },
	{ __LINE__, "%zz=1&search=a", "a", NULL },
	{ __LINE__, "Search=a&searc=b&searchx=c&=d&&", NULL, NULL },
	{ __LINE__, "search=a?b/c", "a?b/c", NULL },
	{ __LINE__, "q=x&limit=%2B5", NULL, "+5" },
};

static void
test_queries(void)
{
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		char uri[200];

		T_AT(queries[i].line);
		snprintf(uri, sizeof uri, "/x?%s", queries[i].query);
		CHECK_INT(parse(uri), 0);
		CHECK_STR(request.query[REQUEST_SEARCH], queries[i].search);
		CHECK_STR(request.query[REQUEST_LIMIT], queries[i].limit);
		CHECK_STR(joined(), "x");
	}
	T_AT(0);
}

static const char not_integer[] = "Invalid limit parameter: must be an integer";
static const char too_small[] = "Invalid limit parameter: must be at least 1";
static const char out_of_range[] =
    "invalid limit parameter: must be between 1 and 100";

static const struct {
	int line;
	enum query_style style;
	const char *text;
	int64_t limit; /* 0: an error */
	const char *error;
} limits[] = {
	{ __LINE__, QUERY_SERVERS, "", 30, NULL },
	{ __LINE__, QUERY_SERVERS, "1", 1, NULL },
	{ __LINE__, QUERY_SERVERS, "007", 7, NULL },
	{ __LINE__, QUERY_SERVERS, "%2B5", 5, NULL },
	{ __LINE__, QUERY_SERVERS, "1000", 1000, NULL },
	{ __LINE__, QUERY_SERVERS, "1001", 1000, NULL },
	{ __LINE__, QUERY_SERVERS, "9223372036854775807", 1000, NULL },
	{ __LINE__, QUERY_SERVERS, "9223372036854775808", 0, not_integer },
	{ __LINE__, QUERY_SERVERS, "-9223372036854775808", 0, too_small },
	{ __LINE__, QUERY_SERVERS, "-9223372036854775809", 0, not_integer },
	{ __LINE__, QUERY_SERVERS, "0", 0, too_small },
	{ __LINE__, QUERY_SERVERS, "-0", 0, too_small },
	{ __LINE__, QUERY_SERVERS, "-1", 0, too_small },
	{ __LINE__, QUERY_SERVERS, "abc", 0, not_integer },
	{ __LINE__, QUERY_SERVERS, "5.0", 0, not_integer },
	{ __LINE__, QUERY_SERVERS, "+5", 0, not_integer }, /* " 5" */
	{ __LINE__, QUERY_SERVERS, "1_0", 0, not_integer },
	{ __LINE__, QUERY_SERVERS, "0x10", 0, not_integer },
	{ __LINE__, QUERY_SERVERS, "-", 0, not_integer },
	{ __LINE__, QUERY_EXTENSIONS, "", 50, NULL },
	{ __LINE__, QUERY_EXTENSIONS, "100", 100, NULL },
	{ __LINE__, QUERY_EXTENSIONS, "101", 0, out_of_range },
	{ __LINE__, QUERY_EXTENSIONS, "0", 0, out_of_range },
	{ __LINE__, QUERY_EXTENSIONS, "x", 0,
	    "invalid limit parameter: must be an integer" },
	{ __LINE__, QUERY_VERSIONS, "", 1000, NULL },
	{ __LINE__, QUERY_VERSIONS, "5000", 1000, NULL },
};

static void
test_limits(void)
{
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		struct err e = ERR_INIT;
		struct query q;
		char uri[200];
		int rc;

		T_AT(limits[i].line);
		snprintf(uri, sizeof uri, "/?limit=%s", limits[i].text);
		parse(uri);
		rc = query_parse(&q, &request, ~0u, limits[i].style, &e);
		CHECK_INT(rc, limits[i].error == NULL ? 0 : -1);
		if (limits[i].error != NULL)
			CHECK_STR(e.text, limits[i].error);
		else
			CHECK_INT(q.limit, limits[i].limit);
	}
	T_AT(0);
}

static void
test_other_parameters(void)
{
	struct err e = ERR_INIT;
	struct query q;

	parse("/?updated_since=2026-01-01T00:00:00Z&include_deleted=false");
	CHECK_INT(query_parse(&q, &request, ~0u, QUERY_SERVERS, &e), 0);
	CHECK_INT(q.since, INT64_C(1767225600000000));
	CHECK(q.deleted);
	CHECK_INT(query_parse(&q, &request, 0, QUERY_SERVERS, &e), 0);
	CHECK(q.since == CLOCK_NEVER);
	CHECK(!q.deleted);
	parse("/?updated_since=2026-01-01T00:00:00+01:00");
	CHECK_INT(query_parse(&q, &request, ~0u, QUERY_SERVERS, &e), -1);
	CHECK_STR(e.text,
	    "Invalid updated_since parameter: must be RFC3339 format (e.g., "
	    "2025-08-07T13:15:04.280Z)");
	parse("/?include_deleted=yes");
	CHECK_INT(query_parse(&q, &request, ~0u, QUERY_SERVERS, &e), -1);
	CHECK_STR(
	    e.text, "Invalid include_deleted parameter: must be true or false");
	parse("/?version=latest");
	CHECK_INT(query_parse(&q, &request, ~0u, QUERY_SERVERS, &e), 0);
	CHECK(query_is_latest(&q));
	parse("/?version=Latest");
	CHECK_INT(query_parse(&q, &request, ~0u, QUERY_SERVERS, &e), 0);
	CHECK(!query_is_latest(&q));
}

static void
test_blank(void)
{
	CHECK(request_is_blank(""));
	CHECK(request_is_blank(" \t\r\n\v\f"));
	/* Next line, no-break space, ideographic space, line separator. */
	CHECK(request_is_blank("\xc2\x85\xc2\xa0\xe3\x80\x80\xe2\x80\xa8"));
	CHECK(!request_is_blank(" a "));
	CHECK(!request_is_blank("\xe2\x80\x8b")); /* zero width space is none */
}

/* Every value of a parameter, and mistakes in them. */
static void
test_next_value(void)
{
	static const struct {
		int line;
		const char *uri;
		const char *values; /* joined by '|' */
		bool fails; /* after them */
	} list[] = {
		{ __LINE__, "/x", "", false },
		{ __LINE__, "/x?", "", false },
		{ __LINE__, "/x?source=a", "a|", false },
		{ __LINE__, "/x?source=a&b=c&source=d", "a|d|", false },
		{ __LINE__, "/x?s%6furce=%2Fa+b", "/a b|", false },
		{ __LINE__, "/x?source", "|", false },
		{ __LINE__, "/x?source=&source=a", "|a|", false },
		{ __LINE__, "/x?&&source=a&&", "a|", false },
		{ __LINE__, "/x?source=a=b", "a=b|", false },
		{ __LINE__, "/x?sources=a&Source=b&sourc=c", "", false },
		{ __LINE__, "/x?%zz=1&source=a", "a|", false },
		{ __LINE__, "/x?source=a&source=%zz", "a|", true },
		{ __LINE__, "/x?source=%00", "", true },
		{ __LINE__, "/x?source=%c3%28", "", true },
	};
	static char value[LIMIT_REQUEST_URI + 1];

	for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
		const char *rest = list[i].uri;
		struct err e = ERR_INIT;
		char joined[64] = "";
		bool found = true, failed = false;
		size_t at = 0;

		while (found && !failed) {
			failed = request_next_value(
				     value, &found, &rest, "source", &e) == -1;
			if (found && !failed)
				at += (size_t)snprintf(joined + at,
				    sizeof joined - at, "%s|", value);
		}
		T_AT(list[i].line);
		CHECK_STR(joined, list[i].values);
		CHECK(failed == list[i].fails);
	}
	T_AT(0);
}

int
main(void)
{
	test_paths();
	test_sizes();
	test_queries();
	test_limits();
	test_other_parameters();
	test_blank();
	test_next_value();
	return t_done();
}
