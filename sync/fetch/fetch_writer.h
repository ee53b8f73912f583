/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the documents of a fetch to its spool, one after the other, with
 * their hashes.
 */
#ifndef SYNC_FETCH_FETCH_WRITER_H
#define SYNC_FETCH_FETCH_WRITER_H

#include "lib/digest.h"
#include "sync/fetch/fetch.h"
#include "sync/fetch/spool.h"

struct fetch_writer {
	struct fetch *fetch; /* borrowed */
	struct digest *digest; /* of the document that is being written */
	size_t room; /* for documents */
};

/*
 * Gives ${f} an empty spool and no documents.  The caller calls
 * fetch_writer_free(), on failure too.
 */
int fetch_writer_start(struct fetch_writer *w, struct fetch *f,
    const struct fetch_options *options, struct err *e);
void fetch_writer_free(struct fetch_writer *w);

/* These start a document, add bytes to it, and end it. */
void fetch_writer_open(struct fetch_writer *w, const char *name);
int fetch_writer_add(
    struct fetch_writer *w, const void *data, size_t len, struct err *e);
void fetch_writer_close(struct fetch_writer *w);
/* Ends it as one that cannot be read; moves the reason out of ${why}. */
void fetch_writer_fail(struct fetch_writer *w, struct err *why);

/*
 * Sorts the documents by name and sets validators.hash.  If ${previous} (NULL:
 * none) has the same hash, the fetch is unchanged and the documents are
 * dropped.  If no document can be read, the error is of code ${unreadable}.
 */
int fetch_writer_finish(struct fetch_writer *w,
    const struct validators *previous, enum err_code unreadable, struct err *e);

#endif
