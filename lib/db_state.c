/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling the states of a database apart without a lock or a system call.
 *
 * In WAL mode every commit, and whatever else moves what a reader sees, writes
 * the header of the WAL index, which is shared memory: two copies of 48 bytes
 * at its start, with a count of changes, the extent of the WAL, a checksum over
 * its frames and its salts (SQLite, "WAL-mode File Format", 2.2).  SQLite
 * decides by comparing them whether its own cache is still good; so do we.
 */
#include "lib/db_private.h"

#include <string.h>

/* Of the WAL index, as SQLite maps it. */
#define INDEX_PART 32768

/* Where in a copy of the header it says that it holds something. */
#define INITIALISED 12

static bool
is_wal(struct db *db)
{
	struct err ignored = ERR_INIT;
	sqlite3_stmt *s = NULL;
	bool wal = false;

	if (db_compile(&s, db->handle, "PRAGMA journal_mode", "journal_mode",
		&ignored) == 0 &&
	    sqlite3_step(s) == SQLITE_ROW)
		wal = sqlite3_stricmp((const char *)sqlite3_column_text(s, 0),
			  "wal") == 0;
	sqlite3_finalize(s);
	return wal;
}

/*
 * Where SQLite has the index mapped, which is until the database is closed.  It
 * says READONLY of one that it could not open to write; of one that it may not
 * trust yet, since no writer has been there, it says that by a code of its own.
 */
static void
find_index(struct db *db)
{
	sqlite3_file *file = NULL;
	void volatile *part = NULL;
	int code;

	if (!is_wal(db) ||
	    sqlite3_file_control(db->handle, NULL, SQLITE_FCNTL_FILE_POINTER,
		(void *)&file) != SQLITE_OK ||
	    file == NULL || file->pMethods == NULL ||
	    file->pMethods->iVersion < 2) {
		db->unwatched = true;
		return;
	}
	code = file->pMethods->xShmMap(file, 0, INDEX_PART, 0, &part);
	if (code == SQLITE_OK || code == SQLITE_READONLY)
		db->index = (const volatile uint64_t *)part;
}

bool
db_look(struct db *db, struct db_state *state)
{
	uint64_t second[DB_STATE_WORDS];

	if (db->frozen || db->unwatched)
		return false;
	if (db->index == NULL)
		find_index(db);
	if (db->index == NULL)
		return false;
	/* The writer writes the second copy first. */
	for (int i = 0; i < DB_STATE_WORDS; i++)
		state->words[i] = db->index[i];
	__sync_synchronize();
	for (int i = 0; i < DB_STATE_WORDS; i++)
		second[i] = db->index[DB_STATE_WORDS + i];
	return memcmp(state->words, second, sizeof second) == 0 &&
	       ((const char *)second)[INITIALISED] != 0;
}

bool
db_same_state(const struct db_state *a, const struct db_state *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}
