/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying databases: tables from an attached database, and a whole database
 * over another.
 */
#include "lib/db/db_private.h"
#include "lib/db/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define WAIT_MS 30000
#define COPY_TRIES 10 /* if a writer changes the file meanwhile */
#define PAGE_SIZE_AT 16 /* in a database file */
/* A private database on disk that SQLite deletes when it is closed. */
#define TEMPORARY ""

static int
check_stored_version(struct db *db, const char *path, struct err *e)
{
	int64_t version;

	if (db_value(db, &version, "PRAGMA stored.user_version", e) == -1) {
		err_wrap(e, "%s", path);
		return -1;
	}
	if (version != SCHEMA_VERSION) {
		err_set(e, ERR_UNAVAILABLE,
		    "%s has schema %lld, this program needs %d: let it sync "
		    "once",
		    path, (long long)version, SCHEMA_VERSION);
		return -1;
	}
	return 0;
}

/* 0 if it cannot be read; opening the file reports the cause. */
static unsigned
page_size_of(const char *path)
{
	unsigned char size[2] = { 0 }; /* big-endian; 1 for 65536 */
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return 0;
	if (pread(fd, size, sizeof size, PAGE_SIZE_AT) != sizeof size)
		size[0] = size[1] = 0;
	close(fd);
	return size[1] == 1 ? 65536 : (unsigned)size[0] << 8;
}

int
db_open_copy(struct db **out, const char *path, struct err *e)
{
	struct db *db = NULL;
	char text[64];
	int rc = -1;

	if (db_open(&db, TEMPORARY, DB_WRITE, e) == -1)
		return -1;
	snprintf(
	    text, sizeof text, "PRAGMA page_size = %u", page_size_of(path));
	if (db_script(db, text, e) == -1)
		goto out;
	*out = db;
	db = NULL;
	rc = 0;
out:
	db_close(db);
	return rc;
}

/* Copies all of ${from} over ${to}, which is at ${path}. */
static int
back_up(sqlite3 *to, sqlite3 *from, const char *path, struct err *e)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int code = SQLITE_ERROR;

	if (backup != NULL)
		code = sqlite3_backup_step(backup, -1);
	if (backup == NULL || sqlite3_backup_finish(backup) != SQLITE_OK ||
	    code != SQLITE_DONE) {
		db_set_err(e, to, path);
		return -1;
	}
	return 0;
}

int
db_copy_in(struct db *db, const char *path, struct err *e)
{
	struct db *from = NULL;
	bool whole = false;
	int rc = -1;

	for (int i = 0; !whole && i < COPY_TRIES; i++) {
		if (db_open(&from, path, DB_READ_ANY, e) == -1 ||
		    back_up(db->handle, from->handle, path, e) == -1)
			goto out;
		whole = !db_is_frozen(from) || db_stays_frozen(from);
		db_close(from);
		from = NULL;
	}
	if (!whole) {
		err_set(
		    e, ERR_BUSY, "%s: the file changed during the copy", path);
		goto out;
	}
	rc = 0;
out:
	db_close(from);
	return rc;
}

int
db_attach_stored(struct db *db, const char *path, struct err *e)
{
	sqlite3_stmt *attach = NULL;
	int on = 1;
	int rc = -1;

	if (access(path, F_OK) == -1) {
		err_set_errno(e, ERR_UNAVAILABLE, errno, "%s", path);
		return -1;
	}
	if (db_compile(
		&attach, db->handle, "ATTACH ? AS stored", "ATTACH", e) == -1)
		goto out;
	sqlite3_bind_text(attach, 1, path, -1, SQLITE_STATIC);
	if (sqlite3_step(attach) != SQLITE_DONE) {
		db_set_err(e, db->handle, path);
		goto out;
	}
	/* Readers need the -wal and -shm files; this connection does not write.
	 */
	sqlite3_file_control(
	    db->handle, "stored", SQLITE_FCNTL_PERSIST_WAL, &on);
	sqlite3_db_config(
	    db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (check_stored_version(db, path, e) == -1)
		goto out;
	rc = 0;
out:
	sqlite3_finalize(attach);
	return rc;
}

int
db_copy_table(struct db *db, const char *name, struct err *e)
{
	char *text = sqlite3_mprintf("INSERT INTO main.\"%w\" SELECT * FROM "
				     "stored.\"%w\"",
	    name, name);
	int rc = -1;

	if (text == NULL) {
		err_set(e, ERR_STORAGE, "table %s: out of memory", name);
		goto out;
	}
	if (sqlite3_exec(db->handle, text, NULL, NULL, NULL) != SQLITE_OK) {
		db_set_err(e, db->handle, name);
		err_wrap(e, "table");
		goto out;
	}
	rc = 0;
out:
	sqlite3_free(text);
	return rc;
}

static int
open_target(sqlite3 **out, const char *path, struct err *e)
{
	int on = 1;

	if (sqlite3_open_v2(path, out,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_EXRESCODE,
		NULL) != SQLITE_OK) {
		db_set_err(e, *out, path);
		return -1;
	}
	sqlite3_busy_timeout(*out, WAIT_MS);
	sqlite3_file_control(*out, NULL, SQLITE_FCNTL_PERSIST_WAL, &on);
	return 0;
}

int
db_write_over(struct db *db, const char *path, struct err *e)
{
	sqlite3 *target = NULL;
	int rc = -1;

	if (open_target(&target, path, e) == -1 ||
	    back_up(target, db->handle, path, e) == -1)
		goto out;
	rc = 0;
out:
	sqlite3_close(target);
	return rc;
}
