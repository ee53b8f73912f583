/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing rows of statements as JSON objects.  A table names the members in the
 * order of the statement's columns.
 */
#ifndef FCGI_HANDLERS_ROWS_H
#define FCGI_HANDLERS_ROWS_H

#include "lib/db/db.h"
#include "lib/err.h"
#include "lib/json_out.h"

#include <stdbool.h>

enum rows_form {
	ROWS_TEXT,
	ROWS_NUMBER,
	ROWS_INSTANT, /* microseconds, written as RFC 3339 */
	ROWS_INTERVAL, /* microseconds, written as a Go duration */
	ROWS_TRUTH,
	ROWS_JSON, /* stored JSON, written as it is */
	ROWS_OPEN, /* starts an object; without a column */
	ROWS_CLOSE /* ends it; without a column */
};

/* A table of fields ends with one that has neither key nor form ROWS_CLOSE. */
struct rows_field {
	const char *key; /* NULL for ROWS_CLOSE */
	enum rows_form form;
	bool optional; /* left out when NULL; else NULL is null */
};

/* Writes the current row of ${s} from ${column} on as members of an object. */
void rows_add_members(struct json_out *j, struct stmt *s,
    const struct rows_field *fields, int column);

/* Writes all rows of ${s} as an array of objects. */
int rows_add_array(struct json_out *j, struct stmt *s,
    const struct rows_field *fields, struct err *e);

/* Writes the first row of ${s} as an object; ${found}: there was one. */
int rows_add_object(bool *found, struct json_out *j, struct stmt *s,
    const struct rows_field *fields, struct err *e);

#endif
