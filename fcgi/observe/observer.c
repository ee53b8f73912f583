/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, durations, counters and log lines of requests. */
#include "fcgi/observe/observer.h"

#include "fcgi/observe/endpoint.h"
#include "lib/clock.h"
#include "lib/decimal.h"
#include "lib/log/log.h"
#include "lib/trace.h"
#include "lib/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define HEADER "X-Request-Id: "
#define HEADER_LEN (sizeof HEADER - 1)
/* The end of the last header line, and of the head. */
#define END "\r\n\r\n"
#define END_LEN (sizeof END - 1)
#define PATH_LOGGED 1024
#define QUERY_LOGGED 1024
#define PREFIX_LEN 17 /* 16 hex digits and a dash, before a number */
#define HEADS 61 /* one replaces another with the same remainder */
#define MEASURE_EVERY 128 /* requests */

enum wanted {
	ALL,
	ERRORS,
	NONE,
	SOME
};

/* In the order in which they are logged. */
enum {
	FIELD_ID,
	FIELD_TRACE,
	FIELD_PARENT,
	FIELDS
};

/* The start of log lines for a kind of request and a registry. */
struct head {
	uint64_t key; /* counters_key(); 0: none yet */
	char registry[64];
	size_t len;
	char text[256];
};

struct observer {
	struct observer_settings settings;
	uint64_t served; /* requests so far */
	enum wanted wanted;
	unsigned long one_in; /* successes, for SOME */
	unsigned long successes;
	char prefix[PREFIX_LEN + 1]; /* of the ids generated here */

	/* ---- of the current request ---- */
	const struct request_input *in;
	const struct response *out;
	struct counters_kind kind;
	char line[HEADER_LEN + OBSERVER_ID_MAX + END_LEN]; /* with the id */
	struct log_field fields[FIELDS];
	struct trace trace;
	int64_t began_us; /* clock_monotonic() */
	int64_t took_us;

	struct head heads[HEADS];
};

static int
read_wanted(struct observer *o, const char *text, struct err *e)
{
	static const char *const words[] = { "all", "errors", "none" };
	char *end;

	if (text == NULL || *text == '\0')
		return 0;
	for (int i = ALL; i < SOME; i++) {
		if (strcasecmp(text, words[i]) == 0) {
			o->wanted = (enum wanted)i;
			return 0;
		}
	}
	o->one_in = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || o->one_in == 0) {
		err_set(e, ERR_USAGE,
		    "THV_REGISTRY_LOG_REQUESTS is '%s', not all, errors, none "
		    "or a number",
		    text);
		return -1;
	}
	o->wanted = SOME;
	return 0;
}

int
observer_new(
    struct observer **out, const struct observer_settings *s, struct err *e)
{
	struct observer *o = xcalloc(1, sizeof *o);
	uint64_t random;

	o->settings = *s;
	*out = o;
	/* Ids must be unique, not secret. */
	if (getentropy(&random, sizeof random) == -1)
		random = (uint64_t)clock_now() << 16 ^ (uint64_t)getpid();
	snprintf(o->prefix, sizeof o->prefix, "%016" PRIx64 "-", random);
	memcpy(o->line, HEADER, HEADER_LEN);
	o->fields[FIELD_ID] =
	    (struct log_field){ "request_id", o->line + HEADER_LEN, 0 };
	o->fields[FIELD_TRACE] =
	    (struct log_field){ "trace_id", o->trace.id, TRACE_ID_LEN };
	o->fields[FIELD_PARENT] =
	    (struct log_field){ "parent_id", o->trace.parent, TRACE_SPAN_LEN };
	if (read_wanted(o, s->log_requests, e) == -1)
		return -1;
	/* A random start: plain CGI processes answer a single request each. */
	if (o->wanted == SOME)
		o->successes = (unsigned long)(random % o->one_in);
	return 0;
}

void
observer_free(struct observer *o)
{
	free(o);
}

/* ---- ids ---- */

/* The length of an id that is valid in a header and a log; 0: invalid. */
static size_t
valid_id(const char *id)
{
	size_t len = 0;

	for (; id[len] != '\0'; len++)
		if (len == OBSERVER_ID_MAX || id[len] <= ' ' ||
		    id[len] >= 0x7f || id[len] == '"' || id[len] == '\\')
			return 0;
	return len;
}

/* Uses the client's id if it is valid, else generates one. */
static void
set_id(struct observer *o)
{
	const char *given = o->in->request_id;
	char *id = o->line + HEADER_LEN;
	size_t len = given == NULL ? 0 : valid_id(given);

	if (len > 0) {
		memcpy(id, given, len);
	} else {
		char *number = id + PREFIX_LEN;

		memcpy(id, o->prefix, PREFIX_LEN);
		len = (size_t)(decimal_put(number, o->served + 1) - id);
	}
	memcpy(id + len, END, END_LEN);
	o->fields[FIELD_ID].len = len;
}

/* ---- the three steps of a request ---- */

