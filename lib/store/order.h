/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assigning sort keys: integers that ascend with (kind, name, source), so that
 * lists, postings and search results need no sorting.
 *
 * The kind is in the bits from ORDER_KIND_SHIFT up.  Keys are assigned
 * ORDER_SPACING apart.  New names share the gap between their neighbours
 * evenly. When a gap is full, all keys are assigned again.
 */
#ifndef LIB_STORE_ORDER_H
#define LIB_STORE_ORDER_H

#include "lib/db/db.h"

#define ORDER_KIND_SHIFT 56
#define ORDER_SPACING (INT64_C(1) << 32)

/*
 * Assigns a sort key to every row of the temporary table touched that has none.
 * If a gap is full, sets ${full} and leaves rows without a key: the caller then
 * removes all keys and calls again.
 */
int order_assign(struct db *db, bool *full, struct err *e);

#endif
