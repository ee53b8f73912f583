/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching a source of any kind, hashes of documents, and releasing them. */
#include "sync/fetch/fetch.h"

#include "lib/digest.h"
#include "lib/url.h"
#include "sync/fetch/spool.h"
#include "sync/kinds/kind.h"

#include <stdlib.h>
#include <string.h>

int
fetch_source(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	struct fetch_progress used;
	int64_t retry_us;
	int rc = -1;

	memset(out, 0, sizeof *out);
	if (source->kind->fetch == NULL) {
		err_set(e, ERR_FETCH,
		    "sources of kind %s cannot be fetched by this version",
		    source->kind->name);
		goto out;
	}
	if (source->kind->fetch(out, source, previous, options, e) == -1) {
		/* Libraries quote URLs, those of redirects too. */
		url_hide(e->text, sizeof e->text, kind_address(source));
		/* The report shows what a failed fetch cost. */
		used = out->used;
		retry_us = out->retry_us;
		fetch_free(out);
		out->used = used;
		out->retry_us = retry_us;
		goto out;
	}
	/* Attempts before the successful one may have set it. */
	err_clear(e);
	rc = 0;
out:
	return rc;
}

void
fetch_hash_add(
    struct digest *all, const char hash[FETCH_HASH_SIZE], const char *name)
{
	digest_add(all, hash, FETCH_HASH_SIZE - 1);
	digest_add(all, "  ", 2);
	digest_add(all, name, strlen(name));
	digest_add(all, "\n", 1);
}

void
fetch_hash_add_problem(
    struct digest *all, const char *problem, const char *name)
{
	char hash[FETCH_HASH_SIZE];
	struct digest *one = digest_new();

	digest_add(one, "unreadable: ", sizeof "unreadable: ");
	digest_add(one, problem, strlen(problem));
	digest_hex(one, hash);
	digest_free(one);
	fetch_hash_add(all, hash, name);
}

void
fetch_forget(struct fetch *f, const char *name)
{
	struct validators *v = &f->validators;
	char hash[FETCH_HASH_SIZE];
	struct digest *d = digest_new();

	digest_add(d, v->hash, strlen(v->hash));
	fetch_hash_add_problem(d, "", name);
	digest_hex(d, hash);
	digest_free(d);
	validators_free(v);
	memcpy(v->hash, hash, sizeof v->hash);
}

void
fetch_documents_free(struct fetch *f)
{
	for (size_t i = 0; f->documents != NULL && i < f->document_count; i++) {
		free(f->documents[i].name);
		free(f->documents[i].problem);
	}
	free(f->documents);
	f->documents = NULL;
	f->document_count = 0;
}

void
fetch_free(struct fetch *f)
{
	if (f == NULL)
		return;
	if (f->opener != NULL)
		f->opener->release(f);
	fetch_documents_free(f);
	spool_free(f->spool);
	validators_free(&f->validators);
	memset(f, 0, sizeof *f);
}

int
fetch_open(struct fetch *f, size_t index, struct reader *r, const char **name,
    struct err *e)
{
	const struct fetch_document *d;

	memset(r, 0, sizeof *r);
	*name = NULL;
	if (index >= f->document_count) {
		err_set(
		    e, ERR_INTERNAL, "there is no document %zu to open", index);
		return -1;
	}
	if (f->documents == NULL)
		return f->opener->open(f, index, r, name, e);
	d = &f->documents[index];
	*name = d->name;
	if (d->problem != NULL) {
		err_set(e, ERR_INPUT, "%s", d->problem);
		return -1;
	}
	spool_part_reader(f->spool, d->offset, d->length, r);
	return 0;
}
