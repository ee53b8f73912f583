/* SPDX-License-Identifier: Apache-2.0 */
/* Writing rows of statements as JSON. */
#include "fcgi/handlers/rows.h"

#include "lib/duration.h"

#include <string.h>

#define KEY_MAX 32
#define NS_PER_US 1000

static void
add_duration(struct json_out *j, int64_t us)
{
	char text[DURATION_TEXT_SIZE];
	int64_t ns;

	if (__builtin_mul_overflow(us, NS_PER_US, &ns))
		ns = INT64_MAX;
	duration_format(text, ns);
	json_out_str(j, text);
}

/* Writes a column in the form that starts with the letter ${form}. */
static void
add_value(struct json_out *j, struct stmt *s, int column, char form)
{
	const char *text;
	size_t len;

	if (form == '{') {
		json_out_open(j, '{');
	} else if (stmt_is_null(s, column)) {
		json_out_null(j);
	} else if (form == 'n') {
		json_out_int(j, stmt_int(s, column));
	} else if (form == 't') {
		json_out_time(j, stmt_int(s, column));
	} else if (form == 'd') {
		add_duration(j, stmt_int(s, column));
	} else if (form == 'b') {
		json_out_bool(j, stmt_int(s, column) != 0);
	} else {
		text = stmt_text(s, column, &len);
		if (form == 'j')
			json_out_raw(j, text, len);
		else
			json_out_str(j, text);
	}
}

void
rows_open(struct json_out *j, struct stmt *s, int first, int end)
{
	json_out_open(j, '{');
	for (int column = first; column < end; column++) {
		const char *name = stmt_column(s, column);
		size_t len = strcspn(name, " ");
		char key[KEY_MAX] = "";

		if (*name == '}') {
			json_out_close(j, '}');
			continue;
		}
		if (strchr(name, '?') != NULL && stmt_is_null(s, column))
			continue;
		memcpy(key, name, len < KEY_MAX ? len : KEY_MAX - 1);
		json_out_key(j, key);
		add_value(j, s, column, name[len] == ' ' ? name[len + 1] : 's');
	}
}

int
rows_add_object(bool *found, struct json_out *j, struct stmt *s, struct err *e)
{
	if (stmt_step(s, found, e) == -1)
		return -1;
	if (!*found)
		return 0;
	rows_open(j, s, 0, stmt_columns(s));
	json_out_close(j, '}');
	stmt_done(s);
	return 0;
}

int
rows_add_array(struct json_out *j, struct stmt *s, struct err *e)
{
	bool row;

	json_out_open(j, '[');
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		rows_open(j, s, 0, stmt_columns(s));
		json_out_close(j, '}');
	}
	json_out_close(j, ']');
	return 0;
}
