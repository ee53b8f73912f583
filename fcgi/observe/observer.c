/* SPDX-License-Identifier: Apache-2.0 */
/* Ids, times, counting, and the line in the log. */
#include "fcgi/observe/observer.h"

#include "fcgi/observe/endpoint.h"
#include "lib/clock.h"
#include "lib/decimal.h"
#include "lib/log/log_form.h"
#include "lib/seldom.h"
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
/* Of the line, and of the head that it is the last of. */
#define END "\r\n\r\n"
#define END_LEN (sizeof END - 1)
#define OWN_LEN 17 /* 16 hex digits and a dash, before a number */
#define PATH_LOGGED 1024
#define QUERY_LOGGED 1024
#define MEASURE_EVERY 128 /* requests; a power of two */
#define NO_NAME "\xff"

/* With a longer name of a registry a line takes longer. */
#define REGISTRY_MAX 64
#define KIND_BITS 6
#define KINDS (1 << KIND_BITS) /* that are kept */
#define LINES 4 /* that are kept of each; a power of two */

enum wanted {
	ALL,
	ERRORS,
	NONE,
	SOME
};

/* An id in the middle of the header line that tells it to the client. */
struct id {
	/* What is logged meanwhile has it, and a trace if there is one. */
	struct log_field fields[3];
	char line[HEADER_LEN + OBSERVER_ID_MAX + END_LEN];
};

/* A line but for what differs among requests of a kind and a registry. */
struct line {
	char registry[REGISTRY_MAX]; /* NO_NAME: there is none yet */
	unsigned number; /* that the name had last; 0: none */
	struct log_form form;
};

struct kind {
	uint64_t key; /* counters_key(); 0: there is none yet */
	_Atomic uint64_t *place; /* where it is counted */
	unsigned taken; /* of its lines, ever */
	struct line lines[LINES];
};

struct observer {
	struct observer_settings settings;
	struct counters_seat *seat;
	unsigned served; /* so far */
	enum wanted wanted;
	unsigned long one_in; /* successes, for SOME */
	unsigned long successes;
	struct id own; /* counted up, digit by digit, in its place */
	struct id given; /* by the client */

	/* ---- of the request in hand ---- */
	const struct request_input *in;
	const struct response *out;
	struct counters_kind kind;
	struct kind *kept; /* what is known of that */
	const struct id *id;
	size_t field_count;
	struct trace trace;
	int64_t began_us; /* clock_monotonic() */
	int64_t took_us;
	struct log_value values[4];

	/* Those that fall on the same place take it from each other. */
	struct kind kinds[KINDS];
	struct line odd; /* one that is not kept */
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

static void
init_id(struct id *id, const struct observer *o)
{
	id->fields[0] =
	    (struct log_field){ "request_id", id->line + HEADER_LEN, 0 };
	id->fields[1] =
	    (struct log_field){ "trace_id", o->trace.id, TRACE_ID_LEN };
	id->fields[2] =
	    (struct log_field){ "parent_id", o->trace.parent, TRACE_SPAN_LEN };
	memcpy(id->line, HEADER, HEADER_LEN);
}

int
observer_new(
    struct observer **out, const struct observer_settings *s, struct err *e)
{
	struct observer *o = xcalloc(1, sizeof *o);
	uint64_t random;

