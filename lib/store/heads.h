/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deriving the table entry_head: the place of an entry in the order, its newest
 * version, its search text.  Inner part of lib/store/derive.c.
 */
#ifndef LIB_STORE_HEADS_H
#define LIB_STORE_HEADS_H

#include "lib/buf.h"
#include "lib/db/db.h"
#include "lib/document/rules.h"
#include "lib/store/instant.h"

/* Microseconds between the dates of versions that came without any. */
#define HEADS_APART 1000

/*
 * Derives the heads of all entries in the temporary table touched and deletes
 * entries without a version.  Adds to recompose the names that registries must
 * decide again, and to stale the blocks that must be indexed again.  Sets
 * ${renumbered} when all sort keys changed: then every name of every registry
 * must be decided again.
 *
 * Versions of one entry that arrived without dates get dates that ascend with
 * the order of versions, at least a millisecond apart, none in the future.
 */
int heads_update(
    struct db *db, const struct instant *at, bool *renumbered, struct err *e);
/*
 * Sets shown_us of the entries in now_shown, so that clients that ask for
 * changes are sent them.  Empties now_shown.
 */
int heads_show(struct db *db, int64_t changed, struct err *e);
/*
 * Empties touched.  Call it last: lib/store/compose.h needs to know which
 * entries are new.
 */
int heads_clear_touched(struct db *db, struct err *e);

/*
 * Derives all heads and search texts again from the documents.  All entries are
 * then in touched, as new ones.
 */
int heads_rebuild(struct db *db, struct err *e);

/*
 * Stores the search text and facets of one version; ${scratch} is overwritten.
 */
int heads_put_text(struct db *db, int64_t document, struct buf *scratch,
    const struct rules_entry *facts, struct err *e);

#endif
