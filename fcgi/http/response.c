/* SPDX-License-Identifier: Apache-2.0 */
/* Responses and their header lines. */
#include "fcgi/http/response.h"

#include "fcgi/http/request.h"
#include "fcgi/observe/endpoint.h"
#include "lib/json_out.h"
#include "lib/limits.h"

#include <string.h>

/*
 * On all responses that pages may read, errors included: without them a script
 * cannot see the error, only that the fetch failed.
 */
#define HEADERS_FOR_PAGES                                             \
	"Access-Control-Allow-Origin: *\r\n"                          \
	"Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"        \
	"Access-Control-Allow-Headers: Authorization, Content-Type, " \
	"If-None-Match, X-Request-Id, traceparent\r\n"                \
	"Access-Control-Expose-Headers: ETag, Link, Retry-After, "    \
	"X-Request-Id, traceparent\r\n"                               \
	"Cross-Origin-Resource-Policy: cross-origin\r\n"              \
	"Vary: Accept-Encoding\r\n"
#define HEADERS_ALWAYS "X-Content-Type-Options: nosniff\r\n"
#define CACHE_MINUTE \
	"Cache-Control: public, max-age=60, stale-if-error=86400\r\n"
#define CACHE_REVALIDATE "Cache-Control: no-cache\r\n"
#define CACHE_NEVER "Cache-Control: no-store\r\n"
#define RETRY_AFTER "Retry-After: 5\r\n"
#define PREFLIGHT_MAX_AGE "Access-Control-Max-Age: 86400\r\n"

#define TYPE_JSON "application/json"

#define NO_CONTENT 204
#define NOT_MODIFIED 304
#define SERVICE_UNAVAILABLE 503

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{ 200, "200 OK" },
	{ 202, "202 Accepted" },
	{ NO_CONTENT, "204 No Content" },
	{ NOT_MODIFIED, "304 Not Modified" },
	{ 400, "400 Bad Request" },
	{ 401, "401 Unauthorized" },
	{ 403, "403 Forbidden" },
	{ 404, "404 Not Found" },
	{ 405, "405 Method Not Allowed" },
	{ 409, "409 Conflict" },
	{ 411, "411 Length Required" },
	{ 413, "413 Content Too Large" },
	{ 414, "414 URI Too Long" },
	{ 500, "500 Internal Server Error" },
	{ 501, "501 Not Implemented" },
	{ 502, "502 Bad Gateway" },
	{ SERVICE_UNAVAILABLE, "503 Service Unavailable" },
};

void
response_init(struct response *r)
{
	buf_init(&r->body, LIMIT_RESPONSE);
	buf_init(&r->head, LIMIT_RESPONSE);
	response_reset(r);
}

void
response_free(struct response *r)
{
	buf_free(&r->body);
	buf_free(&r->head);
}

void
response_reset(struct response *r)
{
	r->status = 200;
	r->cacheable = false;
	r->type = TYPE_JSON;
	r->etag[0] = '\0';
	r->gzip = false;
	r->allow = 0;
	r->line = NULL;
	r->for_pages = true;
	r->endpoint = ENDPOINT_UNKNOWN;
	r->registry = NULL;
	r->path_len = 0;
	r->omit_body = false;
	if (r->body.cap > LIMIT_RESPONSE_KEPT)
		buf_free(&r->body);
	buf_reset(&r->body);
	buf_reset(&r->head);
}

void
response_error(struct response *r, int status, const char *text)
{
	struct json_out j = JSON_OUT_INIT(&r->body);

	buf_reset(&r->body);
	r->status = status;
	r->cacheable = false;
	r->type = TYPE_JSON;
	r->etag[0] = '\0';
	r->gzip = false;
	json_out_open(&j, '{');
	json_out_member_str(&j, "error", text);
	json_out_close(&j, '}');
	buf_addc(&r->body, '\n');
}

static const char *
phrase_of(int status)
{
	for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "500 Internal Server Error";
}

static void
add_allow(struct buf *head, unsigned methods)
{
	const char *between = "Allow: ";

	for (unsigned i = 0; i < REQUEST_METHODS - 1; i++) {
		if ((methods & 1u << i) == 0)
			continue;
		buf_adds(head, between);
		buf_adds(head, request_methods[i]);
		between = ", ";
	}
	buf_adds(head, "\r\n");
}

/* The compressed body has another tag, in the form of Apache and lighttpd. */
static void
add_tag(struct buf *head, const char *etag, bool gzip)
{
	buf_adds(head, "ETag: ");
	buf_add(head, etag, strlen(etag) - 1);
	buf_adds(head, gzip ? ETAG_GZIP "\"\r\n" : "\"\r\n");
}

static void
add_length(struct buf *head, const char *type, size_t len)
{
	buf_adds(head, "Content-Type: ");
	buf_adds(head, type);
	buf_adds(head, "\r\nContent-Length: ");
	buf_add_i64(head, (int64_t)len);
	buf_adds(head, "\r\n");
}

void
response_finish(struct response *r)
{
	struct buf *head = &r->head;

	buf_reset(head);
	buf_adds(head, "Status: ");
	buf_adds(head, phrase_of(r->status));
	buf_adds(head, "\r\n" HEADERS_ALWAYS);
	if (r->for_pages)
		buf_adds(head, HEADERS_FOR_PAGES);
	if (r->line != NULL)
		buf_adds(head, r->line);
	buf_adds(head, r->cacheable	    ? CACHE_MINUTE
		       : r->etag[0] != '\0' ? CACHE_REVALIDATE
					    : CACHE_NEVER);
	if (r->etag[0] != '\0')
		add_tag(head, r->etag, r->gzip);
	if (r->gzip && r->status != NOT_MODIFIED)
		buf_adds(head, "Content-Encoding: gzip\r\n");
	if (r->allow != 0)
		add_allow(head, r->allow);
	if (r->status == SERVICE_UNAVAILABLE)
		buf_adds(head, RETRY_AFTER);
	if (r->status == NO_CONTENT && r->for_pages)
		buf_adds(head, PREFLIGHT_MAX_AGE);
	/* These two have no body, so neither type nor length. */
	if (r->status == NO_CONTENT || r->status == NOT_MODIFIED)
		buf_reset(&r->body);
	else
		add_length(head, r->type, r->body.len);
	if (r->omit_body)
		buf_reset(&r->body);
	buf_adds(head, "\r\n");
}

void
response_add_last(struct response *r, const char *line, size_t len)
{
	/* In place of the empty line that ends the head. */
	r->head.len -= sizeof "\r\n" - 1;
	buf_add(&r->head, line, len);
}
