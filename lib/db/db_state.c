/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detecting changes of a database without a lock or a system call.
 *
 * In WAL mode every commit, and every other change that a reader can see,
 * writes the header of the WAL index, which is shared memory: two copies of 48
 * bytes at its start, with a change counter, the size of the WAL, a checksum of
 * its frames and its salts (SQLite, "WAL-mode File Format", 2.2).  SQLite
 * compares them to decide whether its own cache is valid; so does this file.
 *
 * SQLite lets a read-only process use the index only if a process that can
 * write has opened it.  Without such a process nothing changes the database;
 * the next writer changes the modification times of the files.  Until then
 * these times are the state.
 */
#include "lib/clock.h"
#include "lib/db/db_private.h"

#include <string.h>

/* Of the WAL index, as SQLite maps it. */
#define INDEX_PART 32768

/* The byte of the header that is not 0 once it is initialised. */
#define INITIALISED 12

/* The first word of a state made of times; in an index it is a version. */
#define BY_TIMES UINT64_MAX

/* If the last write is older, the next one changes the modification time. */
#define SETTLED_US (2 * CLOCK_SECOND)

#define INDEX_WORDS 6
#define TIMES_WORDS 4
_Static_assert(
    INDEX_WORDS <= DB_STATE_WORDS && 1 + 2 * TIMES_WORDS == DB_STATE_WORDS,
    "a state has room for either");

static bool
is_wal_database(struct db *db)
{
	struct err ignored = ERR_INIT;
	sqlite3_stmt *s = NULL;

	if (db_compile(&s, db->handle, "PRAGMA journal_mode", "journal_mode",
		&ignored) == 0 &&
	    sqlite3_step(s) == SQLITE_ROW &&
	    sqlite3_stricmp((const char *)sqlite3_column_text(s, 0), "wal") ==
		0)
		db->watched = true;
	sqlite3_finalize(s);
	return db->watched;
}

/*
 * SQLite keeps the index mapped until the database is closed.  It returns
 * READONLY if it could not open it for writing, and another code if it may not
 * use it, because there is no writer.
 */
static void
find_index(struct db *db)
{
	sqlite3_file *file = NULL;
	void volatile *part = NULL;
	int code;

	sqlite3_file_control(
	    db->handle, NULL, SQLITE_FCNTL_FILE_POINTER, (void *)&file);
	if (file == NULL || file->pMethods == NULL ||
	    file->pMethods->iVersion < 2)
		return;
	code = file->pMethods->xShmMap(file, 0, INDEX_PART, 0, &part);
	if (code == SQLITE_OK || code == SQLITE_READONLY)
		db->index = (const volatile uint64_t *)part;
}

/* The state in the index; false: none, or a writer is changing it. */
static bool
read_index(const struct db *db, struct db_state *state)
{
	uint64_t second[INDEX_WORDS];

	*state = (struct db_state){ { 0 } };
	/* The writer writes the second copy first. */
	for (int i = 0; i < INDEX_WORDS; i++)
		state->words[i] = db->index[i];
	__sync_synchronize();
	for (int i = 0; i < INDEX_WORDS; i++)
		second[i] = db->index[INDEX_WORDS + i];
	return memcmp(state->words, second, sizeof second) == 0 &&
	       ((const char *)second)[INITIALISED] != 0;
}

/* The facts that a write changes; false: the next write may not change them. */
static bool
read_times(uint64_t words[TIMES_WORDS], const struct stat *file)
{
	words[0] = (uint64_t)file->st_ino;
	words[1] = (uint64_t)file->st_size;
	words[2] = (uint64_t)file->st_mtim.tv_sec;
	words[3] = (uint64_t)file->st_mtim.tv_nsec;
	return clock_now() - file->st_mtim.tv_sec * CLOCK_SECOND > SETTLED_US;
}

bool
db_read_state(struct db *db, const struct stat *file, struct db_state *state)
{
	struct stat wal;

	*state = (struct db_state){ { BY_TIMES } };
	if (db->frozen)
		return read_times(state->words + 1, file);
	if (db->unwatched)
		return false;
	if (!db->watched && !is_wal_database(db)) {
		db->unwatched = true;
		return false;
	}
	/* Each time: a new writer makes an index, and may write to the WAL long
	 * before a commit in the index makes it visible. */
	if (db->index == NULL)
		find_index(db);
	if (db->index != NULL)
		return read_index(db, state);
	/* There is no writer, so these two files hold all content. */
	return stat(db->wal, &wal) == 0 && read_times(state->words + 1, file) &&
	       read_times(state->words + 1 + TIMES_WORDS, &wal);
}

bool
db_same_state(const struct db_state *a, const struct db_state *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}
