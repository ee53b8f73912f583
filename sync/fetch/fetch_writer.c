/* SPDX-License-Identifier: Apache-2.0 */
/* Writing documents to a spool. */
#include "sync/fetch/fetch_writer.h"

#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

int
fetch_writer_start(struct fetch_writer *w, struct fetch *f,
    const struct fetch_options *options, struct err *e)
{
	*w = (struct fetch_writer){ .fetch = f, .digest = digest_new() };
	fetch_documents_free(f);
	if (f->spool == NULL)
		f->spool = options->spool;
	if (f->spool == NULL)
		return spool_new(&f->spool, options->cache_dir, e);
	return spool_clear(f->spool, e);
}

void
fetch_writer_free(struct fetch_writer *w)
{
	digest_free(w->digest);
	w->digest = NULL;
}

static struct fetch_document *
last(struct fetch_writer *w)
{
	return &w->fetch->documents[w->fetch->document_count - 1];
}

void
fetch_writer_open(struct fetch_writer *w, const char *name)
{
	struct fetch *f = w->fetch;

	if (f->document_count == w->room) {
		w->room = w->room == 0 ? 16 : 2 * w->room;
		f->documents =
		    xreallocarray(f->documents, w->room, sizeof *f->documents);
	}
	f->documents[f->document_count++] =
	    (struct fetch_document){ .name = xstrdup(name),
		    .offset = spool_size(f->spool) };
}

int
fetch_writer_add(
    struct fetch_writer *w, const void *data, size_t len, struct err *e)
{
	digest_add(w->digest, data, len);
	return spool_add(w->fetch->spool, data, len, e);
}

void
fetch_writer_close(struct fetch_writer *w)
{
	struct fetch_document *d = last(w);

	d->length = spool_size(w->fetch->spool) - d->offset;
	digest_hex(w->digest, d->hash);
}

void
fetch_writer_fail(struct fetch_writer *w, struct err *why)
{
	struct fetch_document *d = last(w);

	/* This resets the digest for the next document. */
	digest_hex(w->digest, d->hash);
	d->problem = xstrdup(why->text);
	err_clear(why);
}

static int
by_name(const void *a, const void *b)
{
	const struct fetch_document *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Sets the hash of all documents; returns how many can be read. */
static size_t
hash_all(const struct fetch *f, char hash[FETCH_HASH_SIZE])
{
	struct digest *all;
	size_t readable = 0;

	if (f->document_count == 1) {
		memcpy(hash, f->documents[0].hash, FETCH_HASH_SIZE);
		return f->documents[0].problem == NULL;
	}
	all = digest_new();
	for (size_t i = 0; i < f->document_count; i++) {
		const struct fetch_document *d = &f->documents[i];

		readable += d->problem == NULL;
		if (d->problem == NULL)
			fetch_hash_add(all, d->hash, d->name);
		else
			fetch_hash_add_problem(all, d->problem, d->name);
	}
	digest_hex(all, hash);
	digest_free(all);
	return readable;
}

int
fetch_writer_finish(struct fetch_writer *w, const struct validators *previous,
    enum err_code unreadable, struct err *e)
{
	struct fetch *f = w->fetch;
	char *hash = f->validators.hash;

	if (f->document_count > 1)
		qsort(f->documents, f->document_count, sizeof *f->documents,
		    by_name);
	if (hash_all(f, hash) == 0) {
		err_set(e, unreadable, "%s", f->documents[0].problem);
		return -1;
	}
	f->unchanged = previous != NULL && strcmp(hash, previous->hash) == 0;
	if (f->unchanged)
		fetch_documents_free(f);
	return 0;
}
