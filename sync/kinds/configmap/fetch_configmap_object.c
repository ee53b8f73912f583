/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API's answer, walked through twice: for the version, which often ends
 * the matter, and for the documents.  One document at a time is in memory.
 */
#include "sync/kinds/configmap/fetch_configmap.h"

#include "lib/base64.h"
#include "lib/digest.h"
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

/* ---- what it is, and which version ---- */

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
take_head(void *ctx, const struct jscan_place *p, const struct jscan_capture *c,
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
		decide_head, take_head };
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

struct intake {
	struct fetch_configmap_object *object;
	const char *key;
	uint64_t max;
	struct digest *digest;
};

static enum jscan_action
decide_document(void *ctx, const struct jscan_place *p)
{
	const struct intake *in = ctx;

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
	struct intake *in = ctx;

	if (spool_size(in->object->spool) + len > in->max) {
		err_set(e, ERR_LIMIT, "is more than %llu bytes with the others",
		    (unsigned long long)in->max);
		return -1;
	}
	digest_add(in->digest, data, len);
	return spool_add(in->object->spool, data, len, e);
}

/* Decodes ${text}, and inflates it where it is compressed. */
static int
write_binary(struct intake *in, char *text, size_t len, struct err *e)
{
	if (base64_decode(text, &len) == -1) {
		err_set(e, ERR_INPUT, "is not valid base64");
		return -1;
	}
	if (!gunzip_applies(text, len))
		return write_document(in, text, len, e);
	return gunzip_run(text, len, in->max - spool_size(in->object->spool),
	    write_document, in, e);
}

static struct fetch_configmap_document *
add_document(struct fetch_configmap_object *o, const struct jscan_step *step)
{
	struct fetch_configmap_document *d;

	if (o->count == o->capacity) {
		o->capacity = o->capacity == 0 ? 8 : 2 * o->capacity;
		o->documents = xreallocarray(
		    o->documents, o->capacity, sizeof *o->documents);
	}
	d = &o->documents[o->count++];
	memset(d, 0, sizeof *d);
	d->key = xstrndup(step->key, step->key_len);
	d->offset = spool_size(o->spool);
	return d;
}

/* Writes what a key holds to the spool. */
static int
write_text(struct intake *in, const struct fetch_configmap_document *d,
    const struct jscan_place *p, const struct jscan_capture *c, struct err *e)
{
	bool binary = is_step(p, 0, "binaryData");
	size_t len = c->len;

	if (p->first != '"' || c->too_large) {
		err_set(e, ERR_INPUT, "key %s is no text", d->key);
		return -1;
	}
	jscan_unquote(c->json, &len);
	if ((binary ? write_binary(in, c->json, len, e)
		    : write_document(in, c->json, len, e)) == -1) {
		err_wrap(e, "key %s", d->key);
		return -1;
	}
	return 0;
}

static int
take_document(void *ctx, const struct jscan_place *p,
    const struct jscan_capture *c, struct err *e)
{
	struct intake *in = ctx;
	struct fetch_configmap_object *o = in->object;
	struct fetch_configmap_document *d;
	int rc = -1;

	if (o->count == LIMIT_CONFIGMAP_KEYS) {
		err_set(
		    e, ERR_LIMIT, "more than %d keys", LIMIT_CONFIGMAP_KEYS);
		goto out;
	}
	d = add_document(o, &p->steps[1]);
	if (write_text(in, d, p, c, e) == -1) {
		/* One key of several costs no more than itself. */
		if (strcmp(in->key, "*") != 0 || e->code != ERR_INPUT)
			goto out;
		d->problem = xstrdup(e->text);
		err_clear(e);
	} else {
		d->size = spool_size(o->spool) - d->offset;
	}
	digest_hex(in->digest, d->hash);
	rc = 0;
out:
	return rc;
}

static int
by_key(const void *a, const void *b)
{
	const struct fetch_configmap_document *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/* Sorted by key; each may be there once. */
static int
sort_documents(struct fetch_configmap_object *o, struct err *e)
{
	if (o->count == 0)
		return 0;
	qsort(o->documents, o->count, sizeof *o->documents, by_key);
	for (size_t i = 1; i < o->count; i++) {
		if (by_key(&o->documents[i - 1], &o->documents[i]) != 0)
			continue;
		err_set(
		    e, ERR_INPUT, "key %s is there twice", o->documents[i].key);
		return -1;
	}
	return 0;
}

int
fetch_configmap_object(struct fetch_configmap_object **out,
    struct spool *answer, const char *key, const char *dir, uint64_t max,
    struct err *e)
{
	struct fetch_configmap_object *o = xcalloc(1, sizeof *o);
	struct intake in = { .object = o, .key = key, .max = max };
	struct jscan_handler handler = { &in, LIMIT_CONFIGMAP_ANSWER,
		decide_document, take_document };
	struct reader r;
	int rc = -1;

	*out = NULL;
	in.digest = digest_new();
	if (spool_new(&o->spool, dir, e) == -1)
		goto out;
	spool_reader(answer, &r);
	if (jscan_run(&r, &handler, e) == -1 || sort_documents(o, e) == -1)
		goto out;
	*out = o;
	o = NULL;
	rc = 0;
out:
	fetch_configmap_object_free(o);
	digest_free(in.digest);
	return rc;
}

void
fetch_configmap_object_free(struct fetch_configmap_object *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->count; i++) {
		free(o->documents[i].key);
		free(o->documents[i].problem);
	}
	free(o->documents);
	spool_free(o->spool);
	free(o);
}
