/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deciding what each registry shows: for every kind and name the entry of the
 * first of its sources that holds the name.  It is decided here, so that
 * requests need not.
 */
#ifndef LIB_STORE_COMPOSE_H
#define LIB_STORE_COMPOSE_H

#include "lib/db/db.h"

/*
 * After a change to the content of ${source}: decides the names in recompose
 * for every registry that has it, moves the generation of these registries to
 * ${now}, and empties recompose.  Entries that are not new and that a
 * registry did not show before are added to now_shown.
 */
int compose_after_source(
    struct db *db, int64_t source, int64_t now, struct err *e);

/*
 * After entries lost tombstones: the same for every registry that shows an
 * entry which was touched (lib/store/heads.h).
 */
int compose_after_touched(struct db *db, int64_t now, struct err *e);

/* Decides every name of ${registry} and moves its generation. */
int compose_registry(
    struct db *db, int64_t registry, int64_t now, struct err *e);

/* The same for all registries. */
int compose_everything(struct db *db, int64_t now, struct err *e);

#endif
