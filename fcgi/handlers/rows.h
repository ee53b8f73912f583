/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing rows of statements as JSON objects.
 *
 * The name of a column (sql/read.sql) is the key of a member, and may have a
 * second word that says how the value is written.  A question mark at the end
 * omits the member where the column is NULL; without one it is null.
 *
 *	AS "name"		text
 *	AS "count number"
 *	AS "start time"		microseconds, written as RFC 3339
 *	AS "every duration"	microseconds, written as a Go duration
 *	AS "default boolean"
 *	AS "claims json"	stored JSON, written as it is
 *	AS "claims json?"	the same, may be omitted
 *	AS "title ?"		text, may be omitted
 *	AS "status {"		starts an object; the value is not used
 *	AS "}"			ends that object
 */
#ifndef FCGI_HANDLERS_ROWS_H
#define FCGI_HANDLERS_ROWS_H

#include "lib/db/db.h"
#include "lib/err.h"
#include "lib/json_out.h"

#include <stdbool.h>

/*
 * Writes the columns from ${first} to before ${end} of the current row of ${s}
 * as an object, and leaves it open.
 */
void rows_open(struct json_out *j, struct stmt *s, int first, int end);

/* Writes all rows of ${s} as an array of objects. */
int rows_add_array(struct json_out *j, struct stmt *s, struct err *e);

/* Writes the first row of ${s} as an object; ${found}: there was one. */
int rows_add_object(
    bool *found, struct json_out *j, struct stmt *s, struct err *e);

#endif
