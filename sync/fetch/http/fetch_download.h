/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request, for the kinds of source that need no more. */
#ifndef SYNC_FETCH_HTTP_FETCH_DOWNLOAD_H
#define SYNC_FETCH_HTTP_FETCH_DOWNLOAD_H

#include "sync/fetch/fetch.h"
#include "sync/fetch/http/http.h"

/*
 * What ${conf} allows and sends: its token is read from its file now.  ${block}
 * names the block of the configuration ("api").  The headers have room for
 * ${more} lines that the caller adds, allocated as well.  The caller calls
 * fetch_policy_free(), on failure too.
 */
int fetch_policy(struct http_policy *out, const struct conf_http *conf,
    const char *block, size_t more, struct err *e);
/* Wipes and frees the headers. */
void fetch_policy_free(struct http_policy *policy);

/*
 * Sends ${rq} under ${policy}: http_get() with progress and deadline of
 * ${options}.  Sets used of ${out}, and retry_us after a failure.  The caller
 * frees the members of ${rs} with http_response_free() in any case.
 */
int fetch_download(struct fetch *out, const struct fetch_options *options,
    struct http_request *rq, const struct http_policy *policy,
    struct http_response *rs, struct err *e);

/*
 * Moves the validators of ${rs} to ${v}.  If a 304 lacks one, it is copied from
 * ${previous}.
 */
void fetch_download_keep(struct validators *v, struct http_response *rs,
    const struct validators *previous);

#endif
