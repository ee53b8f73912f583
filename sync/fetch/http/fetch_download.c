/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request as a fetch. */
#include "sync/fetch/http/fetch_download.h"

#include "lib/xalloc.h"
#include "sync/fetch/secret.h"

#include <stddef.h>

int
fetch_download_bearer(
    char **line, const char *what, const char *path, struct err *e)
{
	char *secret = NULL;

	*line = NULL;
	if (path == NULL)
		return 0;
	if (secret_read(&secret, what, path, e) == -1)
		return -1;
	*line = xasprintf("Authorization: Bearer %s", secret);
	secret_free(secret);
	return 0;
}

struct download {
	struct fetch *fetch;
	const struct fetch_options *options;
};

static void
report(void *ctx, unsigned requests, uint64_t bytes)
{
	struct download *d = ctx;
	struct fetch_progress *used = &d->fetch->used;

	used->requests = requests;
	used->bytes = bytes;
	used->phase = bytes > 0 ? "receiving" : "connecting";
	if (d->options->progress != NULL)
		d->options->progress(d->options->progress_ctx, used);
}

int
fetch_download(struct fetch *out, const struct fetch_options *options,
    struct http_request *rq, const struct http_policy *policy,
    struct http_response *rs, struct err *e)
{
	struct download d = { out, options };
	struct http *http = NULL;
	int rc = -1;

	rq->deadline_us = options->deadline_us;
	rq->progress = report;
	rq->ctx = &d;
	report(&d, 0, 0);
	if (http_new(&http, policy, e) == -1 || http_get(http, rq, rs, e) == -1)
		goto out;
	rc = 0;
out:
	http_free(http);
	out->used.requests = rs->requests;
	out->used.bytes = rs->bytes;
	if (rc == -1)
		out->retry_us = http_retry_after(rs);
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
