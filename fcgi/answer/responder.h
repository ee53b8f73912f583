/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the response to one request, without a web server, for thv-registry-api
 * and thv-registry-admin.  Each program answers its own rows of the table of
 * routes.
 *
 * A struct responder keeps the database open and reuses its buffers, so
 * requests allocate no memory after the first ones.
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
 * ${path} is the database, which need not exist yet.  ${persistent}: the
 * process and its standard error outlive the request.  Freed with
 * responder_free().
 */
struct responder *responder_new(
    const char *path, enum route_program program, bool persistent);
/* NULL is allowed. */
void responder_free(struct responder *r);

/* For /metrics; borrowed.  Without them /metrics has the database only. */
void responder_set_counters(struct responder *r, struct counters *counters);

/*
 * Resets ${out} and fills it with the response to ${in}.  Every failure becomes
 * a response.
 */
void responder_handle(
    struct responder *r, const struct request_input *in, struct response *out);

/* Whether the database was unavailable to the last request that needed it. */
bool responder_is_unavailable(const struct responder *r);

/* The hits and misses of the database cache since the last call. */
void responder_take_cache_counts(
    struct responder *r, uint64_t *hits, uint64_t *misses);

#endif
