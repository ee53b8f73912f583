/* SPDX-License-Identifier: Apache-2.0 */
/* What lies beside a database file, read without SQLite. */
#ifndef LIB_DB_DB_FILES_H
#define LIB_DB_DB_FILES_H

#include <stdbool.h>
#include <sys/stat.h>

struct db_files {
	struct stat wal; /* all zero: there is none */
	/* The WAL may hold frames, which are part of the content. */
	bool frames;
	bool bare; /* as db_files_bare() says of it */
	/*
	 * What is there cannot change under a reader that takes no lock: there
	 * is no journal, and either no frame or no index of the WAL, without
	 * which no process has the database open to write.
	 */
	bool still;
};

void db_files_read(struct db_files *out, const char *database);
/* Whether no frame was written to the WAL between the two. */
bool db_files_same(const struct db_files *a, const struct db_files *b);

/*
 * Whether the file ${wal} is a header without a frame, or has an invalid
 * header. A writer that is killed while it starts a WAL leaves such a file.
 */
bool db_files_bare(const char *wal);

#endif
