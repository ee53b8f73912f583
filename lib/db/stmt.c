/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: binding, stepping, reading columns. */
#include "lib/db/db_private.h"

#include "lib/clock.h"

#include <stdlib.h>
#include <string.h>

struct stmt *
db_stmt(struct db *db, enum sql_id id)
{
	struct stmt *s = &db->stmts[id];

	sqlite3_reset(s->handle);
	return s;
}

/* SQLITE_STATIC: the caller keeps the bytes until stmt_done(). */
void
stmt_bind_text(struct stmt *s, int parameter, const char *text, size_t len)
{
	sqlite3_bind_text64(
	    s->handle, parameter, text, len, SQLITE_STATIC, SQLITE_UTF8);
}

void
stmt_bind_str(struct stmt *s, int parameter, const char *text)
{
	if (text == NULL)
		sqlite3_bind_null(s->handle, parameter);
	else
		stmt_bind_text(s, parameter, text, strlen(text));
}

void
stmt_bind_blob(struct stmt *s, int parameter, const void *data, size_t len)
{
	sqlite3_bind_blob64(s->handle, parameter, data, len, SQLITE_STATIC);
}

void
stmt_bind_int(struct stmt *s, int parameter, int64_t value)
{
	sqlite3_bind_int64(s->handle, parameter, value);
}

void
stmt_bind_null(struct stmt *s, int parameter)
{
	sqlite3_bind_null(s->handle, parameter);
}

static void
bind(struct stmt *s, int parameter, const struct stmt_arg *arg)
{
	switch (arg->type) {
	case STMT_ARG_TIME:
		if (arg->number == CLOCK_NEVER)
			stmt_bind_null(s, parameter);
		else
			stmt_bind_int(s, parameter, arg->number);
		break;
	case STMT_ARG_STR:
		stmt_bind_str(s, parameter, arg->bytes);
		break;
	case STMT_ARG_TEXT:
		stmt_bind_text(s, parameter, arg->bytes, (size_t)arg->number);
		break;
	case STMT_ARG_BLOB:
		stmt_bind_blob(s, parameter, arg->bytes, (size_t)arg->number);
		break;
	case STMT_ARG_INT:
	default:
		stmt_bind_int(s, parameter, arg->number);
		break;
	}
}

struct stmt *
db_query(
    struct db *db, enum sql_id id, const struct stmt_arg *args, size_t count)
{
	struct stmt *s = db_stmt(db, id);

	if ((size_t)sqlite3_bind_parameter_count(s->handle) != count)
		abort();
	for (size_t i = 0; i < count; i++)
		bind(s, (int)i + 1, &args[i]);
	return s;
}

int
db_run(struct db *db, enum sql_id id, const struct stmt_arg *args, size_t count,
    struct err *e)
{
	return stmt_run(db_query(db, id, args, count), e);
}

int
stmt_step(struct stmt *s, bool *row, struct err *e)
{
	switch (sqlite3_step(s->handle)) {
	case SQLITE_ROW:
		*row = true;
		return 0;
	case SQLITE_DONE:
		*row = false;
		sqlite3_reset(s->handle);
		return 0;
	default:
		db_set_err(e, sqlite3_db_handle(s->handle),
		    sql_statements[s->id].name);
		sqlite3_reset(s->handle);
		return -1;
	}
}

int
stmt_number(int64_t *value, struct stmt *s, struct err *e)
{
	bool row;

	if (stmt_step(s, &row, e) == -1)
		return -1;
	*value = row ? stmt_int(s, 0) : 0;
	stmt_done(s);
	return 0;
}

int
stmt_run(struct stmt *s, struct err *e)
{
	bool row;

	do {
		if (stmt_step(s, &row, e) == -1)
			return -1;
	} while (row);
	return 0;
}

void
stmt_done(struct stmt *s)
{
	sqlite3_reset(s->handle);
}

int
stmt_columns(struct stmt *s)
{
	return sqlite3_column_count(s->handle);
}

const char *
stmt_column(struct stmt *s, int column)
{
	return sqlite3_column_name(s->handle, column);
}

bool
stmt_is_null(struct stmt *s, int column)
{
	return sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}

int64_t
stmt_int(struct stmt *s, int column)
{
	return sqlite3_column_int64(s->handle, column);
}

const char *
stmt_text(struct stmt *s, int column, size_t *len)
{
	const unsigned char *text = sqlite3_column_text(s->handle, column);

	if (len != NULL)
		*len = text == NULL
			   ? 0
			   : (size_t)sqlite3_column_bytes(s->handle, column);
	return (const char *)text;
}

const char *
stmt_str(struct stmt *s, int column)
{
	const char *text = stmt_text(s, column, NULL);

	if (text != NULL)
		return text;
	*s->damaged = true;
	return "";
}

const void *
stmt_blob(struct stmt *s, int column, size_t *len)
{
	const void *data = sqlite3_column_blob(s->handle, column);

	*len = (size_t)sqlite3_column_bytes(s->handle, column);
	return data;
}
