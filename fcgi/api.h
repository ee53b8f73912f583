/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thv-registry-api without a web server: one request in, one response out.
 *
 * A struct api keeps the database open and all buffers, so that a request in
 * steady state allocates nothing.
 */
#ifndef FCGI_API_H
#define FCGI_API_H

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "fcgi/observe/counters.h"

#include <stdbool.h>

struct api;

/* ${path} is the database; it need not exist yet.  Freed with api_free(). */
struct api *api_new(const char *path);
/* NULL is allowed. */
void api_free(struct api *api);

/* What /metrics tells; borrowed.  Without it, it tells of the database only. */
void api_set_counters(struct api *api, struct counters *counters);

/*
 * Answers ${in}: fills ${out}, which is reset first and finished at the end.
 * There is no failure that is not an answer.
 */
void api_handle(
    struct api *api, const struct request_input *in, struct response *out);

/* Whether the last request that needed the database could not have it. */
bool api_is_unavailable(const struct api *api);

/* What the cache of the database did since the last call. */
void api_take_cache_counts(struct api *api, uint64_t *hits, uint64_t *misses);

#endif
