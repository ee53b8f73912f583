/* SPDX-License-Identifier: Apache-2.0 */
/* Writing rows of statements as JSON. */
#include "fcgi/handlers/rows.h"

#include "lib/duration.h"

#include <stddef.h>

#define NS_PER_US 1000

static void
add_interval(struct json_out *j, int64_t us)
{
	char text[DURATION_TEXT_SIZE];
	int64_t ns;

	if (__builtin_mul_overflow(us, NS_PER_US, &ns))
		ns = INT64_MAX;
	duration_format(text, ns);
	json_out_str(j, text);
}

static void
add_value(struct json_out *j, struct stmt *s, int column, enum rows_form form)
{
	const char *text;
	size_t len;

	if (stmt_is_null(s, column)) {
		json_out_null(j);
		return;
	}
	switch (form) {
	case ROWS_NUMBER:
		json_out_int(j, stmt_int(s, column));
		break;
	case ROWS_INSTANT:
		json_out_time(j, stmt_int(s, column));
		break;
	case ROWS_INTERVAL:
		add_interval(j, stmt_int(s, column));
		break;
	case ROWS_TRUTH:
		json_out_bool(j, stmt_int(s, column) != 0);
		break;
	case ROWS_JSON:
		text = stmt_text(s, column, &len);
		json_out_raw(j, text, len);
		break;
	default:
		json_out_str(j, stmt_text(s, column, NULL));
		break;
	}
}

void
rows_add_members(struct json_out *j, struct stmt *s,
    const struct rows_field *fields, int column)
{
	for (; fields->key != NULL || fields->form == ROWS_CLOSE; fields++) {
		if (fields->form == ROWS_CLOSE) {
			json_out_close(j, '}');
			continue;
		}
		if (fields->optional && stmt_is_null(s, column)) {
			column++;
			continue;
		}
		json_out_key(j, fields->key);
		if (fields->form == ROWS_OPEN)
			json_out_open(j, '{');
		else
			add_value(j, s, column++, fields->form);
	}
}

int
rows_add_object(bool *found, struct json_out *j, struct stmt *s,
    const struct rows_field *fields, struct err *e)
{
	if (stmt_step(s, found, e) == -1)
		return -1;
	if (!*found)
		return 0;
	json_out_open(j, '{');
	rows_add_members(j, s, fields, 0);
	json_out_close(j, '}');
	stmt_done(s);
	return 0;
}

int
rows_add_array(struct json_out *j, struct stmt *s,
    const struct rows_field *fields, struct err *e)
{
	bool row;

	json_out_open(j, '[');
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		json_out_open(j, '{');
		rows_add_members(j, s, fields, 0);
		json_out_close(j, '}');
	}
	json_out_close(j, ']');
	return 0;
}