	o->settings = *s;
	o->seat = counters_seat(s->counters);
	*out = o;
	/* Ids are told apart, not kept secret. */
	if (getentropy(&random, sizeof random) == -1)
		random = (uint64_t)clock_now() << 16 ^ (uint64_t)getpid();
	init_id(&o->own, o);
	init_id(&o->given, o);
	o->own.fields[0].len = OWN_LEN + 1;
	snprintf(
	    o->own.line, sizeof o->own.line, HEADER "%016" PRIx64 "-0", random);
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
	if (o == NULL)
		return;
	for (size_t i = 0; i < KINDS; i++)
		for (size_t n = 0; n < LINES; n++)
			log_form_free(&o->kinds[i].lines[n].form);
	log_form_free(&o->odd.form);
	free(o);
}

/* ---- ids ---- */

/* The length of an id that can go into a header and a log; 0: it cannot. */
static size_t
harmless(const char *id)
{
	size_t len = 0;

	for (; id[len] != '\0'; len++)
		if (len == OBSERVER_ID_MAX || id[len] <= ' ' ||
		    id[len] >= 0x7f || id[len] == '"' || id[len] == '\\')
			return 0;
	return len;
}

/* Puts the end of the header line behind an id that is there. */
static inline void
set_id(struct observer *o, struct id *id, size_t len)
{
	memcpy(id->line + HEADER_LEN + len, END, END_LEN);
	id->fields[0].len = len;
	o->id = id;
}

static inline void
make_id(struct observer *o)
{
	char *number = o->own.line + HEADER_LEN + OWN_LEN;
	size_t len = o->own.fields[0].len - OWN_LEN;

	set_id(o, &o->own, OWN_LEN + decimal_increment(number, len));
}

static SELDOM void
take_id(struct observer *o)
{
	size_t len = harmless(o->in->request_id);

	if (len == 0) {
		make_id(o);
		return;
	}
	memcpy(o->given.line + HEADER_LEN, o->in->request_id, len);
	set_id(o, &o->given, len);
}

static SELDOM void
take_trace(struct observer *o)
{
	if (trace_parse(&o->trace, o->in->traceparent))
		o->field_count = sizeof o->id->fields / sizeof o->id->fields[0];
}

/* ---- the three moments ---- */

/* What the first of the proxies was asked over, as one of them says. */
static SELDOM bool
is_said_https(const struct request_input *in)
{
	const char *said = in->forwarded_proto;

	if (strncasecmp(said, "http", 4) == 0) {
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
	o->kind.https =
	    in->forwarded_proto == NULL ? in->https : is_said_https(in);
	counters_begin(o->seat, o->kind.method, o->kind.https);
	if (in->request_id == NULL)
		make_id(o);
	else
		take_id(o);
	o->field_count = 1;
	if (in->traceparent != NULL)
		take_trace(o);
	log_set_fields(o->id->fields, o->field_count);
}

/* Unless all are. */
static bool
is_wanted(struct observer *o)
{
	if (o->wanted == NONE)
		return false;
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

/* A line of the kind, and which values it has: as log_request() fills in. */
static void
make_line(struct line *line, const struct observer *o, bool has_query)
{
	enum log_level level = level_of(o->kind.status);
	struct log_form *f = &line->form;
	struct log_line l;
	const char *name;
	size_t len;

	log_form_reset(f);
	log_begin(&l, level, "request");
	log_str(&l, "method", o->in->method);
	log_int(&l, "status", o->kind.status);
	name = endpoint_name(o->kind.endpoint, &len);
	log_word(&l, "route", name, len);
	log_form_open(f, &l, "path", LOG_FORM_TEXT);
	if (has_query)
		log_form_open(f, &l, "query", LOG_FORM_TEXT);
	log_str(&l, "registry", o->out->registry);
	log_form_open(f, &l, "bytes", LOG_FORM_NUMBER);
	log_form_open(f, &l, "duration_us", LOG_FORM_NUMBER);
	log_form_open(f, &l, "request_id", LOG_FORM_WORD);
	log_form_close(f, &l, level);
}

static SELDOM const struct log_form *
other_line(struct observer *o, const char *registry)
{
	struct kind *kind = o->kept;
	struct line *line = &o->odd;

	for (size_t i = 1; i < LINES; i++)
		if (strcmp(kind->lines[i].registry, registry) == 0)
			return &kind->lines[i].form;
	if (o->kind.method != REQUEST_OTHER &&
	    strlen(registry) < sizeof line->registry) {
		line = &kind->lines[kind->taken++ & (LINES - 1)];
		memcpy(line->registry, registry, strlen(registry) + 1);
		line->number = 0;
	}
	make_line(line, o, false);
	return &line->form;
}

/* The line of requests like this one. */
static const struct log_form *
line_of(struct observer *o)
{
	const char *registry = o->out->registry == NULL ? "" : o->out->registry;
	unsigned number = o->out->registry_number;
	struct line *first = o->kept->lines;

	if (number != 0 && number == first->number)
		return &first->form;
	if (strcmp(first->registry, registry) != 0)
		return other_line(o, registry);
	first->number = number;
	return &first->form;
}

/* With the query, which comes second. */
static SELDOM void
log_with_query(struct observer *o, const char *uri)
{
	const struct log_value *v = o->values;
	char query[QUERY_LOGGED];
	const struct log_value values[] = { v[0],
		{ query, request_log_query(query, sizeof query, uri) }, v[1],
		v[2], v[3] };

	make_line(&o->odd, o, true);
	log_form_write(
	    &o->odd.form, clock_at(o->began_us + o->took_us), values);
}

/* The values are those that make_line() leaves open. */
static void
log_request(struct observer *o)
{
	const struct log_field *id = o->id->fields;
	const char *uri = o->in->uri == NULL ? "" : o->in->uri;
	size_t path =
	    o->out->path_len > 0 ? o->out->path_len : strcspn(uri, "?");
	struct log_value *v = o->values;

	v[0].text = uri;
	v[0].number = path < PATH_LOGGED ? path : PATH_LOGGED;
	v[1].number = o->out->body.len;
	v[2].number = (uint64_t)o->took_us;
	v[3].text = id->value;
	v[3].number = id->len;
	/* The id is one of them. */
	log_set_fields(id + 1, o->field_count - 1);
	if (uri[path] != '\0' && log_is_on(LOG_LEVEL_DEBUG))
		log_with_query(o, uri);
	else
		log_form_write(
		    line_of(o), clock_at(o->began_us + o->took_us), v);
}

/* It may be beside its place, and is taken up if nothing is known of it. */
static SELDOM struct kind *
find_kind(struct observer *o, uint64_t key, unsigned at)
{
	struct kind *k = &o->kinds[at], *beside = &o->kinds[at ^ 1];

	if (beside->key == key)
		return beside;
	if (k->key != 0 && beside->key == 0)
		k = beside;
	k->key = key;
	k->place = counters_place(o->settings.counters, &o->kind);
	for (size_t i = 0; i < LINES; i++) {
		memcpy(k->lines[i].registry, NO_NAME, sizeof NO_NAME);
		k->lines[i].number = 0;
	}
	return k;
}

static inline struct kind *
kind_of(struct observer *o)
{
	uint64_t key = counters_key(&o->kind);
	/* Fibonacci hashing: what is highest is mixed best. */
	unsigned at =
	    (unsigned)(key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - KIND_BITS));

	return o->kinds[at].key == key ? &o->kinds[at] : find_kind(o, key, at);
}

void
observer_answered(struct observer *o, struct response *out)
{
	o->took_us = clock_monotonic() - o->began_us;
	o->out = out;
	o->kind.endpoint = out->endpoint;
	o->kind.status = out->status;
	o->kept = kind_of(o);
	response_add_last(
	    out, o->id->line, HEADER_LEN + o->id->fields[0].len + END_LEN);
	counters_answered(o->seat, o->kept->place, o->took_us, out->body.len);
}

static SELDOM void
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
	counters_sent(o->seat);
	if ((o->served++ & (MEASURE_EVERY - 1)) == 0)
		measure(o);
	if (o->wanted == ALL || is_wanted(o)) {
		log_request(o);
		/* The id was taken off already. */
		if (o->field_count == 1)
			return;
	}
	log_set_fields(NULL, 0);
}

void
observer_passed_on(struct observer *o)
{
	counters_sent(o->seat);
	log_set_fields(NULL, 0);
}

void
observer_id(const struct observer *o, char id[OBSERVER_ID_MAX + 1])
{
	memcpy(id, o->id->fields[0].value, o->id->fields[0].len);
	id[o->id->fields[0].len] = '\0';
}
