/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indexing entries block by block, for queries that filter or search.
 *
 * A whole block is indexed again if it gained or lost entries, if other
 * registries show them, or if many of them changed.  That takes milliseconds
 * for some thousand entries.  If a few changed, lib/store/patch.h updates their
 * terms.
 */
#ifndef LIB_STORE_BLOCKS_H
#define LIB_STORE_BLOCKS_H

#include "lib/db/db.h"

/*
 * Indexes the blocks listed in the temporary table stale, splits those that are
 * too large, and empties the table.  Call it in the transaction of the changes,
 * after heads_update() and lib/store/compose.h.
 */
int blocks_update(struct db *db, struct err *e);

#endif
