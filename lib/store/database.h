/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening the registry database: created if there is none, moved to the
 * schema of this program, and cleaned up after a sync that was killed.
 */
#ifndef LIB_STORE_DATABASE_H
#define LIB_STORE_DATABASE_H

#include "lib/db/db.h"

/*
 * Opens or creates ${path} and prepares the write statements.  ERR_STORAGE, and
 * the file is not changed, if it is another program's database or has the
 * schema of a newer program.  The caller holds the sync lock.
 */
int database_open(struct db **out, const char *path, struct err *e);
/* The same for a database that is open for writing. */
int database_set_up(struct db *db, struct err *e);

/* Marks runs and sources that a killed process left unfinished. */
int database_recover(struct db *db, struct err *e);

/*
 * The setting with the digest of the sources and registries as configured and
 * stored.  Every change of the schema empties it.
 */
#define DATABASE_LAYOUT "layout"

/* Reads a row of the table setting: NULL when unset.  The caller frees it. */
int database_setting(char **out, struct db *db, const char *key, struct err *e);
/* Sets it; writes nothing if it has that value already. */
int database_set(
    struct db *db, const char *key, const char *value, struct err *e);

#endif
