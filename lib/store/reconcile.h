/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing the configured sources and registries into the database.
 */
#ifndef LIB_STORE_RECONCILE_H
#define LIB_STORE_RECONCILE_H

#include "lib/db/db.h"
#include "sync/conf/conf.h"

#include <stdbool.h>

/*
 * Makes the tables source, registry and registry_source say what ${conf} says:
 * adds, changes and deletes, moves the generation of registries whose answers
 * may differ, and settles what they show.  Also writes the settings that
 * responders read.  Runs inside a write transaction of
 * the caller.  Sets ${changed} when anything differed.
 */
int reconcile(
    struct db *db, const struct conf *conf, bool *changed, struct err *e);

/* Writes a setting unless it has that value already. */
int reconcile_setting(
    struct db *db, const char *key, const char *value, struct err *e);

/* The id of the source called ${name}, which is configured. */
int reconcile_source_id(
    int64_t *id, struct db *db, const char *name, struct err *e);

#endif
