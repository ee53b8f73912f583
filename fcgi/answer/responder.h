/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request in, one response out, without a web server: what
 * thv-registry-api and thv-registry-admin have in common.  Each answers its own
 * rows of the table of routes.
 *
 * A struct responder keeps the database open and all buffers, so that a request
 * allocates nothing once they have grown.
 */
#ifndef FCGI_ANSWER_RESPONDER_H
#define FCGI_ANSWER_RESPONDER_H

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "fcgi/http/route.h"
#include "fcgi/observe/counters.h"

#include <stdbool.h>

struct responder;

/*
 * ${path} is the database; it need not exist yet.  ${stays}: the process
 * outlives the request, and so does its standard error.  Freed with
 * responder_free().
 */
struct responder *responder_new(
    const char *path, enum route_program program, bool stays);
/* NULL is allowed. */
void responder_free(struct responder *r);

/* For /metrics; borrowed.  Without it /metrics has the database's part only. */
void responder_set_counters(struct responder *r, struct counters *counters);

/*
 * Answers ${in}: fills ${out}, which is reset first and finished at the end.
 * There is no failure that is not an answer.
 */
void responder_handle(
    struct responder *r, const struct request_input *in, struct response *out);

/* Whether the last request that needed the database could not have it. */
bool responder_is_unavailable(const struct responder *r);

/* Adds up what the cache of the database did since the last call. */
void responder_take_cache_counts(
    struct responder *r, uint64_t *hits, uint64_t *misses);

#endif
