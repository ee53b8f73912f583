/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document behind a URL: requested with the validators of the last sync,
 * hashed while it arrives, and spooled to the cache directory.
 */
#include "sync/kinds/url/fetch_url.h"

#include "lib/url.h"
#include "sync/fetch/fetch_writer.h"
#include "sync/fetch/http/fetch_download.h"

#include <stdlib.h>
#include <string.h>

static int
store_document(struct fetch_writer *w, const char *url,
    const struct validators *previous, struct err *e)
{
	char *name = url_shown(url);
	int result;

	fetch_writer_open(w, name);
	w->fetch->documents[0].offset = 0; /* it is in the spool already */
	fetch_writer_close(w);
	result = fetch_writer_finish(w, previous, ERR_FETCH, e);
	free(name);
	return result;
}

/* Requests the document, and sets the validators. */
static int
download(struct fetch_writer *w, const struct conf_file *conf,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	/* After a 304 the content is that of the hash. */
	const bool conditional = !options->force && previous->hash[0] != '\0';
	struct fetch *out = w->fetch;
	struct validators *v = &out->validators;
	struct http_request rq = {
		.url = conf->url,
		.accept = "application/json",
		.etag = conditional ? previous->etag : NULL,
		.last_modified = conditional ? previous->last_modified : NULL,
		.spool = out->spool,
		.digest = w->digest,
		.max_body = options->max_bytes,
		.timeout_ns = conf->timeout_ns,
	};
	struct http_policy policy;
	struct http_response rs = { 0 };
	int rc = -1;

	if (fetch_policy(&policy, &conf->http, "file", 0, e) == -1 ||
	    fetch_download(out, options, &rq, &policy, &rs, e) == -1)
		goto out;
	if (rs.status == 304) {
		memcpy(v->hash, previous->hash, sizeof v->hash);
		out->unchanged = true;
	} else if (store_document(w, conf->url, previous, e) == -1) {
		goto out;
	}
	fetch_download_keep(v, &rs, previous);
	rc = 0;
out:
	http_response_free(&rs);
	fetch_policy_free(&policy);
	return rc;
}

int
fetch_url(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	struct fetch_writer w;
	int rc = -1;

	if (fetch_writer_start(&w, out, options, e) == -1 ||
	    download(&w, &source->u.file, previous, options, e) == -1)
		goto out;
	rc = 0;
out:
	fetch_writer_free(&w);
	return rc;
}
