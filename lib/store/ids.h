/* SPDX-License-Identifier: Apache-2.0 */
/* Running statements that have a row number as their only parameter. */
#ifndef LIB_STORE_IDS_H
#define LIB_STORE_IDS_H

#include "lib/db/db.h"

#include <stddef.h>
#include <stdint.h>

/* Runs one. */
int ids_run(struct db *db, enum sql_id statement, int64_t id, struct err *e);
/* Runs ${count} of them with the same ${id}. */
int ids_run_all(struct db *db, const enum sql_id *statements, size_t count,
    int64_t id, struct err *e);
/*
 * Reads the first column of all rows of ${list}, whose parameters are bound,
 * and then runs the statements for each number.
 */
int ids_run_listed(struct db *db, struct stmt *list,
    const enum sql_id *statements, size_t count, struct err *e);

/* Row numbers, read before the rows are changed. */
struct ids {
	int64_t *at;
	size_t count;
};

/*
 * Reads the first column of all rows of ${s}, whose parameters are bound.  On
 * -1 nothing needs to be freed.
 */
int ids_read(struct ids *out, struct stmt *s, struct err *e);
void ids_free(struct ids *ids); /* the members */

#endif
