/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document behind a URL: asked for with the validators of the last sync,
 * hashed while it arrives, and spooled to the cache directory.
 */
#include "sync/kinds/url/fetch_url.h"

#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/fetch/http/fetch_download.h"
#include "sync/fetch/secret.h"

#include <stdlib.h>
#include <string.h>

/* What a fetch keeps to be opened. */
struct document {
	struct spool *spool;
	char *name; /* the URL as it may be shown */
};

static int
open_document(struct fetch *f, size_t index, struct reader *r,
    const char **name, struct err *e)
{
	struct document *d = f->state;

	(void)index; /* there is one */
	(void)e;
	spool_reader(d->spool, r);
	*name = d->name;
	return 0;
}

static void
document_free(struct document *d)
{
	if (d == NULL)
		return;
	spool_free(d->spool);
	free(d->name);
	free(d);
}

static void
release_document(struct fetch *f)
{
	document_free(f->state);
	f->state = NULL;
}

static const struct fetch_kind downloaded_document = { open_document,
	release_document };

/* Reads the token into a header; NULL when none is configured. */
static int
read_token(char **header, const struct conf_file *conf, struct err *e)
{
	char *secret;

	if (conf->token_file == NULL)
		return 0;
	if (secret_read(&secret, "the file of file.tokenFile", conf->token_file,
		e) == -1)
		return -1;
	*header = xasprintf("Authorization: Bearer %s", secret);
	secret_free(secret);
	return 0;
}

/* Asks for the document; its bytes are in ${in} when ${rs} says 200. */
static int
ask(struct fetch_download *in, struct http_response *rs,
    const struct conf_source *source, const struct validators *previous,
    struct err *e)
{
	const struct fetch_options *options = in->options;
	const struct conf_file *conf = &source->u.file;
	struct http_request rq = {
		.url = conf->url,
		.accept = "application/json",
		.max_body = options->max_bytes,
		.timeout_ns = conf->timeout_ns,
	};
	char *header = NULL;
	struct http_policy policy = {
		.ca_file = conf->ca_file,
		.ca_key = "file.caFile",
		.public_only = conf->public_only,
		.https_only = conf->https_only,
		.headers = &header,
		.headers_over_http = conf->insecure,
	};
	int rc = -1;

	if (read_token(&header, conf, e) == -1)
		goto out;
	policy.header_count = header != NULL;
	/* Without a hash a 304 would leave us with nothing known. */
	if (!options->force && previous->hash[0] != '\0') {
		rq.etag = previous->etag;
		rq.last_modified = previous->last_modified;
	}
	if (fetch_download_run(in, &rq, &policy, rs, e) == -1)
		goto out;
	rc = 0;
out:
	secret_free(header);
	return rc;
}

static void
describe(struct fetch *out, struct fetch_download *in, struct http_response *rs,
    const struct validators *previous)
{
	struct validators *v = &out->validators;

	if (rs->status == 304)
		memcpy(v->hash, previous->hash, sizeof v->hash);
	else
		digest_hex(in->digest, v->hash);
	fetch_download_keep(v, rs, previous);
	out->unchanged = strcmp(v->hash, previous->hash) == 0;
}

int
fetch_url(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	struct fetch_download in = { .fetch = out, .options = options };
	struct http_response rs = { 0 };
	struct document *d = NULL;
	int rc = -1;

	in.digest = digest_new();
	if (spool_new(&in.spool, options->cache_dir, e) == -1)
		goto out;
	fetch_download_tell(&in);
	if (ask(&in, &rs, source, previous, e) == -1)
		goto out;
	describe(out, &in, &rs, previous);
	if (!out->unchanged) {
		d = xcalloc(1, sizeof *d);
		d->spool = in.spool;
		d->name = url_shown(source->u.file.url);
		in.spool = NULL;
		out->state = d;
		out->kind = &downloaded_document;
		out->document_count = 1;
	}
	rc = 0;
out:
	http_response_free(&rs);
	spool_free(in.spool);
	digest_free(in.digest);
	return rc;
}