/* The first scheme in X-Forwarded-Proto, else that of the connection. */
static bool
is_https(const struct request_input *in)
{
	const char *said = in->forwarded_proto;

	if (said != NULL && strncasecmp(said, "http", 4) == 0) {
		bool secure = said[4] == 's' || said[4] == 'S';
		char end = said[secure ? 5 : 4];

		if (end == '\0' || end == ',' || end == ' ')
			return secure;
	}
	return in->https;
}

void
observer_begin(struct observer *o, const struct request_input *in)
{
	bool traced;

	o->in = in;
	o->began_us = clock_monotonic();
	o->kind.method = request_method_of(in->method);
	o->kind.https = is_https(in);
	counters_begin(o->settings.counters, o->kind.method, o->kind.https);
	set_id(o);
	traced =
	    in->traceparent != NULL && trace_parse(&o->trace, in->traceparent);
	log_set_fields(o->fields, traced ? FIELDS : FIELD_TRACE);
}

static bool
is_wanted(struct observer *o)
{
	if (o->wanted == ALL || o->wanted == NONE)
		return o->wanted == ALL;
	if (o->kind.status >= 400)
		return true;
	return o->wanted == SOME && ++o->successes % o->one_in == 0;
}

static enum log_level
level_of(int status)
{
	return status >= 500   ? LOG_LEVEL_ERROR
	       : status >= 400 ? LOG_LEVEL_WARN
			       : LOG_LEVEL_INFO;
}

/* Starts the line with the fields that requests of a kind share. */
static void
begin_line(struct log_line *l, const struct observer *o)
{
	const char *route = endpoint_name(o->kind.endpoint);

	log_begin(l, level_of(o->kind.status), "request");
	log_str(l, "method", o->in->method);
	log_int(l, "status", o->kind.status);
	log_word(l, "route", route, strlen(route));
	log_str(l, "registry", o->out->registry);
}

/* The same, from the text of an earlier line. */
static void
begin_line_like(struct log_line *l, struct observer *o)
{
	const char *registry = o->out->registry == NULL ? "" : o->out->registry;
	uint64_t key = counters_key(&o->kind);
	struct head *h = &o->heads[key % HEADS];
	size_t len;

	if (h->key == key && strcmp(h->registry, registry) == 0) {
		log_begin_like(l, level_of(o->kind.status), h->text, h->len);
		return;
	}
	begin_line(l, o);
	len = l->len - l->timed;
	/* Other methods share a key. */
	if (l->skip || o->kind.method == REQUEST_OTHER ||
	    len > sizeof h->text || strlen(registry) >= sizeof h->registry)
		return;
	h->key = key;
	h->len = len;
	memcpy(h->text, l->text + l->timed, len);
	memcpy(h->registry, registry, strlen(registry) + 1);
}

/* log_end() adds the id of the request and its trace. */
static void
log_request(struct observer *o)
{
	const char *uri = o->in->uri == NULL ? "" : o->in->uri;
	size_t path =
	    o->out->path_len > 0 ? o->out->path_len : strcspn(uri, "?");
	struct log_line l;

	begin_line_like(&l, o);
	log_text(&l, "path", uri, path < PATH_LOGGED ? path : PATH_LOGGED);
	if (uri[path] != '\0' && log_is_on(LOG_LEVEL_DEBUG)) {
		char query[QUERY_LOGGED];

		log_text(&l, "query", query,
		    request_log_query(query, sizeof query, uri));
	}
	log_int(&l, "bytes", (int64_t)o->out->body.len);
	log_int(&l, "duration_us", o->took_us);
	log_end(&l);
}

void
observer_answered(struct observer *o, struct response *out)
{
	o->took_us = clock_monotonic() - o->began_us;
	o->out = out;
	o->kind.endpoint = out->endpoint;
	o->kind.status = out->status;
	response_add_last(
	    out, o->line, HEADER_LEN + o->fields[FIELD_ID].len + END_LEN);
	counters_answered(
	    o->settings.counters, &o->kind, o->took_us, out->body.len);
}

static void
measure(struct observer *o)
{
	const struct observer_settings *s = &o->settings;
	uint64_t hits, misses;

	counters_measure(s->counters);
	if (s->cache == NULL)
		return;
	s->cache(s->ctx, &hits, &misses);
	counters_add(s->counters, COUNTERS_CACHE_HITS, hits);
	counters_add(s->counters, COUNTERS_CACHE_MISSES, misses);
}

static void
end(struct observer *o)
{
	counters_end(o->settings.counters);
	log_set_fields(NULL, 0);
	o->served++;
}

void
observer_sent(struct observer *o)
{
	if (o->served % MEASURE_EVERY == 0)
		measure(o);
	if (is_wanted(o))
		log_request(o);
	end(o);
}

void
observer_passed_on(struct observer *o)
{
	end(o);
}

void
observer_id(const struct observer *o, char id[OBSERVER_ID_MAX + 1])
{
	memcpy(id, o->fields[FIELD_ID].value, o->fields[FIELD_ID].len);
	id[o->fields[FIELD_ID].len] = '\0';
}
