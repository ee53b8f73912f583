/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing requests: each part of a URI is decoded once. */
#include "fcgi/http/request.h"

#include "fcgi/http/query.h"
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
	{ __LINE__, "/a/b/", "a|b" },
	{ __LINE__, "//a", "a" },
	{ __LINE__, "/a///b//%2F", "a|b|/" },
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
		CHECK_INT(request.extra_slashes,
		    paths[i].uri[1] == '\0' || strstr(paths[i].uri, "//") ||
			(paths[i].uri[strlen(paths[i].uri) - 1] == '/'));
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
	CHECK_INT(request.segment_count, 0);
	for (size_t i = 1; i < LIMIT_REQUEST_URI; i += 2)
		uri[i] = 'x';
	CHECK_INT(parse(uri), 0);
	CHECK_INT(request.segment_count, LIMIT_PATH_SEGMENTS + 1);
	memset(uri + 1, 'a', LIMIT_REQUEST_URI - 1);
	CHECK_INT(parse(uri), 0);
	CHECK_INT(strlen(request.segments[0].text), LIMIT_REQUEST_URI - 1);
	memcpy(uri, "/?search=", 9);
	CHECK_INT(parse(uri), 0);
	CHECK_INT(strlen(request.values.text[PARAMETER_SEARCH]),
	    LIMIT_REQUEST_URI - 9);
	free(uri);
}

/* A name that is too long is one that does not exist. */
static void
test_long_names(void)
{
	static const struct {
		int line;
		const char *before, *after; /* of a long run of letters */
		int code;
	} rows[] = {
		{ __LINE__, "/v0/servers/", "/versions/1", ERR_NOT_FOUND },
		{ __LINE__, "/v0/servers/a%2Fb/versions/", "?x",
		    ERR_NOT_FOUND },
		{ __LINE__, "/v0/x/dev.toolhive/skills/", "", ERR_NOT_FOUND },
		{ __LINE__, "/v0/x/dev.toolhive/plugins/a/", "",
		    ERR_NOT_FOUND },
		{ __LINE__, "/v1/registry/", "", ERR_NOT_FOUND },
		{ __LINE__, "/", "/servers/x", ERR_LIMIT },
		{ __LINE__, "/v0/servers?search=", "/servers/", ERR_LIMIT },
		{ __LINE__, "/v0/servers/a%2Fb/versions?x=", "", ERR_LIMIT },
		{ __LINE__, "/v1/sources/", "", ERR_LIMIT },
	};
	static char uri[LIMIT_REQUEST_URI + 100];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = strlen(rows[i].before);

		T_AT(rows[i].line);
		memcpy(uri, rows[i].before, len);
		memset(uri + len, 'n', LIMIT_REQUEST_URI);
		memcpy(uri + len + LIMIT_REQUEST_URI, rows[i].after,
		    strlen(rows[i].after) + 1);
		CHECK_INT(parse(uri), rows[i].code);
	}
	T_AT(0);
}

