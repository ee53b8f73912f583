/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting tombstones: versions that left their source long ago. */
#ifndef LIB_STORE_TOMBSTONE_H
#define LIB_STORE_TOMBSTONE_H

#include "lib/db/db.h"

#include <stdint.h>

#define TOMBSTONE_ANY INT64_MAX /* however many: none is in excess */

/*
 * Deletes tombstones removed before ${before}, then of every source with more
 * than ${most} the oldest ones, whose number is ${excess}.  Only the
 * registries that showed one change their generation.
 */
int tombstone_expire(int64_t *excess, struct db *db, int64_t before,
    int64_t most, struct err *e);

#endif
