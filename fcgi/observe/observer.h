/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking after each request on its way through a program: it gets an id, is
 * timed and counted, and has a line in the log.
 *
 * The id is what the client sent as X-Request-Id, if that is harmless, else one
 * made here; it goes back to the client, and with the trace of a traceparent
 * (lib/trace.h) into every line that is logged meanwhile.
 */
#ifndef FCGI_OBSERVE_OBSERVER_H
#define FCGI_OBSERVE_OBSERVER_H

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "fcgi/observe/counters.h"

#include <stdint.h>

#define OBSERVER_ID_MAX 128 /* of an id that a client sends */

struct observer;

struct observer_settings {
	struct counters *counters; /* borrowed */
	/* THV_REGISTRY_LOG_REQUESTS; NULL for the default. */
	const char *log_requests;
	/* What the database's cache did since the last call; may be NULL. */
	void (*cache)(void *ctx, uint64_t *hits, uint64_t *misses);
	void *ctx;
};

/*
 * ERR_USAGE: the setting is not understood and counts as not given; *${out} is
 * there all the same.  Freed with observer_free(), which allows NULL.
 */
int observer_new(
    struct observer **out, const struct observer_settings *s, struct err *e);
void observer_free(struct observer *o);

/* The three moments of a request; ${in} and ${out} stay until the last. */
void observer_begin(struct observer *o, const struct request_input *in);
/* Before anything is sent: counts, and adds the id to the head of ${out}. */
void observer_answered(struct observer *o, struct response *out);
/* The client has its answer: writes the line in the log. */
void observer_sent(struct observer *o);

/* Instead of the last two: another program has answered, counted and logged it.
 */
void observer_passed_on(struct observer *o);
/* Writes the id of the current request, for that program. */
void observer_id(const struct observer *o, char id[OBSERVER_ID_MAX + 1]);

#endif
