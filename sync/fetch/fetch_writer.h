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
int fetch_writer_begin(struct fetch_writer *w, struct fetch *f,
    const struct fetch_options *options, struct err *e);
void fetch_writer_free(struct fetch_writer *w);

/* Starts a document, adds bytes to it, and ends it. */
void fetch_writer_open(struct fetch_writer *w, const char *name);
int fetch_writer_add(
    struct fetch_writer *w, const void *data, size_t len, struct err *e);
void fetch_writer_close(struct fetch_writer *w);
/* Ends it as one that cannot be read, for the reason in ${why}; clears that. */
void fetch_writer_fail(struct fetch_writer *w, struct err *why);

/*
 * Sorts the documents by name and fills validators.hash.  If that is the hash
 * in ${previous}, NULL for none, there is nothing new, and the documents are
 * dropped.  ${unreadable} is the error if none of them can be read.
 */
int fetch_writer_finish(struct fetch_writer *w,
    const struct validators *previous, enum err_code unreadable, struct err *e);

#endif
