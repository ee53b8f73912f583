/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, times, counting, and the line in the log. */
#include "fcgi/observer.h"

#include "fcgi/endpoint.h"
#include "lib/clock.h"
#include "lib/log.h"
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
#define OWN_LEN 17 /* 16 hex digits and a dash, before a number */
#define PATH_LOGGED 1024
#define QUERY_LOGGED 1024

enum wanted {
	ALL,
	ERRORS,
	NONE,
	SOME
};

/*
 * The part of a line that all requests of a kind have in common.  Kinds that
 * fall on the same place take it from each other.
 */
#define COMMON_PARTS 64 /* a power of two */
#define COMMON_MAX 320

struct common {
	struct counters_kind kind; /* of status 0: none yet */
	size_t len;
	char text[COMMON_MAX];
};

struct observer {
	struct observer_settings settings;
	enum wanted wanted;
	unsigned long one_in; /* successes, for SOME */
	unsigned long successes;
	uint64_t number; /* of requests that got an id here */
	char own[OWN_LEN + 1];

	/* ---- of the request in hand ---- */
	const struct request_input *in; /* until it is answered */
	struct counters_kind kind;
	struct trace trace;
	struct log_field fields[3];
	int64_t began_us; /* clock_monotonic() */
	size_t id_len;
	/* The header line, as it is sent; the id stands in the middle of it. */
	char line[HEADER_LEN + OBSERVER_ID_MAX + sizeof "\r\n"];
	struct log_line log; /* written when the client has its answer */
	struct common common[COMMON_PARTS];
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
	/* Ids are told apart, not kept secret. */
	if (getentropy(&random, sizeof random) == -1)
		random = (uint64_t)clock_now() << 16 ^ (uint64_t)getpid();
	snprintf(o->own, sizeof o->own, "%016" PRIx64 "-", random);
	memcpy(o->line, HEADER, HEADER_LEN);
	if (read_wanted(o, s->log_requests, e) == -1)
		return -1;
	/* A process that answers one request is one in so many, too. */
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

/* The length of an id that can go into a header and a log; 0: it cannot. */
static size_t
harmless(const char *id)
{
	size_t len = 0;

	if (id == NULL)
		return 0;
	for (; id[len] != '\0'; len++)
		if (len == OBSERVER_ID_MAX || id[len] <= ' ' ||
		    id[len] >= 0x7f || id[len] == '"' || id[len] == '\\')
			return 0;
	return len;
}

static size_t
make_id(struct observer *o, char *to)
{
	char digits[20];
	size_t at = sizeof digits;
	uint64_t n = ++o->number;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	memcpy(to, o->own, OWN_LEN);
	memcpy(to + OWN_LEN, digits + at, sizeof digits - at);
	return OWN_LEN + sizeof digits - at;
}

static void
take_id(struct observer *o)
{
	char *id = o->line + HEADER_LEN;

	o->id_len = harmless(o->in->request_id);
	if (o->id_len > 0)
		memcpy(id, o->in->request_id, o->id_len);
	else
		o->id_len = make_id(o, id);
	/* A string for the log; the line's end comes when it is sent. */
	id[o->id_len] = '\0';
	o->fields[0] = (struct log_field){ "request_id", id };
	o->fields[1] = o->fields[2] = (struct log_field){ NULL, NULL };
	if (o->in->traceparent != NULL &&
	    trace_parse(&o->trace, o->in->traceparent)) {
		o->fields[1] = (struct log_field){ "trace_id", o->trace.id };
		o->fields[2] =
		    (struct log_field){ "parent_id", o->trace.parent };
	}
	log_set_fields(o->fields, o->fields[1].key == NULL ? 1 : 3);
}

/* ---- the three moments ---- */

/* What the first of the proxies was asked over, if one says so. */
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
	o->in = in;
	o->began_us = clock_monotonic();
	o->kind.method = request_method_of(in->method);
	o->kind.https = is_https(in);
	counters_begin(o->settings.counters, o->kind.method, o->kind.https);
	take_id(o);
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

/* Begins the line with what is the same for all requests of the kind. */
static void
begin_line(struct observer *o, enum log_level level)
{
	const struct counters_kind *k = &o->kind;
	unsigned at =
	    k->endpoint * 7 + (unsigned)k->method + (unsigned)k->status;
	struct common *c = &o->common[at & (COMMON_PARTS - 1)];
	struct log_line *l = &o->log;
	const char *name;
	size_t len;

	if (c->kind.status == k->status && c->kind.endpoint == k->endpoint &&
	    c->kind.method == k->method && k->method != REQUEST_OTHER) {
		log_begin_like(l, level, c->text, c->len);
		return;
	}
	log_begin(l, level, "request");
	if (l->skip)
		return;
	log_str(l, "method", o->in->method);
	log_int(l, "status", k->status);
	name = endpoint_name(k->endpoint, &len);
	log_word(l, "route", name, len);
	if (l->len - l->timed > sizeof c->text)
		return;
	c->kind = *k;
	c->len = l->len - l->timed;
	memcpy(c->text, l->text + l->timed, c->len);
}

static void
prepare_line(struct observer *o, const struct response *out, int64_t us)
{
	const char *uri = o->in->uri == NULL ? "" : o->in->uri;
	size_t path = strcspn(uri, "?"), len;
	struct log_line *l = &o->log;
	char query[QUERY_LOGGED];

	begin_line(o, out->status >= 500   ? LOG_LEVEL_ERROR
		      : out->status >= 400 ? LOG_LEVEL_WARN
					   : LOG_LEVEL_INFO);
	if (l->skip)
		return;
	log_text(l, "path", uri, path < PATH_LOGGED ? path : PATH_LOGGED);
	if (uri[path] != '\0' && log_is_on(LOG_LEVEL_DEBUG)) {
		len = request_log_query(query, sizeof query, uri);
		log_text(l, "query", query, len);
	}
	log_str(l, "registry", out->registry);
	log_int(l, "bytes", (int64_t)out->body.len);
	log_int(l, "duration_us", us);
}

void
observer_answered(struct observer *o, struct response *out)
{
	char *end = o->line + HEADER_LEN + o->id_len;
	int64_t us = clock_monotonic() - o->began_us;

	o->kind.endpoint = out->endpoint;
	o->kind.status = out->status;
	o->log.skip = 1;
	if (is_wanted(o))
		prepare_line(o, out, us);
	memcpy(end, "\r\n", 2);
	response_add_line(out, o->line, HEADER_LEN + o->id_len + 2);
	*end = '\0';
	o->in = NULL;
	counters_answered(o->settings.counters, &o->kind, us, out->body.len);
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

void
observer_sent(struct observer *o)
{
	if (counters_sent(o->settings.counters))
		measure(o);
	log_end(&o->log);
	log_set_fields(NULL, 0);
}

void
observer_passed_on(struct observer *o)
{
	o->log.skip = 1;
	o->in = NULL;
}

const char *
observer_id(const struct observer *o)
{
	return o->line + HEADER_LEN;
}
