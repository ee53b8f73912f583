/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only way to SQLite: opening the database, transactions, and statements by
 * name.  No file outside of lib/db/ includes sqlite3.h.
 *
 * All statements live in sql/ and are prepared when the database is opened, so
 * a syntax error or a missing column fails at start.  A statement taken with
 * db_stmt() is borrowed; its parameters are numbered by the generated enums
 * (SQL_SERVER_GET_P_NAME).  Text and blobs are bound without a copy and must
 * stay until stmt_done(); columns are borrowed until the next step or
 * stmt_done().
 */
#ifndef LIB_DB_DB_H
#define LIB_DB_DB_H

#include "lib/err.h"
#include "sql.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct db;
struct stmt;

enum db_mode {
	DB_READ, /* read-only, for responders; refuses another schema */
	DB_READ_ANY, /* read-only, any schema; creates no file */
	DB_WRITE /* for the sync; creates the file (mode 0640), keeps the WAL */
};

/*
 * Turns off SQLite's locks and its memory statistics, which cost time in every
 * allocation.  Call it before the first db_open(), in a process that uses the
 * database in one thread only.
 */
void db_use_one_thread(void);

/*
 * The same, and replaces SQLite's allocator by one that keeps freed memory in
 * lists by size, so that a warm statement allocates nothing.
 */
void db_use_pool(void);

/*
 * Opens ${path}.  ERR_UNAVAILABLE: no such file, or a schema this program does
 * not know (DB_READ); ERR_STORAGE: anything else SQLite refuses.
 *
 * In three cases SQLite cannot read the database for a process that may not
 * write, and this function opens it as files that do not change (frozen):
 * - the -wal and -shm files are missing, such as in a restored backup or after
 *   the sqlite3 shell was the last to close it;
 * - the writer was killed between the header and the first frame of a WAL:
 *   SQLite waits ten seconds and fails (SQLITE_PROTOCOL);
 * - the writer was killed while it wrote the header of the -shm file, and
 *   another reader holds that file (SQLITE_READONLY_RECOVERY).
 */
int db_open(
    struct db **out, const char *path, enum db_mode mode, struct err *e);
/* Prepares the statements of ${set} that are not prepared yet. */
int db_prepare(struct db *db, enum sql_set set, struct err *e);
void db_close(struct db *db);

/*
 * Whether ${db} was opened as files that do not change.  SQLite then neither
 * locks nor detects changes: a result is valid only if afterwards the database
 * file is the same and db_stays_frozen() is true.
 */
bool db_is_frozen(const struct db *db);
bool db_stays_frozen(const struct db *db);
/*
 * Whether a transaction on ${db} would wait in vain because the writer was
 * killed while it started a WAL.  Close and open it again: it will be frozen.
 */
bool db_is_stuck(const struct db *db);

/* ---- states of a database: lib/db/db_state.c ---- */

#define DB_STATE_WORDS 9

/* Equal states mean equal content.  Opaque. */
struct db_state {
	uint64_t words[DB_STATE_WORDS];
};

/*
 * Sets ${state} to the state that a transaction started now would see.  This
 * reads some memory or, if no writer was found, calls stat() once.  ${file} is
 * the result of stat() for the database.  False: the state is unknown, because
 * the database is not in WAL mode or was written just now.  If ${db} is
 * frozen, the caller checks db_stays_frozen() too.
 */
bool db_read_state(
    struct db *db, const struct stat *file, struct db_state *state);
bool db_same_state(const struct db_state *a, const struct db_state *b);

/*
 * Returns and resets how often SQLite found a page in its cache, or did not.
 */
void db_take_cache_counts(struct db *db, uint64_t *hits, uint64_t *misses);

/* PRAGMA user_version; does not need prepared statements. */
int db_user_version(struct db *db, int64_t *version, struct err *e);
/* PRAGMA application_id, and the number of rows of sqlite_schema. */
int db_file_facts(
    struct db *db, int64_t *application_id, int64_t *objects, struct err *e);
/* Runs a script of several statements: schema text only. */
int db_script(struct db *db, const char *text, struct err *e);

/* A read transaction: all reads in it see one snapshot. */
int db_begin_read(struct db *db, struct err *e);
/* A write transaction (BEGIN IMMEDIATE). */
int db_begin_write(struct db *db, struct err *e);
int db_commit(struct db *db, struct err *e);
/* Rolls back the open transaction, if any; never fails. */
void db_rollback(struct db *db);
/*
 * A savepoint: a part of the write transaction that can be rolled back alone.
 * db_savepoint_undo() never fails.
 */
int db_savepoint(struct db *db, struct err *e);
int db_savepoint_release(struct db *db, struct err *e);
void db_savepoint_undo(struct db *db);
/* Copies the WAL into the database as far as readers allow. */
void db_checkpoint(struct db *db);
int64_t db_last_rowid(const struct db *db);
int64_t db_changes(const struct db *db);

/* ---- copies of a database: lib/db/db_copy.c ---- */

