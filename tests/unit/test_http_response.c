/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP response, line by line. */
#include "lib/clock.h"
#include "lib/limits.h"
#include "sync/fetch/http/http_private.h"
#include "tests/t.h"

#include <stdlib.h>

static void
add(struct http_response *rs, const char *line)
{
	http_response_add_line(rs, line, strlen(line));
}

static void
test_status_lines(void)
{
	static const struct {
		int line;
		const char *text;
		int status;
	} rows[] = {
		{ __LINE__, "HTTP/1.1 200 OK\r\n", 200 },
		{ __LINE__, "HTTP/1.0 404 Not Found\n", 404 },
		{ __LINE__, "HTTP/2 304", 304 },
		{ __LINE__, "HTTP/2 304 \r\n", 304 },
		{ __LINE__, "HTTP/1.1 20", 0 },
		{ __LINE__, "HTTP/1.1 2x0 OK\r\n", 0 },
		{ __LINE__, "HTTP/1.1\r\n", 0 },
		{ __LINE__, "HTTP/", 7 },
		{ __LINE__, "http/1.1 200 OK\r\n", 7 },
		{ __LINE__, "", 7 },
	};
	struct http_response rs;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_AT(rows[i].line);
		rs = (struct http_response){ .status = 7 };
		add(&rs, rows[i].text);
		CHECK_INT(rs.status, rows[i].status);
		http_response_free(&rs);
	}
	T_AT(0);
}

static void
test_validators(void)
{
	static const struct {
		int line;
		const char *text;
		const char *etag;
	} rows[] = {
		{ __LINE__, "ETag: \"a\"\r\n", "\"a\"" },
		{ __LINE__, "etag:W/\"a b\"  \r\n", "W/\"a b\"" },
		{ __LINE__, "ETAG: \t\"a\"", "\"a\"" },
		{ __LINE__, "ETag:\r\n", NULL },
		{ __LINE__, "ETag:", NULL },
		{ __LINE__, "ETag", NULL },
		{ __LINE__, "ETag: \"a\001\"\r\n", NULL },
		{ __LINE__, "ETag: \"a\rX: b\"\r\n", NULL },
		{ __LINE__, "X-ETag: \"a\"\r\n", NULL },
	};
	struct http_response rs;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_AT(rows[i].line);
		rs = (struct http_response){ 0 };
		add(&rs, rows[i].text);
		CHECK_STR(rs.etag, rows[i].etag);
		CHECK(rs.last_modified == NULL);
		http_response_free(&rs);
	}
	T_AT(0);
}

static void
test_longest_validator(void)
{
	static char line[LIMIT_HTTP_VALIDATOR + 8];
	struct http_response rs = { 0 };

	memset(line, 'a', sizeof line);
	memcpy(line, "ETag: ", 6);
	http_response_add_line(&rs, line, 6 + LIMIT_HTTP_VALIDATOR);
	CHECK(rs.etag != NULL && strlen(rs.etag) == LIMIT_HTTP_VALIDATOR);
	http_response_add_line(&rs, line, 6 + LIMIT_HTTP_VALIDATOR + 1);
	CHECK(rs.etag == NULL);
	http_response_free(&rs);
}

static void
test_date(void)
{
	struct http_response rs = { 0 };

	add(&rs, "HTTP/1.1 200 OK\r\n");
	CHECK(rs.date_us == CLOCK_NEVER);
	add(&rs, "date: Fri, 02 Jan 2026 03:04:05 GMT\r\n");
	CHECK_INT(rs.date_us, INT64_C(1767323045000000));
	add(&rs, "Date: the day before yesterday\r\n");
	CHECK(rs.date_us == CLOCK_NEVER);
	http_response_free(&rs);
}

/* 103 with an ETag, then the real answer without. */
static void
test_informational(void)
{
	struct http_response rs = { .requests = 3, .bytes = 4 };

	add(&rs, "HTTP/1.1 103 Early Hints\r\n");
	add(&rs, "ETag: \"early\"\r\n");
	CHECK_STR(rs.etag, "\"early\"");
	add(&rs, "HTTP/1.1 200 OK\r\n");
	add(&rs, "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n");
	CHECK_INT(rs.status, 200);
	CHECK(rs.etag == NULL);
	CHECK_STR(rs.last_modified, "Thu, 01 Jan 2026 00:00:00 GMT");
	CHECK_INT(rs.requests, 3);
	CHECK_INT(rs.bytes, 4);
	http_response_free(&rs);
}

static void
test_retry_after(void)
{
	static const struct {
		int line;
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ __LINE__, "Retry-After: 3600\r\n", 3600 },
		{ __LINE__, "retry-after:0", 0 },
		{ __LINE__, "Retry-After: 86400", 86400 },
		{ __LINE__, "Retry-After: 86401", LIMIT_RETRY_KEPT },
		{ __LINE__, "Retry-After: 99999999999999999999999999",
		    LIMIT_RETRY_KEPT },
		{ __LINE__, "Retry-After: -5", 0 },
		{ __LINE__, "Retry-After: 1.5 hours", 0 },
		{ __LINE__, "Retry-After: later", 0 },
		{ __LINE__, "Retry-After:", 0 },
		{ __LINE__, "Retry-After: Fri, 02 Jan 2026 03:05:05 GMT", 60 },
		{ __LINE__, "Retry-After: Fri, 02 Jan 2026 03:04:05 GMT", 0 },
		{ __LINE__, "Retry-After: Fri, 02 Jan 2025 03:04:05 GMT", 0 },
		{ __LINE__, "Retry-After: Fri, 02 Jan 2099 03:04:05 GMT",
		    LIMIT_RETRY_KEPT },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct http_response rs = { 0 };

		T_AT(rows[i].line);
		add(&rs, "HTTP/1.1 503 Service Unavailable\r\n");
		CHECK_INT(http_retry_after(&rs), 0);
		add(&rs, rows[i].text);
		/* The server's clock counts, wherever it stands. */
		add(&rs, "Date: Fri, 02 Jan 2026 03:04:05 GMT\r\n");
		CHECK_INT(
		    http_retry_after(&rs), rows[i].seconds * CLOCK_SECOND);
		/* The next answer says nothing of the kind. */
		add(&rs, "HTTP/1.1 429 Too Many Requests\r\n");
		CHECK_INT(http_retry_after(&rs), 0);
		/* Of two headers the last counts. */
		add(&rs, "Retry-After: 3600\r\n");
		add(&rs, "Retry-After: later\r\n");
		CHECK_INT(http_retry_after(&rs), 0);
		http_response_free(&rs);
	}
	T_AT(0);
}

int
main(void)
{
	test_retry_after();
	test_status_lines();
	test_validators();
	test_longest_validator();
	test_informational();
	test_date();
	CHECK_STR(http_response_reason(404), "Not Found");
	CHECK_STR(http_response_reason(299), "unexpected status");
	return t_done();
}
