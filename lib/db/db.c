/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and hardening the database; transactions.
 *
 * Readers may not write.  In WAL mode they need the -wal and -shm files, so the
 * writer keeps them when it closes the database.
 */
#include "lib/buf.h"
#include "lib/db/db_private.h"
#include "lib/db/schema.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READER_WAIT_MS 2000 /* a reader waits only for WAL recovery */
#define WRITER_WAIT_MS 30000
#define CREATED_MODE 0640 /* of a new database: its owner, and readers */
#define RECOVERY_TRIES 50 /* 10 ms apart */
#define OPEN_TRIES 5 /* while the files beside the database change */
#define STOP_STEPS \
	1000 /* of SQLite's virtual machine between checks of a flag */
#define READER_CACHE "PRAGMA cache_size = -1024;"
/* Holds the pages that a first sync of 30,000 names reads again: their heads.
 */
#define WRITER_CACHE "PRAGMA cache_size = -10240;"
/*
 * Of a new database; an old one keeps its own.  Twice SQLite's default: half as
 * many pages to write, checksum and checkpoint, and more documents in a page.
 */
#define PAGE_SIZE "8192"
#define WAL_KEPT "67108864" /* bytes of WAL file kept after a checkpoint */

/* Causes that SQLite's messages lack. */
static const char *
hint(int code, int extended, const char *message)
{
	/* SQLite stores no errno for this. */
	if (extended == SQLITE_IOERR_SHMSIZE)
		return ": the -shm file could not be extended; the disk may be "
		       "full";
	/* SQLite reports EIO as corruption.  If it cannot read that the
	 * database is in WAL mode, it asks for an exclusive lock. */
	if (code == SQLITE_CORRUPT || code == SQLITE_BUSY)
		return ", or the disk cannot be read";
	/* SQLite opens a file read-only if it cannot open it for writing. */
	if (code == SQLITE_READONLY)
		return ": it, or its -wal or -shm file, could not be opened "
		       "for writing";
	if (code == SQLITE_NOMEM && strcmp(message, "out of memory") != 0)
		return ": out of memory";
	return "";
}

void
db_set_err(struct err *e, sqlite3 *handle, const char *what)
{
	int code = handle == NULL ? SQLITE_NOMEM : sqlite3_errcode(handle);
	int extended = handle == NULL ? code : sqlite3_extended_errcode(handle);
	const char *message =
	    handle == NULL ? "out of memory" : sqlite3_errmsg(handle);
	enum err_code meaning = ERR_STORAGE;

	if (code == SQLITE_BUSY || code == SQLITE_CANTOPEN ||
	    code == SQLITE_NOTADB || code == SQLITE_CORRUPT ||
	    code == SQLITE_IOERR || code == SQLITE_READONLY)
		meaning = ERR_UNAVAILABLE;
	err_set(e, meaning, "%s: %s%s (SQLite %d)", what, message,
	    hint(code, extended, message), extended);
	if ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) &&
	    sqlite3_system_errno(handle) != 0)
		err_set_errno(e, meaning, sqlite3_system_errno(handle),
		    "%s: %s (SQLite %d)", what, sqlite3_errmsg(handle),
		    extended);
}

int
db_compile(sqlite3_stmt **out, sqlite3 *handle, const char *text,
    const char *name, struct err *e)
{
	const char *tail = NULL;

	if (sqlite3_prepare_v3(handle, text, -1, SQLITE_PREPARE_PERSISTENT, out,
		&tail) != SQLITE_OK) {
		db_set_err(e, handle, name);
		return -1;
	}
	/* SQLite compiles only the first statement of a text. */
	while (tail != NULL && (*tail == ' ' || *tail == '\n' || *tail == ';'))
		tail++;
	if (tail != NULL && *tail != '\0') {
		err_set(e, ERR_INTERNAL, "%s: text after the statement: %.40s",
		    name, tail);
		return -1;
	}
	return 0;
}

int
db_script(struct db *db, const char *text, struct err *e)
{
	if (sqlite3_exec(db->handle, text, NULL, NULL, NULL) != SQLITE_OK) {
		db_set_err(e, db->handle, "database script");
		return -1;
	}
	return 0;
}

