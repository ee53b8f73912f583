/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step two of a sync: recognizes the shape of each fetched document
 * (lib/document/shape.h) and passes its entries to lib/store/apply.h.
 */
#ifndef SYNC_READ_H
#define SYNC_READ_H

#include "lib/store/apply.h"
#include "sync/fetch/fetch.h"

/*
 * Reads and applies ${fetched}; the caller has started a write transaction.  If
 * the documents are files, one that cannot be read is listed as rejected and
 * named in fetched->unreadable, and its stored entries stay.
 * ERR_INPUT: no document can be read, or none has an entry, or every entry is
 * rejected; with strict, an entry is rejected or a document cannot be read; or
 * apply_finish() refuses.
 */
int read_and_apply(struct apply_counts *out, struct db *db,
    struct fetch *fetched, const struct apply_options *options, struct err *e);

#endif
