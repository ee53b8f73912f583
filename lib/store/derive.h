/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Updating the derived tables (schema/derived.sql) after a change of facts, in
 * this order: heads of entries, what registries show, the index.  Each step
 * passes on what the next one must derive again in temporary tables
 * (schema/temporary.sql).
 */
#ifndef LIB_STORE_DERIVE_H
#define LIB_STORE_DERIVE_H

#include "lib/db/db.h"
#include "lib/store/instant.h"

/*
 * Call it before the first change to the versions of ${entry}: derive_touched()
 * will derive its head, its place in registries and its index again.
 */
int derive_touch(struct db *db, int64_t entry, struct err *e);
/* The same for an entry that was just inserted. */
int derive_touch_new(struct db *db, int64_t entry, struct err *e);

/*
 * Derives all touched entries again and raises generations to ${changed}: of
 * the registries that use ${source} or, if it is 0, of those that show a
 * touched entry.  ${dates} is the instant of the change, INSTANT_NONE if
 * clients that ask for changes need not be sent these entries.
 */
int derive_touched(struct db *db, int64_t source, const struct instant *dates,
    int64_t changed, struct err *e);

/* Decides what ${registry} shows; call derive_registries_end() afterwards. */
int derive_registry(
    struct db *db, int64_t registry, int64_t changed, struct err *e);
int derive_registries_end(struct db *db, int64_t changed, struct err *e);

/* Fills all derived tables again from the facts. */
int derive_everything(struct db *db, struct err *e);

#endif
