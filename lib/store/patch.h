/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Updating the index of a block term by term when a few of its entries changed:
 * indexing the whole block would read thousands of others.  Inner part of
 * lib/store/blocks.c.
 */
#ifndef LIB_STORE_PATCH_H
#define LIB_STORE_PATCH_H

#include "lib/db/db.h"

/*
 * Processes and empties the temporary table patched.  Blocks with too many
 * changed entries are added to stale instead; blocks in stale are skipped, as
 * they will be indexed again.
 */
int patch_blocks(struct db *db, struct err *e);

#endif
