/* SPDX-License-Identifier: Apache-2.0 */
/* An answer by HTTP on its way into a spool. */
#include "sync/fetch/http/fetch_download.h"

#include "lib/xalloc.h"

#include <stddef.h>

static int
start(void *ctx, struct err *e)
{
	struct fetch_download *d = ctx;
	unsigned char void_digest[DIGEST_RAW_SIZE];

	if (d->digest != NULL)
		digest_raw(d->digest, void_digest);
	return spool_clear(d->spool, e);
}

static int
take(void *ctx, const void *data, size_t len, struct err *e)
{
	struct fetch_download *d = ctx;

	if (d->digest != NULL)
		digest_add(d->digest, data, len);
	return spool_add(d->spool, data, len, e);
}

static void
tell(void *ctx, unsigned requests, uint64_t bytes)
{
	struct fetch_download *d = ctx;
	struct fetch_progress *used = &d->fetch->used;

	used->requests = requests;
	used->bytes = bytes;
	used->phase = bytes > 0 ? "receiving" : "connecting";
	if (d->options->progress != NULL)
		d->options->progress(d->options->progress_ctx, used);
}

void
fetch_download_tell(struct fetch_download *d)
{
	tell(d, 0, 0);
}

int
fetch_download_run(struct fetch_download *d, struct http_request *rq,
    const struct http_policy *policy, struct http_response *rs, struct err *e)
{
	struct http *http = NULL;
	int rc = -1;

	rq->deadline_us = d->options->deadline_us;
	rq->start = start;
	rq->write = take;
	rq->progress = tell;
	rq->ctx = d;
	if (http_new(&http, policy, e) == -1 || http_get(http, rq, rs, e) == -1)
		goto out;
	rc = 0;
out:
	http_free(http);
	d->fetch->used.requests = rs->requests;
	d->fetch->used.bytes = rs->bytes;
	if (rc == -1)
		d->fetch->retry_us = http_retry_after(rs);
	return rc;
}

/* A header of the answer, or after a 304 without it, the one we had. */
static char *
keep_or_take(char **received, const char *had, bool not_modified)
{
	char *value = *received;

	*received = NULL;
	if (value == NULL && not_modified)
		value = xstrdup_null(had);
	return value;
}

void
fetch_download_keep(struct validators *v, struct http_response *rs,
    const struct validators *previous)
{
	bool same = rs->status == 304;

	v->etag = keep_or_take(&rs->etag, previous->etag, same);
	v->last_modified =
	    keep_or_take(&rs->last_modified, previous->last_modified, same);
}
