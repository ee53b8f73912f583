/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long syncs and reloads took, summed up in the database for /metrics.
 */
#ifndef LIB_STORE_DURATION_TOTALS_H
#define LIB_STORE_DURATION_TOTALS_H

#include "lib/db/db.h"

#include <stdint.h>

#define DURATION_SUCCESS "success"
#define DURATION_UNKNOWN "unknown" /* an outcome that has no better name */

/* Adds an attempt at ${source}, which is of ${kind}, that took ${us}. */
int duration_totals_add_sync(struct db *db, const char *kind,
    const char *source, const char *outcome, int64_t us, struct err *e);
int duration_totals_add_reload(
    struct db *db, const char *outcome, int64_t us, struct err *e);
/* Deletes the totals of sources that are not configured any more. */
int duration_totals_prune(struct db *db, struct err *e);

#endif
