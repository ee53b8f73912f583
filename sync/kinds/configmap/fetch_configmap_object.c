/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scans the response of the API twice: for the version, which has often not
 * changed, and for the documents.  One document at a time is in memory.
 */
#include "sync/kinds/configmap/fetch_configmap.h"

#include "lib/base64.h"
#include "lib/document/jscan.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/fetch/http/gunzip.h"

#include <stdlib.h>
#include <string.h>

static bool
is_step(const struct jscan_place *p, size_t depth, const char *key)
{
	return p->depth > depth && jscan_step_is(&p->steps[depth], key);
}

static bool
is_member(const struct jscan_place *p, size_t depth, const char *key)
{
	return p->depth == depth + 1 && is_step(p, depth, key);
}

/* ---- kind and version ---- */

struct head {
	char *kind;
	char *version;
};

static enum jscan_action
decide_head(void *ctx, const struct jscan_place *p)
{
	(void)ctx;
	if (p->depth == 0 || is_member(p, 0, "metadata"))
		return JSCAN_DESCEND;
	if (is_member(p, 0, "kind") ||
	    (is_step(p, 0, "metadata") && is_member(p, 1, "resourceVersion")))
		return p->first == '"' ? JSCAN_CAPTURE : JSCAN_SKIP;
	return JSCAN_SKIP;
}

static int
keep_head(void *ctx, const struct jscan_place *p, const struct jscan_capture *c,
    struct err *e)
{
	struct head *head = ctx;
	char **to = p->depth == 1 ? &head->kind : &head->version;
	size_t len = c->len;

	(void)e;
	if (c->too_large)
		return 0;
	free(*to);
	*to = xstrdup(jscan_unquote(c->json, &len));
	return 0;
}

int
fetch_configmap_version(char **out, struct spool *answer, struct err *e)
{
	struct head head = { NULL, NULL };
	struct jscan_handler handler = { &head, LIMIT_HTTP_VALIDATOR,
		decide_head, keep_head };
	struct reader r;
	int rc = -1;

	*out = NULL;
	spool_reader(answer, &r);
	if (jscan_run(&r, &handler, e) == -1)
		goto out;
	if (head.kind == NULL || strcmp(head.kind, "ConfigMap") != 0) {
		err_set(e, ERR_INPUT,
		    "the answer's kind is not ConfigMap: this is no "
		    "Kubernetes API");
		goto out;
	}
	if (head.version == NULL || *head.version == '\0') {
		err_set(
		    e, ERR_INPUT, "the answer has no metadata.resourceVersion");
		goto out;
	}
	*out = head.version;
	head.version = NULL;
	rc = 0;
out:
	free(head.kind);
	free(head.version);
	return rc;
}

/* ---- the documents ---- */

struct extraction {
	struct fetch_writer *writer;
	const char *key;
	uint64_t max;
};

static uint64_t
size_so_far(const struct extraction *in)
{
	return spool_size(in->writer->fetch->spool);
}

static enum jscan_action
decide_document(void *ctx, const struct jscan_place *p)
{
	const struct extraction *in = ctx;

	if (p->depth == 0 || is_member(p, 0, "data") ||
	    is_member(p, 0, "binaryData"))
		return JSCAN_DESCEND;
	if (p->depth == 2 && p->steps[1].key != NULL &&
	    (strcmp(in->key, "*") == 0 || is_step(p, 1, in->key)))
		return JSCAN_CAPTURE;
	return JSCAN_SKIP;
}

static int
write_document(void *ctx, const void *data, size_t len, struct err *e)
{
	struct extraction *in = ctx;

	if (size_so_far(in) + len > in->max) {
		err_set(e, ERR_LIMIT, "is more than %llu bytes with the others",
		    (unsigned long long)in->max);
		return -1;
	}
	return fetch_writer_add(in->writer, data, len, e);
}

/* Decodes ${text}, and inflates it if it is compressed. */
static int
write_binary(struct extraction *in, char *text, size_t len, struct err *e)
{
	if (base64_decode(text, &len) == -1) {
		err_set(e, ERR_INPUT, "is not valid base64");
		return -1;
	}
	if (!gunzip_applies(text, len))
		return write_document(in, text, len, e);
	return gunzip_run(
	    text, len, in->max - size_so_far(in), write_document, in, e);
}

/* Writes the value of a key to the spool. */
static int
write_text(struct extraction *in, const char *key, const struct jscan_place *p,
    const struct jscan_capture *c, struct err *e)
{
	bool binary = is_step(p, 0, "binaryData");
	size_t len = c->len;

	if (p->first != '"' || c->too_large) {
		err_set(e, ERR_INPUT, "key %s is no text", key);
		return -1;
	}
	jscan_unquote(c->json, &len);
	if ((binary ? write_binary(in, c->json, len, e)
		    : write_document(in, c->json, len, e)) == -1) {
		err_wrap(e, "key %s", key);
		return -1;
	}
	return 0;
}

static int
extract_document(void *ctx, const struct jscan_place *p,
    const struct jscan_capture *c, struct err *e)
{
	struct extraction *in = ctx;
	char *key = xstrndup(p->steps[1].key, p->steps[1].key_len);
	int rc = -1;

	if (in->writer->fetch->document_count == LIMIT_CONFIGMAP_KEYS) {
		err_set(
		    e, ERR_LIMIT, "more than %d keys", LIMIT_CONFIGMAP_KEYS);
		goto out;
	}
	fetch_writer_open(in->writer, key);
	if (write_text(in, key, p, c, e) == 0) {
		fetch_writer_close(in->writer);
	} else {
		/* One invalid key does not fail the others. */
		if (strcmp(in->key, "*") != 0 || e->code != ERR_INPUT)
			goto out;
		fetch_writer_fail(in->writer, e);
	}
	rc = 0;
out:
	free(key);
	return rc;
}

int
fetch_configmap_object(struct fetch_writer *w, struct spool *answer,
    const char *key, uint64_t max, struct err *e)
{
	struct extraction in = { .writer = w, .key = key, .max = max };
	struct jscan_handler handler = { &in, LIMIT_CONFIGMAP_ANSWER,
		decide_document, extract_document };
	struct reader r;

	spool_reader(answer, &r);
	return jscan_run(&r, &handler, e);
}
