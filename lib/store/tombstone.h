/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting tombstones: versions that left their source long ago. */
#ifndef LIB_STORE_TOMBSTONE_H
#define LIB_STORE_TOMBSTONE_H

#include "lib/db/db.h"

#include <stdint.h>

#define TOMBSTONE_ANY INT64_MAX /* no limit */

/*
 * Deletes tombstones removed before ${before}, then the oldest ones of each
 * source that has more than ${most}; sets ${excess} to the number of the
 * latter.  Raises the generation of registries that showed one.
 */
int tombstone_expire(int64_t *excess, struct db *db, int64_t before,
    int64_t most, struct err *e);

#endif
