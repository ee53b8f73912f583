/* SPDX-License-Identifier: Apache-2.0 */
/* A cursor from a client: an accepted one equals its own encoding. */
#include "fcgi/http/cursor.h"
#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const struct cursor_scope scope = { "team", ENTRY_SERVER, NULL };

static void
decode(const char *given)
{
	struct buf raw = BUF_INIT(LIMIT_CURSOR), text = BUF_INIT(LIMIT_CURSOR);
	struct buf scratch = BUF_INIT(LIMIT_CURSOR);
	struct err e = ERR_INIT;
	struct cursor c;

	if (cursor_decode(&c, &raw, given, &scope, &e) == 0) {
		FUZZ_HOLDS(c.limit >= 1 && c.limit <= LIMIT_PAGE_MAX);
		FUZZ_HOLDS(c.last_name != NULL);
		cursor_encode(&text, &scratch, &c, &scope);
		FUZZ_HOLDS(strcmp(buf_str(&text), given) == 0);
	} else {
		FUZZ_HOLDS(e.code == ERR_INPUT && e.text[0] != '\0');
	}
	buf_free(&raw);
	buf_free(&text);
	buf_free(&scratch);
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* A cursor made of the lines of the input, there and back. */
static void
encode(char **t)
{
	struct buf text = BUF_INIT(LIMIT_CURSOR), raw = BUF_INIT(LIMIT_CURSOR);
	struct cursor_scope other = { "teams", ENTRY_SERVER, NULL };
	struct cursor c = { .limit = 30, .since = 1, .last_name = t[1] };
	struct err e = ERR_INIT;
	struct cursor back;

	c.filters.text[PARAMETER_SEARCH] = t[0][0] == '\0' ? NULL : t[0];
	c.last_version = t[2];
	c.deleted = t[3][0] == 'd';
	cursor_encode(&text, &raw, &c, &scope);
	if (!text.bad && !raw.bad && strlen(t[0]) <= LIMIT_SEARCH) {
		FUZZ_HOLDS(cursor_decode(
			       &back, &raw, buf_str(&text), &other, &e) == -1);
		FUZZ_HOLDS(cursor_decode(
			       &back, &raw, buf_str(&text), &scope, &e) == 0);
		FUZZ_HOLDS(same(back.filters.text[PARAMETER_SEARCH],
		    c.filters.text[PARAMETER_SEARCH]));
		FUZZ_HOLDS(same(back.last_name, c.last_name));
		FUZZ_HOLDS(same(back.last_version, c.last_version));
		FUZZ_HOLDS(back.deleted == c.deleted && back.since == 1);
	}
	buf_free(&text);
	buf_free(&raw);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char *t[4];

	fuzz_texts(t, 4, data, len);
	decode(t[0]);
	encode(t);
	fuzz_texts_free(t, 4);
}
