/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request, for the kinds of source that need no more. */
#ifndef SYNC_FETCH_HTTP_FETCH_DOWNLOAD_H
#define SYNC_FETCH_HTTP_FETCH_DOWNLOAD_H

#include "sync/fetch/fetch.h"
#include "sync/fetch/http/http.h"

/*
 * The header line for the token in the file ${path}, which messages call
 * ${what}; NULL when ${path} is NULL.  The caller frees *${line} with
 * secret_free().
 */
int fetch_download_bearer(
    char **line, const char *what, const char *path, struct err *e);

/*
 * Sends ${rq} once, under ${policy}: http_get() with progress and deadline
 * filled in here.  Sets the costs in ${out}, and how long to wait after
 * a failure.  The caller frees the members of ${rs} with
 * http_response_free() in any case.
 */
int fetch_download(struct fetch *out, const struct fetch_options *options,
    struct http_request *rq, const struct http_policy *policy,
    struct http_response *rs, struct err *e);

/*
 * Moves the validators of ${rs} to ${v}; after a 304 that leaves one out, the
 * one in ${previous} still holds.
 */
void fetch_download_keep(struct validators *v, struct http_response *rs,
    const struct validators *previous);

#endif
