/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting tombstones: versions that left their source long ago. */
#ifndef LIB_STORE_TOMBSTONE_H
#define LIB_STORE_TOMBSTONE_H

#include "lib/db/db.h"

#include <stdint.h>

#define TOMBSTONE_ANY INT64_MAX /* no limit */

/*
 * Deletes tombstones removed before ${before}, then, of each source with more
 * than
 * ${most}, the oldest ones; sets ${excess} to their number.  Only registries
 * that showed one get another generation.
 */
int tombstone_expire(int64_t *excess, struct db *db, int64_t before,
    int64_t most, struct err *e);

#endif
