/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indexing entries block by block: what responders ask when a query filters.
 *
 * If entries were added or removed, if other registries show them, or if many
 * changed, the whole block is indexed again, which takes milliseconds for some
 * thousand entries.  If a few changed, lib/store/patch.h updates their terms.
 */
#ifndef LIB_STORE_BLOCKS_H
#define LIB_STORE_BLOCKS_H

#include "lib/db/db.h"

/*
 * Indexes the blocks in the temporary table stale, splitting those that are too
 * large, and empties it.  Call it in the transaction of
 * the changes, after heads_update() and after registries were composed.
 */
int blocks_update(struct db *db, struct err *e);

#endif
