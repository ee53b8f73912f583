/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying the facts of a database into a temporary one, as far as they can be
 * read, and replacing there what is damaged and can be fetched again.
 */
#ifndef LIB_STORE_COPY_H
#define LIB_STORE_COPY_H

#include "lib/db/db.h"

#include <stdbool.h>
#include <stdint.h>

/* What could not be read although its table is there. */
struct copy_loss {
	int64_t documents;
	bool withheld; /* all that filters had left out */
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
 * table damaged; any other table that cannot be read is an error.  No
 * transaction may be open: inside one, SQLite writes nothing more once it has
 * met a page that is damaged.
 */
int copy_facts(struct db *db, struct copy_loss *loss, struct err *e);

/* Notes a document in damaged. */
int copy_note_damaged(struct db *db, int64_t document, struct err *e);

/*
 * Replaces every document noted in damaged by a placeholder with a digest of
 * its own, and makes their sources due and their next fetch a full
 * one.  Dates, tombstones and history stay.
 */
int copy_replace_damaged(
    struct db *db, const struct copy_loss *loss, struct err *e);

#endif