/*
 * Opens an empty temporary database that can be written over ${path}: with
 * the same page size, which cannot change in WAL mode.  The process must have
 * no other connection to ${path}: closing a file releases all locks on it.
 */
int db_open_copy(struct db **out, const char *path, struct err *e);
/* Copies the content of the database ${path} into ${db}. */
int db_copy_in(struct db *db, const char *path, struct err *e);
/*
 * Attaches the database ${path}, which must exist, to ${db} as "stored".
 * Closing does not write to it.
 */
int db_attach_stored(struct db *db, const char *path, struct err *e);
/* Copies all rows of a table from "stored"; both have the same columns. */
int db_copy_table(struct db *db, const char *name, struct err *e);
/*
 * Writes the whole of ${db}, which has no open transaction, over the database
 * ${path} in one transaction: readers see the old or the new content.  The
 * overwritten pages need not be readable.
 */
int db_write_over(struct db *db, const char *path, struct err *e);

/*
 * Calls ${line} with each line of SQLite's plan for a statement, which need not
 * be prepared; for tests.
 */
int db_explain(struct db *db, enum sql_id id,
    void (*line)(void *context, const char *text), void *context,
    struct err *e);

/*
 * While *${flag} is not 0, running statements fail soon.  A signal handler may
 * set it.  NULL turns this off.
 */
void db_stop_on(struct db *db, const volatile sig_atomic_t *flag);

/* Whether the transaction has read a value that the schema forbids. */
bool db_is_damaged(const struct db *db);

/* The statement, reset and ready to be bound. */
struct stmt *db_stmt(struct db *db, enum sql_id id);
void stmt_bind_text(
    struct stmt *s, int parameter, const char *text, size_t len);
/* A NUL-terminated string, or NULL for SQL NULL. */
void stmt_bind_str(struct stmt *s, int parameter, const char *text);
void stmt_bind_blob(
    struct stmt *s, int parameter, const void *data, size_t len);
void stmt_bind_int(struct stmt *s, int parameter, int64_t value);
void stmt_bind_null(struct stmt *s, int parameter);

/*
 * An argument of a statement.  Arguments have the order in which the statement
 * first names its parameters.
 */
struct stmt_arg {
	enum {
		STMT_ARG_INT,
		STMT_ARG_TIME,
		STMT_ARG_STR,
		STMT_ARG_TEXT,
		STMT_ARG_BLOB
	} type;
	int64_t number; /* of bytes, for a text or blob */
	const void *bytes;
};

#define INT(value)                                   \
	{                                            \
		STMT_ARG_INT, (int64_t)(value), NULL \
	}
/* An instant; NULL in the database if it is CLOCK_NEVER. */
#define TIME(us)                          \
	{                                 \
		STMT_ARG_TIME, (us), NULL \
	}
/* A NUL-terminated string, or NULL. */
#define STR(text)                       \
	{                               \
		STMT_ARG_STR, 0, (text) \
	}
#define TEXT(text, len)                               \
	{                                             \
		STMT_ARG_TEXT, (int64_t)(len), (text) \
	}
#define BLOB(data, len)                               \
	{                                             \
		STMT_ARG_BLOB, (int64_t)(len), (data) \
	}
#define ARGS(...)                                              \
	(const struct stmt_arg[]){ __VA_ARGS__ },              \
	    sizeof((const struct stmt_arg[]){ __VA_ARGS__ }) / \
		sizeof(struct stmt_arg)

/*
 * The statement with all its parameters bound: db_query(db, id, ARGS(INT(1),
 * STR(name))).  A wrong number of arguments aborts the process.
 */
struct stmt *db_query(
    struct db *db, enum sql_id id, const struct stmt_arg *args, size_t count);
/* The same, and runs the statement, which returns no row. */
int db_run(struct db *db, enum sql_id id, const struct stmt_arg *args,
    size_t count, struct err *e);

/* Sets ${row}: true if there are columns to read, false at the end. */
int stmt_step(struct stmt *s, bool *row, struct err *e);
/* Runs a statement that returns one number; 0 if it returns no row. */
int stmt_number(int64_t *value, struct stmt *s, struct err *e);
/* Runs a statement that returns no row. */
int stmt_run(struct stmt *s, struct err *e);
/* Resets the statement; needed if not all rows were read. */
void stmt_done(struct stmt *s);

/* The number of columns of a row. */
int stmt_columns(struct stmt *s);
/* The name that the statement gives to a column; borrowed until the end. */
const char *stmt_column(struct stmt *s, int column);
bool stmt_is_null(struct stmt *s, int column);
int64_t stmt_int(struct stmt *s, int column);
/* NUL-terminated; NULL for SQL NULL.  ${len} may be NULL. */
const char *stmt_text(struct stmt *s, int column, size_t *len);
/*
 * The same for a NOT NULL column.  If the file contains NULL nevertheless, this
 * returns "" and db_is_damaged() becomes true.
 */
const char *stmt_str(struct stmt *s, int column);
const void *stmt_blob(struct stmt *s, int column, size_t *len);

#endif
