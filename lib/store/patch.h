/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing the index of a block in step with a few of its entries, whose heads
 * say something else now: term by term, where making the block anew would look
 * at thousands of others.  Inner part of lib/store/blocks.c.
 */
#ifndef LIB_STORE_PATCH_H
#define LIB_STORE_PATCH_H

#include "lib/db/db.h"

/*
 * Works off the temporary table patched.  Blocks of which too many entries
 * changed are noted in stale instead, and those noted there are left alone:
 * they will be made anew.
 */
int patch_blocks(struct db *db, struct err *e);

#endif
