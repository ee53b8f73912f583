/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists and search: a walk over a registry's entries in the order of their
 * names, from the place where the page before ended.
 */
#include "fcgi/page.h"
#include "lib/clock.h"
#include "lib/fold.h"

#include <string.h>

/* The high bits of a sort key are the kind (schema/derived.sql). */
#define SORT_KEY_KIND_SHIFT 56

/* Characters that the trigram index needs at least. */
#define TRIGRAM 3

/* A walk's statement and where its parameters stand; 0: it has no such. */
struct walk {
	enum sql_id id;
	int registry, from, end, deleted, since, status, needle;
	int after; /* all versions */
	int version; /* one version */
	int query; /* through the index */
};

#define WALK(NAME)                                                        \
	.id = SQL_##NAME, .registry = SQL_##NAME##_P_REGISTRY,            \
	.from = SQL_##NAME##_P_FROM, .end = SQL_##NAME##_P_END,           \
	.deleted = SQL_##NAME##_P_DELETED, .since = SQL_##NAME##_P_SINCE, \
	.status = SQL_##NAME##_P_STATUS, .needle = SQL_##NAME##_P_NEEDLE

/* By: is the index asked, is only one version of each entry wanted. */
static const struct walk walks[2][2] = {
	{ { WALK(LIST_ALL), .after = SQL_LIST_ALL_P_AFTER },
	    { WALK(LIST_ONE), .version = SQL_LIST_ONE_P_VERSION } },
	{ { WALK(SEARCH_ALL), .after = SQL_SEARCH_ALL_P_AFTER,
	      .query = SQL_SEARCH_ALL_P_QUERY },
	    { WALK(SEARCH_ONE), .version = SQL_SEARCH_ONE_P_VERSION,
		.query = SQL_SEARCH_ONE_P_QUERY } },
};

/* Where a walk begins. */
struct place {
	int64_t from; /* sort key of the first entry */
	const char *after; /* of its versions only those after this one */
	bool end; /* there is nothing any more */
};

static size_t
next_character(const char *text, size_t at)
{
	do
		at++;
	while (((unsigned char)text[at] & 0xc0) == 0x80);
	return at;
}

static size_t
count_characters(const char *text)
{
	size_t count = 0;

	for (size_t at = 0; text[at] != '\0'; at = next_character(text, at))
		count++;
	return count;
}

/* One trigram as a string of the index's query language. */
static void
add_trigram(struct buf *match, const char *text)
{
	size_t len = 0;

	for (int i = 0; i < TRIGRAM; i++)
		len = next_character(text, len);
	buf_addc(match, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			buf_addc(match, '"');
		buf_addc(match, text[i]);
	}
	buf_adds(match, "\" ");
}

/*
 * The question to the index: the trigrams of the needle, all of them wanted.
 * Of a long needle some are enough, since the text itself is looked at too.
 */
static void
make_match(struct buf *match, const char *needle, size_t characters)
{
	size_t trigrams = characters - TRIGRAM + 1;
	size_t stride = (trigrams + LIMIT_TRIGRAMS - 1) / LIMIT_TRIGRAMS;
	size_t at = 0;

	buf_reset(match);
	for (size_t i = 0; i < trigrams; i++) {
		if (i % stride == 0 || i == trigrams - 1)
			add_trigram(match, needle + at);
		at = next_character(needle, at);
	}
}

/*
 * The search text of skills and plugins is trimmed, that of servers is not.
 * Blanks in a URL are spaces almost always.
 */
static void
fold_search(struct exchange *x)
{
	const char *text = x->query.search;
	size_t len = strlen(text);

	if (x->match.route->kind != ENTRY_SERVER) {
		while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
			len--;
		while (len > 0 && strchr(" \t\r\n", *text) != NULL) {
			text++;
			len--;
		}
	}
	buf_reset(&x->scratch->needle);
	fold_add(&x->scratch->needle, text, len);
}

/* Finds the first entry at or after the cursor's. */
static int
find_place(
    struct place *p, struct exchange *x, const struct cursor *c, struct err *e)
{
	struct stmt *s = db_stmt(x->db, SQL_LIST_START);
	bool row;

	stmt_bind_int(s, SQL_LIST_START_P_REGISTRY, x->registry.id);
	stmt_bind_int(s, SQL_LIST_START_P_KIND, x->match.route->kind);
	stmt_bind_str(s, SQL_LIST_START_P_NAME, c->last_name);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	p->end = !row;
	if (!row)
		return 0;
	p->from = stmt_int(s, 0);
	if (strcmp(stmt_text(s, 1, NULL), c->last_name) == 0) {
		/* With one version of each, this entry has had its turn. */
		if (x->query.version != NULL)
			p->from++;
		else
			p->after = c->last_version;
	}
	stmt_done(s);
	return 0;
}

static void
bind_text(struct stmt *s, int parameter, const char *text)
{
	if (parameter != 0)
		stmt_bind_str(s, parameter, text);
}

/* The statement for what is asked, ready to be stepped. */
static struct stmt *
start_walk(struct exchange *x, const struct place *p)
{
	const struct query *q = &x->query;
	int64_t kind = x->match.route->kind;
	const char *needle = buf_str(&x->scratch->needle);
	size_t characters = count_characters(needle);
	const struct walk *w =
	    &walks[characters >= TRIGRAM][q->version != NULL];
	struct stmt *s = db_stmt(x->db, w->id);

	stmt_bind_int(s, w->registry, x->registry.id);
	stmt_bind_int(s, w->from, p->from);
	stmt_bind_int(
	    s, w->end, p->end ? p->from : (kind + 1) << SORT_KEY_KIND_SHIFT);
	stmt_bind_int(s, w->deleted, q->deleted);
	if (q->since == CLOCK_NEVER)
		stmt_bind_null(s, w->since);
	else
		stmt_bind_int(s, w->since, q->since);
	stmt_bind_str(s, w->status, q->status);
	stmt_bind_str(s, w->needle, characters == 0 ? NULL : needle);
	bind_text(s, w->after, p->after);
	bind_text(s, w->version, query_is_latest(q) ? NULL : q->version);
	if (w->query != 0) {
		make_match(&x->scratch->match, needle, characters);
		stmt_bind_str(s, w->query, buf_str(&x->scratch->match));
	}
	return s;
}

int
handle_list(struct exchange *x, struct err *e)
{
	const struct cursor_scope scope = {
		.registry = x->registry.name,
		.kind = x->match.route->kind,
	};
	struct place p = {
		.from = (int64_t)scope.kind << SORT_KEY_KIND_SHIFT,
		.after = "",
	};
	struct cursor c;
	bool resumed;

	if (page_resume(&resumed, &c, x, &scope, e) == -1 ||
	    (resumed && find_place(&p, x, &c, e) == -1))
		return -1;
	buf_reset(&x->scratch->needle);
	if (x->query.search != NULL)
		fold_search(x);
	return page_fill(NULL, x, start_walk(x, &p), &scope, e);
}
