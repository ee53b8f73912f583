/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deciding what each registry shows: for every kind and name the entry of the
 * first of its sources that has the name.  The sync stores the decision, so
 * that requests need not make it.
 */
#ifndef LIB_STORE_COMPOSE_H
#define LIB_STORE_COMPOSE_H

#include "lib/db/db.h"

/*
 * After a change to the content of ${source}: for every registry that uses it,
 * decides the names in the temporary table recompose and raises its generation
 * to ${now}.  Empties recompose.  Adds entries that are not new and that a
 * registry did not show before to now_shown.
 */
int compose_after_source(
    struct db *db, int64_t source, int64_t now, struct err *e);

/*
 * After tombstones were deleted: the same for every registry that shows an
 * entry in the temporary table touched.
 */
int compose_after_touched(struct db *db, int64_t now, struct err *e);

/* Decides every name of ${registry} and raises its generation. */
int compose_registry(
    struct db *db, int64_t registry, int64_t now, struct err *e);

/* The same for all registries. */
int compose_everything(struct db *db, int64_t now, struct err *e);

#endif
