/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step two of a sync: read the documents of a fetch, each of whatever shape it
 * has (lib/document/shape.h), and hand their entries to lib/store/apply.h.
 */
#ifndef SYNC_READ_H
#define SYNC_READ_H

#include "lib/store/apply.h"
#include "sync/fetch/fetch.h"

/*
 * Reads and applies ${fetched}, inside a write transaction of the caller.  If
 * the documents are files, one that cannot be read is listed,
 * fetched->unreadable names it, and what is stored of it stays.
 * ERR_INPUT: no document can be read, none holds a server, every entry is
 * rejected, the source is strict and an entry breaks a rule or a document
 * cannot be read, or what apply_finish() refuses.
 */
int read_and_apply(struct apply_counts *out, struct db *db,
    struct fetch *fetched, const struct apply_options *options, struct err *e);

#endif
