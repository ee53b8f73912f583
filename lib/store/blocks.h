/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indexing entries block by block: what responders ask when a query filters.
 *
 * A block is indexed anew as a whole when entries came, went or are shown by
 * others, or many changed; a few that changed are patched (lib/store/patch.h).
 *  It takes some thousand entries, so that costs milliseconds; in return
 * there is nothing to keep in step term by term.
 */
#ifndef LIB_STORE_BLOCKS_H
#define LIB_STORE_BLOCKS_H

#include "lib/db/db.h"

/*
 * Indexes the blocks that are noted in the temporary table stale, cutting
 * those that got too large, and empties it.  Call it in the transaction of
 * the changes, after heads_update() and after registries were composed.
 */
int blocks_update(struct db *db, struct err *e);

#endif
