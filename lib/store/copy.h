/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying the readable facts of a database into a temporary one, and replacing
 * damaged documents there, which can be fetched again.
 */
#ifndef LIB_STORE_COPY_H
#define LIB_STORE_COPY_H

#include "lib/db/db.h"

#include <stdbool.h>
#include <stdint.h>

/* What could not be read. */
struct copy_loss {
	int64_t documents;
	bool withheld; /* the table withheld */
	struct err why; /* the first reason */
};

/*
 * Opens an empty temporary database with ${path} attached as "stored" and the
 * statements of verify.sql prepared.  ERR_UNAVAILABLE: there is no database, or
 * none of this schema.
 */
int copy_open(struct db **out, const char *path, struct err *e);

/*
 * Copies all facts.  Documents that cannot be read are noted in the temporary
 * table damaged; any other table that cannot be read is an error.  Call it
 * outside a transaction: SQLite refuses to write in a transaction that has read
 * a damaged page.
 */
int copy_facts(struct db *db, struct copy_loss *loss, struct err *e);

/* Notes a document in damaged. */
int copy_note_damaged(struct db *db, int64_t document, struct err *e);

/*
 * Replaces every document noted in damaged by a placeholder with a digest of
 * its own, and makes their sources due for a full fetch.  Dates, tombstones and
 * history stay.
 */
int copy_replace_damaged(
    struct db *db, const struct copy_loss *loss, struct err *e);

#endif
