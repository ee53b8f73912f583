/* SPDX-License-Identifier: Apache-2.0 */
/* The files beside a database, read without SQLite. */
#ifndef LIB_DB_DB_FILES_H
#define LIB_DB_DB_FILES_H

#include <stdbool.h>
#include <sys/stat.h>

struct db_files {
	struct stat wal; /* all zero: there is none */
	/* The WAL may hold frames, which are part of the content. */
	bool frames;
	bool bare; /* the WAL is as db_files_bare() describes */
	/*
	 * The files cannot change while a process reads them without a lock:
	 * there is no journal, and the WAL has no frame or no index.  A process
	 * that has the database open for writing has an index.
	 */
	bool still;
};

void db_files_read(struct db_files *out, const char *database);
/* Whether the WAL got no frame between ${a} and ${b}. */
bool db_files_same(const struct db_files *a, const struct db_files *b);

/*
 * Whether the file ${wal} is a header without a frame, or has an invalid
 * header. A writer that is killed while it starts a WAL leaves such a file.
 */
bool db_files_bare(const char *wal);

#endif
