/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON into a buffer. */
#include "lib/json_out.h"

#include "lib/clock.h"
#include "lib/plain.h"
#include "lib/text.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void
add_escape(struct buf *to, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[] = "\"\\\b\f\n\r\t";
	static const char names[] = "\"\\bfnrt";
	const char *letter = c == '\0' ? NULL : strchr(letters, c);
	char unicode[] = "\\u00xx";

	if (letter != NULL) {
		buf_addc(to, '\\');
		buf_addc(to, names[letter - letters]);
		return;
	}
	unicode[4] = hex[c >> 4];
	unicode[5] = hex[c & 15];
	buf_adds(to, unicode);
}

/* Appends the character outside ASCII at ${text}; returns its length. */
static size_t
add_character(struct buf *to, const char *text, size_t len)
{
	size_t used = text_multibyte(text, len);

	if (used == 0) {
		buf_adds(to, REPLACEMENT);
		return 1;
	}
	buf_add(to, text, used);
	return used;
}

void
json_out_quote(struct buf *to, const char *text, size_t len)
{
	size_t at = 0;

	buf_addc(to, '"');
	while (at < len && !to->bad) {
		size_t plain = plain_span(text + at, len - at, PLAIN_IN_JSON);

		buf_add(to, text + at, plain);
		at += plain;
		if (at == len)
			break;
		if ((unsigned char)text[at] >= 0x80)
			at += add_character(to, text + at, len - at);
		else
			add_escape(to, (unsigned char)text[at++]);
	}
	buf_addc(to, '"');
}

static void
separate(struct json_out *j)
{
	if (j->comma)
		buf_addc(j->to, ',');
	j->comma = true;
}

void
json_out_open(struct json_out *j, char bracket)
{
	separate(j);
	buf_addc(j->to, bracket);
	j->comma = false;
}

void
json_out_close(struct json_out *j, char bracket)
{
	buf_addc(j->to, bracket);
	j->comma = true;
}

void
json_out_key(struct json_out *j, const char *key)
{
	separate(j);
	buf_addc(j->to, '"');
	buf_adds(j->to, key);
	buf_add(j->to, "\":", 2);
	j->comma = false;
}

void
json_out_str(struct json_out *j, const char *value)
{
	if (value == NULL) {
		json_out_null(j);
		return;
	}
	separate(j);
	json_out_quote(j->to, value, strlen(value));
}

void
json_out_int(struct json_out *j, int64_t value)
{
	separate(j);
	buf_add_i64(j->to, value);
}

void
json_out_bool(struct json_out *j, bool value)
{
	json_out_raw(j, value ? "true" : "false", value ? 4 : 5);
}

void
json_out_null(struct json_out *j)
{
	json_out_raw(j, "null", 4);
}

void
json_out_time(struct json_out *j, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	if (us == CLOCK_NEVER) {
		json_out_null(j);
		return;
	}
	separate(j);
	buf_addc(j->to, '"');
	buf_add(j->to, text, clock_format(text, us));
	buf_addc(j->to, '"');
}

void
json_out_raw(struct json_out *j, const char *json, size_t len)
{
	separate(j);
	buf_add(j->to, json, len);
}

void
json_out_member_str(struct json_out *j, const char *key, const char *value)
{
	json_out_key(j, key);
	json_out_str(j, value);
}

void
json_out_member_int(struct json_out *j, const char *key, int64_t value)
{
	json_out_key(j, key);
	json_out_int(j, value);
}

void
json_out_member_bool(struct json_out *j, const char *key, bool value)
{
	json_out_key(j, key);
	json_out_bool(j, value);
}
