/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing the derived tables (schema/derived.sql) in step with the facts, in
 * the one order that works: heads of entries, what registries show, the index.
 * Between these steps temporary tables (schema/temporary.sql) carry what has to
 * be derived again; outside of this, only entries are added to them.
 */
#ifndef LIB_STORE_DERIVE_H
#define LIB_STORE_DERIVE_H

#include "lib/db/db.h"
#include "lib/store/instant.h"

/*
 * Call it before the first change to the versions of ${entry}: its head, the
 * registries that may show it and the index will be derived again.
 */
int derive_touch(struct db *db, int64_t entry, struct err *e);
/* The same of an entry that was inserted just now. */
int derive_touch_new(struct db *db, int64_t entry, struct err *e);

/*
 * Derives what was touched, and moves the generation of registries to
 * ${changed}: of those that have ${source}, or if it is 0, of those that show
 * an entry that was touched.  ${dates}: of the change, or INSTANT_NONE when
 * clients need not be sent what it changes.
 */
int derive_touched(struct db *db, int64_t source, const struct instant *dates,
    int64_t changed, struct err *e);

/* Decides all that ${registry} shows; derive_registries_end() must follow. */
int derive_registry(
    struct db *db, int64_t registry, int64_t changed, struct err *e);
int derive_registries_end(struct db *db, int64_t changed, struct err *e);

/* Deletes all that is derived, and derives it again from the facts. */
int derive_everything(struct db *db, struct err *e);

#endif
