/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request: method, URI and header fields, a line each, answered from the
 * database that THV_REGISTRY_DATABASE_PATH names and looked after as a
 * responder does.  Whatever it is, the answer is one that a client may get,
 * its head is lines without a stray control character, its body is JSON where
 * it says so, and so is the one line that the log gets.
 */
#include "fcgi/answer/responder.h"
#include "fcgi/observe/observer.h"
#include "lib/log/log.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One after the other in an input. */
enum line {
	METHOD,
	URI,
	IF_NONE_MATCH,
	ACCEPT,
	REQUEST_ID,
	TRACEPARENT,
	FORWARDED_PROTO,
	LINES
};

static struct responder *api;
static struct observer *observer;
static struct response out;
static int standard_error, logged;

static void
begin(void)
{
	const char *path = getenv("THV_REGISTRY_DATABASE_PATH");
	struct observer_settings settings = { .log_requests = "all" };
	struct err e = ERR_INIT;
	FILE *log;

	setenv("THV_REGISTRY_LOG_FORMAT", "json", 1);
	FUZZ_HOLDS(log_open("fuzz") == NULL);
	log_set_level(LOG_LEVEL_DEBUG);
	api = responder_new(
	    path == NULL ? "/nonexistent" : path, ROUTE_API, true);
	settings.counters = counters_new(COUNTERS_API, &e);
	responder_set_counters(api, settings.counters);
	FUZZ_HOLDS(observer_new(&observer, &settings, &e) == 0);
	response_init(&out);
	standard_error = dup(STDERR_FILENO);
	log = tmpfile();
	if (standard_error == -1 || log == NULL)
		abort();
	logged = fileno(log);
}

static void
check_body(struct response *r)
{
	if (r->body.len > 0 && strstr(r->type, "json") != NULL)
		FUZZ_HOLDS(fuzz_is_json(buf_str(&r->body), r->body.len));
}

static void
check_head(struct response *r)
{
	const char *head = buf_str(&r->head);

	FUZZ_HOLDS(strlen(head) == r->head.len);
	FUZZ_HOLDS(
	    r->for_pages ==
	    (strstr(head, "Access-Control-Allow-Origin: *\r\n") != NULL));
	FUZZ_HOLDS(r->head.len > 4 &&
		   memcmp(head + r->head.len - 4, "\r\n\r\n", 4) == 0);
	for (size_t i = 0; i + 1 < r->head.len; i++) {
		unsigned char c = (unsigned char)head[i];

		FUZZ_HOLDS(c >= ' ' || c == '\r' || c == '\n');
		FUZZ_HOLDS(c != '\r' || head[i + 1] == '\n');
		FUZZ_HOLDS(head[i + 1] != '\n' || c == '\r');
	}
}

/* What was logged since the last call: a line, if any. */
static void
check_log(void)
{
	char text[LOG_LINE_MAX + 2];
	ssize_t len = pread(logged, text, sizeof text, 0);

	FUZZ_HOLDS(len > 0 && len <= LOG_LINE_MAX && text[len - 1] == '\n');
	FUZZ_HOLDS(memchr(text, '\n', (size_t)len) == text + len - 1);
	FUZZ_HOLDS(fuzz_is_json(text, (size_t)len));
	if (ftruncate(logged, 0) == -1 || lseek(logged, 0, SEEK_SET) == -1)
		abort();
}

/* The line goes to standard error, where sanitizers and the engine write. */
static void
sent(void)
{
	dup2(logged, STDERR_FILENO);
	observer_sent(observer);
	dup2(standard_error, STDERR_FILENO);
	check_log();
}

static const char *
given(char *const *lines, enum line number)
{
	return *lines[number] == '\0' ? NULL : lines[number];
}

static void
check_status(void)
{
	switch (out.status) {
	case 200:
	case 204:
	case 304:
	case 400:
	case 403:
	case 404:
	case 405:
	case 414:
	case 503:
		break;
	default:
		fprintf(
		    stderr, "status %d: %s\n", out.status, buf_str(&out.body));
		abort();
	}
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct request_input in;
	char *lines[LINES];

	if (api == NULL)
		begin();
	fuzz_texts(lines, LINES, data, len);
	in = (struct request_input){ .method = lines[METHOD],
		.uri = lines[URI],
		.if_none_match = given(lines, IF_NONE_MATCH),
		.accept = given(lines, ACCEPT),
		.request_id = given(lines, REQUEST_ID),
		.traceparent = given(lines, TRACEPARENT),
		.forwarded_proto = given(lines, FORWARDED_PROTO) };
	observer_begin(observer, &in);
	responder_handle(api, &in, &out);
	observer_answered(observer, &out);
	check_status();
	check_body(&out);
	check_head(&out);
	sent();
	fuzz_texts_free(lines, LINES);
}
