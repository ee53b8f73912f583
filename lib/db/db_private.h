/* SPDX-License-Identifier: Apache-2.0 */
/* What lib/db/db.c and lib/db/stmt.c share behind the door. */
#ifndef LIB_DB_DB_PRIVATE_H
#define LIB_DB_DB_PRIVATE_H

#include "lib/db/db.h"
#include "lib/db/db_files.h"

#include <sqlite3.h>

struct stmt {
	sqlite3_stmt *handle;
	enum sql_id id;
	bool *damaged; /* of its database */
};

struct db {
	sqlite3 *handle;
	bool frozen;
	struct db_files files; /* of one that is frozen, before it was opened */
	char *path;
	char *wal; /* path */
	bool watched; /* is known to be a WAL database */
	bool damaged; /* see db_is_damaged() */
	bool unwatched; /* has no WAL, so its states cannot be told */
	const volatile uint64_t *index; /* SQLite's; NULL: not yet found */
	sqlite3_stmt *begin_read;
	sqlite3_stmt *begin_write;
	sqlite3_stmt *commit;
	sqlite3_stmt *rollback;
	sqlite3_stmt *user_version;
	struct stmt stmts[SQL_COUNT]; /* handle NULL: not of the set prepared */
};

/* Fills ${e} from SQLite's last error on ${handle}. */
void db_set_err(struct err *e, sqlite3 *handle, const char *what);
/* Compiles exactly one statement, to be kept. */
int db_compile(sqlite3_stmt **out, sqlite3 *handle, const char *text,
    const char *name, struct err *e);

#endif