static const struct {
	int line;
	const char *query;
	const char *search; /* NULL: absent */
	const char *limit;
	const char *malformed; /* the first that is */
} queries[] = {
	{ __LINE__, "", NULL, NULL, NULL },
	{ __LINE__, "search=a", "a", NULL, NULL },
	{ __LINE__, "search=a&limit=2", "a", "2", NULL },
	{ __LINE__, "search=a&search=b", "a", NULL, NULL },
	{ __LINE__, "search=&search=b", NULL, NULL, NULL },
	{ __LINE__, "search&search=b", NULL, NULL, NULL },
	{ __LINE__, "search=%zz&search=b", "b", NULL, "search" },
	{ __LINE__, "search=a&search=%2", "a", NULL, "search" },
	{ __LINE__, "search=%00&limit=1", "", "1", NULL },
	{ __LINE__, "search=a%00b&limit=1", "", "1", NULL },
	{ __LINE__, "search=%00%", NULL, NULL, "search" },
	{ __LINE__, "limit=5%00", NULL, NULL, "limit" },
	{ __LINE__, "cursor=%00", NULL, NULL, "cursor" },
	{ __LINE__, "include_deleted=%00", NULL, NULL, "include_deleted" },
	{ __LINE__, "search=a;b&limit=1", NULL, "1", "search" },
	{ __LINE__, "limit=5;search=b", NULL, NULL, "limit" },
	{ __LINE__, "a;search=b", NULL, NULL, "search" },
	{ __LINE__, "a=1;b=2;;se%61rch", NULL, NULL, "search" },
	{ __LINE__, "a=search;b=%;c", NULL, NULL, NULL },
	{ __LINE__, "x=%zz&%zz=1", NULL, NULL, NULL },
	{ __LINE__, "tag=%zz", NULL, NULL, "tag" },
	{ __LINE__, "tag=a;transport=b", NULL, NULL, "tag" },
	{ __LINE__, "search=a+b%2Bc%20d", "a b+c d", NULL, NULL },
	{ __LINE__, "search=a=b", "a=b", NULL, NULL },
	{ __LINE__, "se%61rch=a", "a", NULL, NULL },
	{ __LINE__, "%zz=1&search=a", "a", NULL, NULL },
	{ __LINE__, "Search=a&searc=b&searchx=c&=d&&", NULL, NULL, NULL },
	{ __LINE__, "search=a?b/c", "a?b/c", NULL, NULL },
	{ __LINE__, "q=x&limit=%2B5", NULL, "+5", NULL },
};

static void
test_queries(void)
{
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		char uri[200];
		int bad = 0;

		T_AT(queries[i].line);
		snprintf(uri, sizeof uri, "/x?%s", queries[i].query);
		CHECK_INT(parse(uri), 0);
		CHECK_STR(
		    request.values.text[PARAMETER_SEARCH], queries[i].search);
		CHECK_STR(
		    request.values.text[PARAMETER_LIMIT], queries[i].limit);
		while (bad < PARAMETERS && (request.malformed & 1u << bad) == 0)
			bad++;
		CHECK_STR(bad == PARAMETERS ? NULL : parameters[bad].name,
		    queries[i].malformed);
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
	{ __LINE__, QUERY_SERVERS, "9223372036854775808", 1000, NULL },
	{ __LINE__, QUERY_SERVERS, "99999999999999999999999", 1000, NULL },
	{ __LINE__, QUERY_SERVERS, "99999999999999999999999x", 0, not_integer },
	{ __LINE__, QUERY_EXTENSIONS, "99999999999999999999999", 0,
	    out_of_range },
	{ __LINE__, QUERY_SERVERS, "-9223372036854775808", 0, too_small },
	{ __LINE__, QUERY_SERVERS, "-9223372036854775809", 0, too_small },
	{ __LINE__, QUERY_SERVERS, "-99999999999999999999999", 0, too_small },
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

/* A filter that cannot be read is an error, one that matches nothing is not. */
static void
test_filters_that_cannot_be(void)
{
	static const struct {
		int line;
		const char *query;
		bool nothing;
	} rows[] = {
		{ __LINE__, "search=%00", true },
		{ __LINE__, "version=1%00", true },
		{ __LINE__, "status=%00", true },
		{ __LINE__, "tag=%00", true },
		{ __LINE__, "tag=%00&tag=a", false },
		{ __LINE__, "tag=a&transport=%00", true },
		{ __LINE__, "search=a&search=%00", false },
		{ __LINE__, "search=a&x=%00", false },
		{ __LINE__, "search=", false },
	};
	struct err e = ERR_INIT;
	struct query q;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char uri[200];

		T_AT(rows[i].line);
		snprintf(uri, sizeof uri, "/?%s", rows[i].query);
		parse(uri);
		CHECK_INT(query_parse(&q, &request, ~0u, QUERY_SERVERS, &e), 0);
		CHECK_INT(q.matches_nothing, rows[i].nothing);
		CHECK_INT(query_parse(&q, &request, 0, QUERY_SERVERS, &e), 0);
		CHECK_INT(q.matches_nothing, false);
	}
	T_AT(0);
	parse("/?limit=%2&search=%zz");
	CHECK_INT(query_parse(&q, &request, 0, QUERY_SERVERS, &e), 0);
	CHECK_INT(query_parse(
		      &q, &request, 1u << PARAMETER_SEARCH, QUERY_SERVERS, &e),
	    -1);
	CHECK_STR(e.text,
	    "Invalid search parameter: malformed percent-encoding, or a "
	    "semicolon that is not written as %3B");
}

