/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON into a buffer, value by value; commas are added automatically.
 *
 *	struct json_out j = JSON_OUT_INIT(&buf);
 *
 *	json_out_open(&j, '{');
 *	json_out_member_str(&j, "name", name);
 *	json_out_close(&j, '}');
 *
 * Nothing fails here: a full buffer is marked bad (lib/buf.h).  The caller
 * pairs brackets and writes a key before each member.
 */
#ifndef LIB_JSON_OUT_H
#define LIB_JSON_OUT_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_out {
	struct buf *to; /* borrowed */
	bool comma; /* the next value or key needs one */
};

#define JSON_OUT_INIT(buffer)   \
	{                       \
		(buffer), false \
	}

/*
 * Appends ${text} of ${len} bytes as a JSON string with its quotes.  Control
 * characters are escaped; bytes that are not UTF-8 become U+FFFD.
 */
void json_out_quote(struct buf *to, const char *text, size_t len);

/* ${bracket} is '{' or '[', and '}' or ']'. */
void json_out_open(struct json_out *j, char bracket);
void json_out_close(struct json_out *j, char bracket);
/* ${key} needs no escaping. */
void json_out_key(struct json_out *j, const char *key);

/* NULL is written as null. */
void json_out_str(struct json_out *j, const char *value);
void json_out_int(struct json_out *j, int64_t value);
void json_out_bool(struct json_out *j, bool value);
void json_out_null(struct json_out *j);
/* An instant as RFC 3339 text; CLOCK_NEVER is null. */
void json_out_time(struct json_out *j, int64_t us);
/* Text that already is JSON. */
void json_out_raw(struct json_out *j, const char *json, size_t len);

/* A key and its value. */
void json_out_member_str(
    struct json_out *j, const char *key, const char *value);
void json_out_member_int(struct json_out *j, const char *key, int64_t value);
void json_out_member_bool(struct json_out *j, const char *key, bool value);

#endif
