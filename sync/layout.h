/* SPDX-License-Identifier: Apache-2.0 */
/* Storing the configuration. */
#ifndef SYNC_LAYOUT_H
#define SYNC_LAYOUT_H

#include "lib/db/db.h"
#include "sync/conf/conf.h"

/*
 * Stores the sources and registries of ${conf}, and the settings that the admin
 * program reads.  The caller has started a write transaction.
 */
int layout_store(struct db *db, const struct conf *conf, struct err *e);

#endif
