/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long syncs and reloads took, added up in the database, where /metrics
 * finds it.
 */
#ifndef LIB_STORE_TALLY_H
#define LIB_STORE_TALLY_H

#include "lib/db/db.h"

#include <stdint.h>

#define TALLY_SUCCESS "success"
#define TALLY_UNKNOWN "unknown" /* an outcome that has no better name */

/* An attempt at ${source}, which is of ${kind}, took ${us}. */
int tally_sync(struct db *db, const char *kind, const char *source,
    const char *outcome, int64_t us, struct err *e);
int tally_reload(struct db *db, const char *outcome, int64_t us, struct err *e);
/* Drops what is told of single sources that are configured no more. */
int tally_forget(struct db *db, struct err *e);

#endif
