/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One answer by HTTP into a spool, for the fetchers that want it whole.
 */
#ifndef SYNC_FETCH_HTTP_FETCH_DOWNLOAD_H
#define SYNC_FETCH_HTTP_FETCH_DOWNLOAD_H

#include "lib/digest.h"
#include "sync/fetch/fetch.h"
#include "sync/fetch/http/http.h"
#include "sync/fetch/spool.h"

/* Where it goes, and who is told; all borrowed. */
struct fetch_download {
	struct spool *spool;
	struct digest *digest; /* of the bytes as well; NULL: not wanted */
	struct fetch *fetch; /* its used counts */
	const struct fetch_options *options;
};

/* Tells how far it is: nothing before the first request. */
void fetch_download_tell(struct fetch_download *d);

/*
 * Sends ${rq} once, under ${policy}: http_get() with what takes the body and
 * the deadline filled in here.  The caller frees the members of ${rs} with
 * http_response_free() in any case.
 */
int fetch_download_run(struct fetch_download *d, struct http_request *rq,
    const struct http_policy *policy, struct http_response *rs, struct err *e);

/*
 * Moves the validators of ${rs} to ${v}; after a 304 that leaves one out, the
 * one in ${previous} still holds.
 */
void fetch_download_keep(struct validators *v, struct http_response *rs,
    const struct validators *previous);

#endif