/* The values of a parameter that may be repeated, and mistakes in them. */
static void
test_repeated(void)
{
	static const struct {
		int line;
		const char *uri;
		const char *values; /* joined by '|' */
		bool empty, malformed;
	} list[] = {
		{ __LINE__, "/x", "", false, false },
		{ __LINE__, "/x?", "", false, false },
		{ __LINE__, "/x?source=a", "a|", false, false },
		{ __LINE__, "/x?source=d&b=c&source=a&source=d", "a|d|", false,
		    false },
		{ __LINE__, "/x?s%6furce=%2Fa+b", "/a b|", false, false },
		{ __LINE__, "/x?source", "", true, false },
		{ __LINE__, "/x?source=&source=a", "a|", true, false },
		{ __LINE__, "/x?&&source=a&&", "a|", false, false },
		{ __LINE__, "/x?source=a=b", "a=b|", false, false },
		{ __LINE__, "/x?sources=a&Source=b&sourc=c", "", false, false },
		{ __LINE__, "/x?%zz=1&source=a", "a|", false, false },
		{ __LINE__, "/x?source=a&source=%zz", "a|", false, true },
		{ __LINE__, "/x?source=%00", "", false, true },
		/* Without the error all sources would be synced. */
		{ __LINE__, "/x?source=a;source=b", "", false, true },
		{ __LINE__, "/x?y=1;source=b", "", false, true },
		{ __LINE__, "/x?y=source;z=1", "", false, false },
	};
	const unsigned bit = 1u << PARAMETER_SOURCE;
	const struct value_set *set =
	    &request.values.sets[PARAMETER_SOURCE - PARAMETER_SINGLES];

	for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
		char joined[64] = "";
		size_t at = 0;

		T_AT(list[i].line);
		parse(list[i].uri);
		for (size_t k = 0; k < set->count; k++)
			at += (size_t)snprintf(
			    joined + at, sizeof joined - at, "%s|", set->at[k]);
		CHECK_STR(joined, list[i].values);
		CHECK_INT((request.empty & bit) != 0, list[i].empty);
		CHECK_INT((request.malformed & bit) != 0, list[i].malformed);
	}
	T_AT(0);
}

static void
test_too_many(void)
{
	static char uri[LIMIT_REQUEST_URI];
	size_t at = (size_t)snprintf(uri, sizeof uri, "/?");

	for (int i = 0; i <= LIMIT_TRIGGER_SOURCES; i++) {
		CHECK_INT(parse(uri), 0);
		CHECK_INT(request.too_many, 0);
		at += (size_t)snprintf(
		    uri + at, sizeof uri - at, "source=%d&", i);
	}
	CHECK_INT(parse(uri), 0);
	CHECK_INT(request.too_many, 1u << PARAMETER_SOURCE);
}

/* Each parameter has a name of its own and is described, or is for one route.
 */
static void
test_table(void)
{
	for (int i = 0; i < PARAMETERS; i++) {
		const struct parameter_info *p = &parameters[i];

		CHECK_INT(parameter_named(p->name), i);
		CHECK_INT(p->most > 0, i >= PARAMETER_SINGLES);
		CHECK(p->most <= LIMIT_VALUES);
		CHECK_INT(p->about == NULL, p->schema == NULL);
		CHECK_INT(
		    p->filter, i >= PARAMETER_SEARCH && i != PARAMETER_SOURCE);
	}
	CHECK_INT(parameter_named(""), PARAMETERS);
}

int
main(void)
{
	test_paths();
	test_sizes();
	test_long_names();
	test_queries();
	test_limits();
	test_other_parameters();
	test_filters_that_cannot_be();
	test_repeated();
	test_too_many();
	test_table();
	return t_done();
}
