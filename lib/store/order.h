/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assigning sort keys: integers that ascend with (kind, name, source), so that
 * lists, posting lists and search results are sorted by nature.
 *
 * The kind is in the bits from ORDER_KIND_SHIFT up.  Keys are assigned far
 * apart; a new name takes a place in the middle of the gap between its
 * neighbours, several new names share a gap evenly.  Only when a gap is used up
 * are all keys assigned again.
 */
#ifndef LIB_STORE_ORDER_H
#define LIB_STORE_ORDER_H

#include "lib/db/db.h"

#define ORDER_KIND_SHIFT 56
#define ORDER_SPACING (INT64_C(1) << 32)

/*
 * Gives a place to every row of the temporary table touched that has none.
 * Sets ${full} and leaves some without when a gap is used up: the caller then
 * clears all places and calls again.
 */
int order_assign(struct db *db, bool *full, struct err *e);

#endif
