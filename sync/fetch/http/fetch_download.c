/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request as a fetch. */
#include "sync/fetch/http/fetch_download.h"

#include "lib/xalloc.h"
#include "sync/fetch/secret.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int
fetch_policy(struct http_policy *out, const struct conf_http *conf,
    const char *block, size_t more, struct err *e)
{
	char *what = xasprintf("the file of %s.tokenFile", block);
	char *secret = NULL;
	int rc = -1;

	*out = (struct http_policy){ .ca_file = conf->ca_file,
		.block = block,
		.public_only = conf->public_only,
		.https_only = conf->https_only,
		.headers = xcalloc(1 + more, sizeof *out->headers),
		.headers_over_http = conf->insecure };
	if (conf->token_file != NULL) {
		if (secret_read(&secret, what, conf->token_file, e) == -1)
			goto out;
		out->headers[out->header_count++] =
		    xasprintf("Authorization: Bearer %s", secret);
	}
	rc = 0;
out:
	secret_free(secret);
	free(what);
	return rc;
}

void
fetch_policy_free(struct http_policy *policy)
{
	for (size_t i = 0; i < policy->header_count; i++)
		secret_free(policy->headers[i]);
	free(policy->headers);
	memset(policy, 0, sizeof *policy);
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
	rq->ctx = NULL;
	out->used.requests = rs->requests;
	out->used.bytes = rs->bytes;
	if (rc == -1)
		out->retry_us = http_retry_after(rs);
	return rc;
}

void
fetch_download_keep(struct validators *v, struct http_response *rs,
    const struct validators *previous)
{
	bool same = rs->status == 304;

	v->etag = rs->etag;
	v->last_modified = rs->last_modified;
	rs->etag = rs->last_modified = NULL;
	if (same && v->etag == NULL)
		v->etag = xstrdup_null(previous->etag);
	if (same && v->last_modified == NULL)
		v->last_modified = xstrdup_null(previous->last_modified);
}
