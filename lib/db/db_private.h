/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lib/db/ share. */
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

/* Statements of lib/db/db.c itself. */
enum db_own {
	DB_BEGIN_READ,
	DB_BEGIN_WRITE,
	DB_COMMIT,
	DB_ROLLBACK,
	DB_USER_VERSION,
	DB_OWN_COUNT
};

struct db {
	sqlite3 *handle;
	bool frozen;
	struct db_files files; /* frozen: as they were before opening it */
	char *path;
	char *wal; /* path */
	bool watched; /* known to be in WAL mode */
	bool damaged; /* see db_is_damaged() */
	bool unwatched; /* not in WAL mode: its state stays unknown */
	const volatile uint64_t *index; /* of the WAL; NULL: not mapped yet */
	sqlite3_stmt *own[DB_OWN_COUNT];
	struct stmt stmts[SQL_COUNT]; /* handle NULL: not prepared */
};

/* Fills ${e} from SQLite's last error on ${handle}. */
void db_set_err(struct err *e, sqlite3 *handle, const char *what);
/* Compiles exactly one statement. */
int db_compile(sqlite3_stmt **out, sqlite3 *handle, const char *text,
    const char *name, struct err *e);
/* The first value of the first row of the statement ${text}. */
int db_value(struct db *db, int64_t *value, const char *text, struct err *e);

#endif
