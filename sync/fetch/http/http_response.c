/* SPDX-License-Identifier: Apache-2.0 */
/* The status and the headers of an HTTP response that are kept. */
#include "sync/fetch/http/http_private.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <curl/curl.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	int status;
	const char *text;
} reasons[] = {
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 412, "Precondition Failed" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 451, "Unavailable For Legal Reasons" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
};

const char *
http_response_reason(int status)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "unexpected status";
}

void
http_response_clear(struct http_response *rs)
{
	free(rs->etag);
	free(rs->last_modified);
	free(rs->refusal);
	free(rs->words);
	rs->etag = rs->last_modified = rs->refusal = rs->words = NULL;
	rs->refusal_len = 0;
	rs->date_us = rs->retry_us = rs->retry_at_us = CLOCK_NEVER;
	rs->status = 0;
}

void
http_response_free(struct http_response *rs)
{
	http_response_clear(rs);
	rs->requests = 0;
	rs->bytes = 0;
}

/* A copy of a header's value; NULL when it cannot be sent back. */
static char *
header_value(const char *data, size_t len)
{
	while (len > 0 && (*data == ' ' || *data == '\t')) {
		data++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", data[len - 1]) != NULL)
		len--;
	if (len == 0 || len > LIMIT_HTTP_VALIDATOR)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)data[i] < ' ' || data[i] == 0x7f)
			return NULL;
	return xstrndup(data, len);
}

static void
keep_header(char **kept, const char *name, const char *data, size_t len)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncasecmp(data, name, name_len) != 0)
		return;
	free(*kept);
	*kept = header_value(data + name_len, len - name_len);
}

/* An HTTP date; CLOCK_NEVER when ${text} is none. */
static int64_t
parse_date(const char *text)
{
	time_t seconds = curl_getdate(text, NULL);

	return seconds < 0 || seconds > INT64_MAX / CLOCK_SECOND
		   ? CLOCK_NEVER
		   : seconds * CLOCK_SECOND;
}

static void
keep_date(struct http_response *rs, const char *data, size_t len)
{
	char *text = NULL;

	keep_header(&text, "Date:", data, len);
	if (text != NULL)
		rs->date_us = parse_date(text);
	free(text);
}

/*
 * RFC 9110 section 10.2.3: seconds or a date.  libcurl 8 limits
 * the seconds to 6 hours.
 */
static void
keep_retry_after(struct http_response *rs, const char *data, size_t len)
{
	int64_t seconds = 0;
	char *text = NULL;
	size_t digits;

	keep_header(&text, "Retry-After:", data, len);
	if (text == NULL)
		return;
	rs->retry_us = rs->retry_at_us = CLOCK_NEVER;
	digits = strspn(text, "0123456789");
	if (text[digits] != '\0') {
		rs->retry_at_us = parse_date(text);
	} else {
		for (size_t i = 0; i < digits && seconds < LIMIT_RETRY_KEPT;
		     i++)
			seconds = seconds * 10 + text[i] - '0';
		rs->retry_us = seconds * CLOCK_SECOND;
	}
	free(text);
}

int64_t
http_retry_after(const struct http_response *rs)
{
	const int64_t most = LIMIT_RETRY_KEPT * CLOCK_SECOND;
	int64_t us = 0;

	if (rs->retry_us != CLOCK_NEVER)
		us = rs->retry_us;
	else if (rs->retry_at_us != CLOCK_NEVER)
		us = rs->retry_at_us -
		     (rs->date_us != CLOCK_NEVER ? rs->date_us : clock_now());
	if (us < 0)
		return 0;
	return us < most ? us : most;
}

/* "HTTP/1.1 200 OK", "HTTP/2 200" */
static int
status_of_line(const char *data, size_t len)
{
	const char *space = memchr(data, ' ', len);
	int status = 0;

	if (space == NULL || (size_t)(data + len - space) < 4)
		return 0;
	for (int i = 1; i <= 3; i++) {
		if (space[i] < '0' || space[i] > '9')
			return 0;
		status = status * 10 + space[i] - '0';
	}
	return status;
}

void
http_response_add_line(struct http_response *rs, const char *data, size_t len)
{
	if (len > 5 && memcmp(data, "HTTP/", 5) == 0) {
		http_response_clear(rs);
		rs->status = status_of_line(data, len);
		return;
	}
	keep_header(&rs->etag, "ETag:", data, len);
	keep_header(&rs->last_modified, "Last-Modified:", data, len);
	keep_date(rs, data, len);
	keep_retry_after(rs, data, len);
}

void
http_response_add_refusal(
    struct http_response *rs, const char *data, size_t len)
{
	if (len > LIMIT_HTTP_QUOTED - rs->refusal_len)
		len = LIMIT_HTTP_QUOTED - rs->refusal_len;
	if (rs->refusal == NULL)
		rs->refusal = xmalloc(LIMIT_HTTP_QUOTED);
	memcpy(rs->refusal + rs->refusal_len, data, len);
	rs->refusal_len += len;
}
