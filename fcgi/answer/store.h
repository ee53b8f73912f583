/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database of a responder, which may be missing, and may be replaced by
 * another file at any time.
 *
 * Before each request the file is compared with the open one, and the schema
 * number is read inside the transaction.  If one of them differs, the database
 * is closed and the next request tries again.  No restart is needed.
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
	struct stat file; /* at the time of opening */
};

void store_init(struct store *s, const char *path);
void store_close(struct store *s);

/*
 * Sets ${state} to the state of the database that store_begin() would read,
 * without a transaction; false: it is unknown.
 */
bool store_state(const struct store *s, struct db_state *state);
/*
 * Opens the database if it is closed and starts the read transaction of one
 * request.  ERR_UNAVAILABLE: there is no database that can be read.
 */
int store_begin(struct store *s, struct err *e);
/*
 * Checks that all reads since store_begin() were of one state of the database.
 * ERR_UNAVAILABLE: a file that SQLite treats as immutable was written to.
 */
int store_check(const struct store *s, struct err *e);
/* Ends the transaction, if there is one. */
void store_end(struct store *s);

#endif
