/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document behind a URL: asked for with the validators of the last sync,
 * hashed while it arrives, and spooled to the cache directory.
 */
#include "sync/kinds/url/fetch_url.h"

#include "lib/digest.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/fetch/http/fetch_download.h"
#include "sync/fetch/secret.h"
#include "sync/fetch/spool.h"

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
release_document(struct fetch *f)
{
	struct document *d = f->state;

	if (d == NULL)
		return;
	spool_free(d->spool);
	free(d->name);
	free(d);
	f->state = NULL;
}

static const struct fetch_kind downloaded_document = { open_document,
	release_document };

/* Requests the document into ${spool}, and sets the validators. */
static int
download(struct fetch *out, struct spool *spool, const struct conf_file *conf,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	/* Without a hash a 304 would leave us with nothing known. */
	const bool conditional = !options->force && previous->hash[0] != '\0';
	struct validators *v = &out->validators;
	struct http_request rq = {
		.url = conf->url,
		.accept = "application/json",
		.etag = conditional ? previous->etag : NULL,
		.last_modified = conditional ? previous->last_modified : NULL,
		.spool = spool,
		.digest = digest_new(),
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
	struct http_response rs = { 0 };
	int rc = -1;

	if (fetch_download_bearer(&header, "the file of file.tokenFile",
		conf->token_file, e) == -1)
		goto out;
	policy.header_count = header != NULL;
	if (fetch_download(out, options, &rq, &policy, &rs, e) == -1)
		goto out;
	if (rs.status == 304)
		memcpy(v->hash, previous->hash, sizeof v->hash);
	else
		digest_hex(rq.digest, v->hash);
	fetch_download_keep(v, &rs, previous);
	rc = 0;
out:
	http_response_free(&rs);
	digest_free(rq.digest);
	secret_free(header);
	return rc;
}

int
fetch_url(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	const struct conf_file *conf = &source->u.file;
	struct spool *spool = NULL;
	struct document *d = NULL;
	int rc = -1;

	if (spool_new(&spool, options->cache_dir, e) == -1 ||
	    download(out, spool, conf, previous, options, e) == -1)
		goto out;
	out->unchanged = strcmp(out->validators.hash, previous->hash) == 0;
	if (!out->unchanged) {
		d = xcalloc(1, sizeof *d);
		d->spool = spool;
		d->name = url_shown(conf->url);
		spool = NULL;
		out->state = d;
		out->kind = &downloaded_document;
		out->document_count = 1;
	}
	rc = 0;
out:
	spool_free(spool);
	return rc;
}
