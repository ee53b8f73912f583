/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thv-registry-api without a web server: one request in, one response out.
 *
 * A struct responder keeps the database open and all buffers, so that a request
 * in steady state allocates nothing.
 */
#ifndef FCGI_ANSWER_RESPONDER_H
#define FCGI_ANSWER_RESPONDER_H

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "fcgi/observe/counters.h"

#include <stdbool.h>

struct responder;

/* ${path} is the database; it need not exist yet.  Freed with responder_free().
 */
struct responder *responder_new(const char *path);
/* NULL is allowed. */
void responder_free(struct responder *api);

/* What /metrics tells; borrowed.  Without it, it tells of the database only. */
void responder_set_counters(struct responder *api, struct counters *counters);

/*
 * Answers ${in}: fills ${out}, which is reset first and finished at the end.
 * There is no failure that is not an answer.
 */
void responder_handle(struct responder *api, const struct request_input *in,
    struct response *out);

/* Whether the last request that needed the database could not have it. */
bool responder_is_unavailable(const struct responder *api);

/* What the cache of the database did since the last call. */
void responder_take_cache_counts(
    struct responder *api, uint64_t *hits, uint64_t *misses);

#endif