static int
harden(struct db *db, enum db_mode mode, struct err *e)
{
	int on = 1;

	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(
	    db->handle, mode == DB_WRITE ? WRITER_WAIT_MS : READER_WAIT_MS);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* SQLite 3.40 considers json_valid() in the CHECKs unsafe. */
	sqlite3_db_config(
	    db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, mode == DB_WRITE, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	if (db->frozen && db->files.frames) {
		sqlite3_db_config(
		    db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		if (db_script(db, "PRAGMA locking_mode = EXCLUSIVE", e) == -1)
			return -1;
	}
	if (mode != DB_WRITE)
		return db_script(db,
		    "PRAGMA query_only = ON;"
		    "PRAGMA temp_store = MEMORY;" READER_CACHE,
		    e);
	sqlite3_file_control(db->handle, NULL, SQLITE_FCNTL_PERSIST_WAL, &on);
	return db_script(db,
	    "PRAGMA page_size = " PAGE_SIZE ";"
	    "PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = NORMAL;"
	    "PRAGMA secure_delete = OFF;"
	    "PRAGMA temp_store = FILE;"
	    "PRAGMA journal_size_limit = " WAL_KEPT ";" WRITER_CACHE,
	    e);
}

static int
compile_own(struct db *db, struct err *e)
{
	static const char *const texts[] = {
		[DB_BEGIN_READ] = "BEGIN",
		[DB_BEGIN_WRITE] = "BEGIN IMMEDIATE",
		[DB_COMMIT] = "COMMIT",
		[DB_ROLLBACK] = "ROLLBACK",
		[DB_USER_VERSION] = "PRAGMA user_version",
	};

	for (int i = 0; i < DB_OWN_COUNT; i++)
		if (db_compile(
			&db->own[i], db->handle, texts[i], texts[i], e) == -1)
			return -1;
	return 0;
}

/* SQLite itself would fail only at the first unknown table. */
static int
check_version(struct db *db, struct err *e)
{
	int64_t version;

	if (db_user_version(db, &version, e) == -1)
		return -1;
	if (version != SCHEMA_VERSION) {
		err_set(e, ERR_UNAVAILABLE,
		    "the database has schema %lld, this program needs %d",
		    (long long)version, SCHEMA_VERSION);
		return -1;
	}
	return 0;
}

/*
 * A URI for SQLite; the caller frees it.  Without frames the WAL is ignored.
 * With frames SQLite keeps an index of them in its own memory instead of the
 * -shm file, which is missing or damaged.  There is no writer, so no lock is
 * needed.
 */
static char *
frozen_name(const char *path, bool frames)
{
	struct buf name = BUF_INIT(4 * LIMIT_PATH);

	buf_adds(&name, "file:");
	for (; *path != '\0'; path++) {
		if (strchr("%?#", *path) != NULL)
			buf_addf(&name, "%%%02x", (unsigned)*path);
		else
			buf_addc(&name, *path);
	}
	buf_adds(&name, frames ? "?vfs=unix-none" : "?immutable=1");
	return buf_take(&name);
}

static int
open_file(struct db *db, const char *path, enum db_mode mode, struct err *e)
{
	int flags = mode == DB_WRITE
			? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
			: SQLITE_OPEN_READONLY;
	char *name =
	    db->frozen ? frozen_name(path, db->files.frames) : xstrdup(path);
	int rc = -1;

	if (db->frozen)
		flags |= SQLITE_OPEN_URI;
	if (sqlite3_open_v2(name, &db->handle,
		flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
		NULL) != SQLITE_OK) {
		db_set_err(e, db->handle, path);
		goto out;
	}
	if (harden(db, mode, e) == -1 || compile_own(db, e) == -1 ||
	    (mode == DB_READ && check_version(db, e) == -1)) {
		err_wrap(e, "%s", path);
		goto out;
	}
	rc = 0;
out:
	free(name);
	return rc;
}

/* ${frozen}: the files beside a database that is opened frozen, or NULL. */
static int
open_as(struct db **out, const char *path, enum db_mode mode,
    const struct db_files *frozen, bool *recovering, struct err *e)
{
	struct db *db = xcalloc(1, sizeof *db);
	int rc = -1;

	db->path = xstrdup(path);
	db->wal = xasprintf("%s-wal", path);
	db->frozen = frozen != NULL;
	if (frozen != NULL)
		db->files = *frozen;
	if (open_file(db, path, mode, e) == -1) {
		*recovering = sqlite3_extended_errcode(db->handle) ==
			      SQLITE_READONLY_RECOVERY;
		goto out;
	}
	*out = db;
	db = NULL;
	rc = 0;
out:
	db_close(db);
	return rc;
}

/*
 * While a writer opens the database, only that writer can repair the index of
 * the WAL, which takes a few milliseconds.
 */
static int
open_reader(struct db **out, const char *path, enum db_mode mode,
    bool *recovering, struct err *e)
{
	const struct timespec moment = { .tv_nsec = 10000000 };

	*recovering = true;
	for (int i = 0; i < RECOVERY_TRIES && *recovering; i++) {
		if (i > 0)
			nanosleep(&moment, NULL);
		*recovering = false;
		if (open_as(out, path, mode, NULL, recovering, e) == 0)
			return 0;
	}
	return -1;
}

/*
 * SQLite would create the file with the mode that the umask leaves, and gives
 * -wal and -shm the same.  A process that can open -shm can hold a lock on it
 * that stops syncs.  Errors are ignored here; SQLite reports them.
 */
static void
create_file(const char *path)
{
	mode_t before;
	int fd;

	if (*path == '\0' || strcmp(path, ":memory:") == 0)
		return;
	/* Not chmod(): a crash before it would leave another mode. */
	before = umask(0);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, CREATED_MODE);
	umask(before);
	if (fd != -1)
		close(fd);
}

/*
 * Puts temporary files beside the database unless the environment names a
 * directory: writes need them, and /tmp may be read-only or small.
 */
static void
choose_temporary_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (sqlite3_temp_directory != NULL || *path == '\0' ||
	    getenv("SQLITE_TMPDIR") != NULL || getenv("TMPDIR") != NULL)
		return;
	if (slash == NULL)
		sqlite3_temp_directory = sqlite3_mprintf(".");
	else
		sqlite3_temp_directory = sqlite3_mprintf(
		    "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

/* ${files}: read just before. */
static int
open_existing(struct db **out, const char *path, enum db_mode mode,
    const struct db_files *files, struct err *e)
{
	bool torn = false;
	bool ignored;

	/* SQLite may create the index of a WAL without frames. */
	if (mode == DB_READ_ANY && files->still)
		return open_as(out, path, mode, files, &ignored, e);
	if (!(files->bare && files->still) &&
	    open_reader(out, path, mode, &torn, e) == 0)
		return 0;
	/* If no process repairs a damaged index, there is no writer. */
	if (!(files->still || torn) ||
	    open_as(out, path, mode, files, &ignored, e) == -1)
		return -1;
	return 0;
}

int
db_open(struct db **out, const char *path, enum db_mode mode, struct err *e)
{
	struct db_files before, after;
	bool ignored;

	if (mode == DB_WRITE) {
		choose_temporary_directory(path);
		create_file(path);
		return open_as(out, path, mode, NULL, &ignored, e);
	}
	if (access(path, F_OK) == -1) {
		err_set_errno(e, ERR_UNAVAILABLE, errno, "%s", path);
		return -1;
	}
	db_files_read(&before, path);
	for (int i = 0; i < OPEN_TRIES; i++) {
		if (open_existing(out, path, mode, &before, e) == 0) {
			err_clear(e); /* of the failed tries */
			return 0;
		}
		/* Try again if a writer opened or closed it meanwhile. */
		db_files_read(&after, path);
		if (db_files_same(&before, &after) &&
		    before.still == after.still)
			break;
		before = after;
	}
	return -1;
}

bool
db_is_frozen(const struct db *db)
{
	return db->frozen;
}

bool
db_stays_frozen(const struct db *db)
{
	struct db_files now;

	db_files_read(&now, db->path);
	return now.still == db->files.still && db_files_same(&db->files, &now);
}

bool
db_is_stuck(const struct db *db)
{
	/* A connection that has mapped the index can continue to use it. */
	return !db->frozen && db->index == NULL && db_files_bare(db->wal);
}

int
db_prepare(struct db *db, enum sql_set set, struct err *e)
{
	for (int i = 0; i < SQL_COUNT; i++) {
		const struct sql_statement *s = &sql_statements[i];

		if (s->set != set || db->stmts[i].handle != NULL)
			continue;
		db->stmts[i].id = (enum sql_id)i;
		db->stmts[i].damaged = &db->damaged;
		if (db_compile(&db->stmts[i].handle, db->handle, s->text,
			s->name, e) == -1)
			return -1;
	}
	return 0;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(db->stmts[i].handle);
	for (int i = 0; i < DB_OWN_COUNT; i++)
		sqlite3_finalize(db->own[i]);
	sqlite3_close(db->handle);
	free(db->path);
	free(db->wal);
	free(db);
}

static int
is_stopped(void *context)
{
	const volatile sig_atomic_t *flag = context;

	return *flag != 0;
}

void
db_stop_on(struct db *db, const volatile sig_atomic_t *flag)
{
	sqlite3_progress_handler(db->handle, STOP_STEPS,
	    flag == NULL ? NULL : is_stopped, (void *)(uintptr_t)flag);
}

void
db_take_cache_counts(struct db *db, uint64_t *hits, uint64_t *misses)
{
	int now = 0, ignored = 0;

	sqlite3_db_status(
	    db->handle, SQLITE_DBSTATUS_CACHE_HIT, &now, &ignored, 1);
	*hits = (uint64_t)(now > 0 ? now : 0);
	now = 0;
	sqlite3_db_status(
	    db->handle, SQLITE_DBSTATUS_CACHE_MISS, &now, &ignored, 1);
	*misses = (uint64_t)(now > 0 ? now : 0);
}

int
db_user_version(struct db *db, int64_t *version, struct err *e)
{
	int rc = -1;

	if (sqlite3_step(db->own[DB_USER_VERSION]) != SQLITE_ROW) {
		db_set_err(e, db->handle, "PRAGMA user_version");
		goto out;
	}
	*version = sqlite3_column_int64(db->own[DB_USER_VERSION], 0);
	rc = 0;
out:
	sqlite3_reset(db->own[DB_USER_VERSION]);
	return rc;
}

int
db_value(struct db *db, int64_t *value, const char *text, struct err *e)
{
	sqlite3_stmt *handle = NULL;
	int rc = -1;

	if (db_compile(&handle, db->handle, text, text, e) == -1)
		goto out;
	if (sqlite3_step(handle) != SQLITE_ROW) {
		db_set_err(e, db->handle, text);
		goto out;
	}
	*value = sqlite3_column_int64(handle, 0);
	rc = 0;
out:
	sqlite3_finalize(handle);
	return rc;
}

int
db_file_facts(
    struct db *db, int64_t *application_id, int64_t *objects, struct err *e)
{
	if (db_value(db, application_id, "PRAGMA application_id", e) == -1)
		return -1;
	return db_value(db, objects, "SELECT count(*) FROM sqlite_schema", e);
}

int
db_explain(struct db *db, enum sql_id id,
    void (*line)(void *context, const char *text), void *context, struct err *e)
{
	char *text =
	    xasprintf("EXPLAIN QUERY PLAN %s", sql_statements[id].text);
	sqlite3_stmt *plan = NULL;
	int rc = -1;
	int code;

	if (db_compile(&plan, db->handle, text, sql_statements[id].name, e) ==
	    -1)
		goto out;
	while ((code = sqlite3_step(plan)) == SQLITE_ROW)
		line(context, (const char *)sqlite3_column_text(plan, 3));
	if (code != SQLITE_DONE) {
		db_set_err(e, db->handle, sql_statements[id].name);
		goto out;
	}
	rc = 0;
out:
	sqlite3_finalize(plan);
	free(text);
	return rc;
}

static int
run(struct db *db, sqlite3_stmt *handle, struct err *e)
{
	int code = sqlite3_step(handle);

	if (code != SQLITE_DONE)
		db_set_err(e, db->handle, sqlite3_sql(handle));
	sqlite3_reset(handle);
	return code == SQLITE_DONE ? 0 : -1;
}

int
db_begin_read(struct db *db, struct err *e)
{
	db->damaged = false;
	return run(db, db->own[DB_BEGIN_READ], e);
}

bool
db_is_damaged(const struct db *db)
{
	return db->damaged;
}

int
db_begin_write(struct db *db, struct err *e)
{
	return run(db, db->own[DB_BEGIN_WRITE], e);
}

int
db_commit(struct db *db, struct err *e)
{
	return run(db, db->own[DB_COMMIT], e);
}

void
db_rollback(struct db *db)
{
	struct err ignored = ERR_INIT;

	if (!sqlite3_get_autocommit(db->handle))
		run(db, db->own[DB_ROLLBACK], &ignored);
}

int
db_savepoint(struct db *db, struct err *e)
{
	return db_script(db, "SAVEPOINT part", e);
}

int
db_savepoint_release(struct db *db, struct err *e)
{
	return db_script(db, "RELEASE part", e);
}

void
db_savepoint_undo(struct db *db)
{
	struct err ignored = ERR_INIT;

	(void)db_script(db, "ROLLBACK TO part; RELEASE part", &ignored);
}

void
db_checkpoint(struct db *db)
{
	sqlite3_wal_checkpoint_v2(
	    db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

int64_t
db_last_rowid(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int64_t
db_changes(const struct db *db)
{
	return sqlite3_changes64(db->handle);
}
