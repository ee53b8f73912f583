/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling the states of a database apart without a lock or a system call.
 *
 * In WAL mode every commit, and whatever else moves what a reader sees, writes
 * the header of the WAL index, which is shared memory: two copies of 48 bytes
 * at its start, with a count of changes, the extent of the WAL, a checksum over
 * its frames and its salts (SQLite, "WAL-mode File Format", 2.2).  SQLite
 * decides by comparing them whether its own cache is still good; so do we.
 *
 * A reader who may not write to the index trusts it only if he met somebody who
 * may, or another reader who did.  Where nobody is there who may, nothing
 * moves, and who comes and moves something leaves times of files that are
 * others: for as long as that is so, those tell a state.
 */
#include "lib/clock.h"
#include "lib/db/db_private.h"

#include <string.h>

/* Of the WAL index, as SQLite maps it. */
#define INDEX_PART 32768

/* Where in a copy of the header it says that it holds something. */
#define INITIALISED 12

/* In the first word of a state that is told by times; there it is a version. */
#define BY_TIMES UINT64_MAX

/* A file that was written so long ago gets another time by the next write. */
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
 * Where SQLite has the index mapped, which is until the database is closed.  It
 * says READONLY of one that it could not open to write; of one that it may not
 * trust, since no writer is there, it says that by a code of its own.
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

/* What the index says; false: nothing, or a writer is at it. */
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

/* Adds what a write to a file moves; false: it may have been written just now.
 */
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
db_look(struct db *db, const struct stat *file, struct db_state *state)
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
	/* Each time: what a writer who has come writes to the WAL is seen by
	 * readers only when the index says so, and that may be much later. */
	if (db->index == NULL)
		find_index(db);
	if (db->index != NULL)
		return read_index(db, state);
	/* No writer is there, so these two files are all there is. */
	return stat(db->wal, &wal) == 0 && read_times(state->words + 1, file) &&
	       read_times(state->words + 1 + TIMES_WORDS, &wal);
}

bool
db_same_state(const struct db_state *a, const struct db_state *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}
