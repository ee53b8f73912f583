/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as the store takes it. */
#ifndef SYNC_LAYOUT_H
#define SYNC_LAYOUT_H

#include "lib/db/db.h"
#include "sync/conf/conf.h"

/*
 * Brings the sources and registries of ${conf}, and the settings that the admin
 * program reads, into the database, inside a write transaction of the caller.
 */
int layout_store(struct db *db, const struct conf *conf, struct err *e);

#endif
