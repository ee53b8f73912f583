/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives each request an id, times and counts it, and logs it.
 *
 * The id is the X-Request-Id of the client if that is valid, else a generated
 * one. It is sent to the client.  Until the request ends, every log line has
 * the id, and the trace of a traceparent (lib/trace.h).
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
	/* Hits and misses of the database's cache since the last call; may be
	 * NULL. */
	void (*cache)(void *ctx, uint64_t *hits, uint64_t *misses);
	void *ctx;
};

/*
 * ERR_USAGE: the setting is invalid and ignored; *${out} is valid all the same.
 * Freed with observer_free(), which allows NULL.
 */
int observer_new(
    struct observer **out, const struct observer_settings *s, struct err *e);
void observer_free(struct observer *o);

/* The three steps of a request; ${in} and ${out} are borrowed until the last.
 */
void observer_begin(struct observer *o, const struct request_input *in);
/* Before anything is sent: counts, and adds the id to the head of ${out}. */
void observer_answered(struct observer *o, struct response *out);
/* After the answer is sent: logs the request. */
void observer_sent(struct observer *o);

/* Instead of the last two: another program answered, counted and logged it. */
void observer_passed_on(struct observer *o);
/* Writes the id of the current request, for that program. */
void observer_id(const struct observer *o, char id[OBSERVER_ID_MAX + 1]);

#endif
