/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document behind a URL: asked for with the validators of the last sync,
 * hashed while it arrives, and spooled to the cache directory.
 */
#include "sync/fetch/fetch.h"

#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/digest.h"
#include "sync/fetch/http.h"
#include "sync/fetch/spool.h"

#include <stdlib.h>
#include <string.h>

/* What a fetch keeps to be opened. */
struct download {
	struct spool *spool;
	char *name; /* the URL as it may be shown */
};

/* What takes the body while it arrives. */
struct intake {
	struct spool *spool;
	struct digest *digest;
	struct fetch *fetch;
	const struct fetch_options *options;
};

static int
open_download(struct fetch *f, size_t index, struct reader *r,
    const char **name, struct err *e)
{
	struct download *d = f->state;

	(void)index; /* there is one */
	(void)e;
	spool_reader(d->spool, r);
	*name = d->name;
	return 0;
}

static void
download_free(struct download *d)
{
	if (d == NULL)
		return;
	spool_free(d->spool);
	free(d->name);
	free(d);
}

static void
release_download(struct fetch *f)
{
	download_free(f->state);
	f->state = NULL;
}

static const struct fetch_kind kind_http = { open_download, release_download };

static int
start_intake(void *ctx, struct err *e)
{
	struct intake *in = ctx;
	unsigned char void_digest[DIGEST_RAW_SIZE];

	digest_raw(in->digest, void_digest);
	return spool_clear(in->spool, e);
}

static int
write_intake(void *ctx, const void *data, size_t len, struct err *e)
{
	struct intake *in = ctx;

	digest_add(in->digest, data, len);
	return spool_add(in->spool, data, len, e);
}

static void
tell_progress(void *ctx, unsigned requests, uint64_t bytes)
{
	struct intake *in = ctx;
	struct fetch_progress *used = &in->fetch->used;

	used->requests = requests;
	used->bytes = bytes;
	used->phase = bytes > 0 ? "receiving" : "connecting";
	if (in->options->progress != NULL)
		in->options->progress(in->options->progress_ctx, used);
}

/* Asks for the document; its bytes are in ${in} when ${rs} says 200. */
static int
download(struct intake *in, struct http_response *rs,
    const struct conf_source *source, const struct validators *previous,
    struct err *e)
{
	const struct fetch_options *options = in->options;
	struct http_request rq = {
		.url = source->u.file.url,
		.accept = "application/json",
		.max_body = options->max_bytes,
		.timeout_ns = source->u.file.timeout_ns,
		.deadline_us = options->deadline_us,
		.start = start_intake,
		.write = write_intake,
		.progress = tell_progress,
		.ctx = in,
	};
	const struct http_policy policy = {
		.public_only = source->u.file.public_only,
		.https_only = source->u.file.https_only,
	};
	struct http *http = NULL;
	int rc = -1;

	/* Without a hash a 304 would leave us with nothing known. */
	if (!options->force && previous->hash[0] != '\0') {
		rq.etag = previous->etag;
		rq.last_modified = previous->last_modified;
	}
	if (http_new(&http, &policy, e) == -1)
		goto out;
	if (http_get(http, &rq, rs, e) == -1)
		goto out;
	rc = 0;
out:
	http_free(http);
	in->fetch->used.requests = rs->requests;
	in->fetch->used.bytes = rs->bytes;
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

static void
describe(struct fetch *out, struct intake *in, struct http_response *rs,
    const struct validators *previous)
{
	bool not_modified = rs->status == 304;
	struct validators *v = &out->validators;

	if (not_modified)
		memcpy(v->hash, previous->hash, sizeof v->hash);
	else
		digest_hex(in->digest, v->hash);
	v->etag = keep_or_take(&rs->etag, previous->etag, not_modified);
	v->last_modified = keep_or_take(
	    &rs->last_modified, previous->last_modified, not_modified);
	out->unchanged = strcmp(v->hash, previous->hash) == 0;
}

int
fetch_http(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	struct intake in = { .fetch = out, .options = options };
	struct http_response rs = { 0 };
	struct download *d = NULL;
	int rc = -1;

	in.digest = digest_new();
	if (spool_new(&in.spool, options->cache_dir, e) == -1)
		goto out;
	tell_progress(&in, 0, 0);
	if (download(&in, &rs, source, previous, e) == -1)
		goto out;
	describe(out, &in, &rs, previous);
	if (!out->unchanged) {
		d = xcalloc(1, sizeof *d);
		d->spool = in.spool;
		d->name = url_shown(source->u.file.url);
		in.spool = NULL;
		out->state = d;
		out->kind = &kind_http;
		out->document_count = 1;
	}
	rc = 0;
out:
	http_response_free(&rs);
	spool_free(in.spool);
	digest_free(in.digest);
	return rc;
}
