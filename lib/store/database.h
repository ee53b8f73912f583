/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening the registry database: created if there is none, moved to the
 * schema of this program, and cleaned up after a sync that was killed.
 */
#ifndef LIB_STORE_DATABASE_H
#define LIB_STORE_DATABASE_H

#include "lib/db/db.h"

/*
 * Opens or creates ${path} and prepares the write statements.  A schema of a
 * newer program, or a file that is another program's database, is refused and
 * left as it is.  The caller holds the sync lock.
 */
int database_open(struct db **out, const char *path, struct err *e);
/* The same with a database that has been opened to write. */
int database_set_up(struct db *db, struct err *e);

/* Marks runs and sources that a dead process left unfinished. */
int database_recover(struct db *db, struct err *e);

/*
 * The setting that has the digest of the configured sources and registries as
 * they are in the database.  It is emptied by every move of the schema.
 */
#define DATABASE_LAYOUT "layout"

/* One fact of the table setting; *${out} is NULL when unset; caller frees. */
int database_setting(char **out, struct db *db, const char *key, struct err *e);
/* Writes nothing if the setting has that value. */
int database_set(
    struct db *db, const char *key, const char *value, struct err *e);

#endif
