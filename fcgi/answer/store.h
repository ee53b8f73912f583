/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database as a responder sees it: there or not, and possibly another file
 * tomorrow.
 *
 * Before each request the file is compared with the one that is open, and the
 * schema number is read inside the transaction.  Whatever does not fit closes
 * the database; the next request tries again, so nothing needs a restart.
 */
#ifndef FCGI_ANSWER_STORE_H
#define FCGI_ANSWER_STORE_H

#include "lib/db/db.h"
#include "lib/err.h"

#include <stdbool.h>
#include <sys/stat.h>

struct store {
	const char *path; /* borrowed */
	struct db *db; /* NULL when closed */
	struct stat file; /* as it was when it was opened */
};

void store_init(struct store *s, const char *path);
void store_close(struct store *s);

/*
 * Sets ${state} to what store_begin() would read, without reading; false: it
 * cannot be told, or there may be nothing.
 */
bool store_look(const struct store *s, struct db_state *state);
/*
 * Opens the database if need be and begins the read transaction of one
 * request.  ERR_UNAVAILABLE when there is nothing to read from now.
 */
int store_begin(struct store *s, struct err *e);
/*
 * Whether what was read since store_begin() is one state of the database.
 * ERR_UNAVAILABLE: someone wrote to a file that SQLite was told not to watch.
 */
int store_check(const struct store *s, struct err *e);
/* Ends the transaction; harmless without one. */
void store_end(struct store *s);

#endif
