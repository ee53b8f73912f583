/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists and search: the entries of a registry in the order of their names, from
 * the end of the previous page.
 */
#include "fcgi/handlers/item.h"
#include "fcgi/handlers/page.h"
#include "lib/clock.h"
#include "lib/fold.h"

#include <string.h>

/* The high bits of a sort key are the kind (schema/derived.sql). */
#define SORT_KEY_KIND_SHIFT 56

/* Candidates whose versions are read at once. */
#define ENTRIES_AT_ONCE 12

/* The range of a page. */
struct place {
	int64_t from; /* sort key of the first entry */
	const char *after; /* skip its versions up to this one */
	int64_t end; /* after the sort key of the last */
};

/*
 * Trims the search text of skills and plugins, as the reference does, but not
 * that of servers.
 */
static void
fold_search(struct exchange *x)
{
	const char *text = query_search(x->query);
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
	struct stmt *s = db_query(x->db, SQL_LIST_START,
	    ARGS(INT(x->registry.id), INT(x->match.route->kind),
		STR(c->last_name)));
	bool row;

	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row) {
		p->from = p->end;
		return 0;
	}
	p->from = stmt_int(s, 0);
	if (strcmp(stmt_str(s, 1), c->last_name) == 0) {
		/* If each entry has one version, this entry is complete. */
		if (query_version(x->query) != NULL)
			p->from++;
		else
			p->after = c->last_version;
	}
	stmt_done(s);
	return 0;
}

/* ---- all entries, without the index ---- */

static int
fill_plain(struct exchange *x, const struct place *p,
    const struct cursor_scope *scope, struct err *e)
{
	struct page_rows rows = { .next = page_next_row };
	struct stmt *s;

	if (query_version(x->query) != NULL)
		s = db_query(x->db, SQL_LIST_LATEST,
		    ARGS(INT(x->registry.id), INT(p->from), INT(p->end),
			INT(x->query->deleted)));
	else
		s = db_query(x->db, SQL_LIST_ALL,
		    ARGS(INT(p->from), STR(p->after), INT(x->registry.id),
			INT(p->end), INT(x->query->deleted)));
	rows.context = s;
	if (page_fill(NULL, x, &rows, scope, e) == -1)
		return -1;
	stmt_done(s);
	return 0;
}

/* ---- with the index ---- */

/* The kind of terms and of stored facets of the filter ${i}. */
static enum posting_kind
facet_kind(int i)
{
	static const enum posting_kind kinds[PARAMETER_FACETS] = { POSTING_TAG,
		POSTING_REGISTRY_TYPE, POSTING_TRANSPORT };

	return kinds[i];
}

static bool
has_any(const struct value_set *values, enum posting_kind kind,
    const char *stored, const char *end)
{
	const char *nul;

	for (; stored < end; stored = nul + 1) {
		nul = memchr(stored, '\0', (size_t)(end - stored));
		if (nul == NULL)
			return false;
		for (size_t i = 0; *stored == (char)kind && i < values->count;
		     i++)
			if (strcmp(stored + 1, values->at[i]) == 0)
				return true;
	}
	return false;
}

/*
 * Whether a version's stored facets, ${len} bytes (lib/posting.h), have one of
 * the values of each filter.  Values are compared byte by byte.
 */
static bool
facets_match(const struct value_set *wanted, const char *stored, size_t len)
{
	for (int i = 0; i < PARAMETER_FACETS; i++)
		if (wanted[i].count > 0 &&
		    !has_any(&wanted[i], facet_kind(i), stored, stored + len))
			return false;
	return true;
}

/* The candidates and the versions of each. */
struct walk {
	struct exchange *x;
	const struct place *place;
	struct stmt *versions; /* of the candidates that were read last */
	bool any_left; /* the statement has not ended */
};

static void
build_search(struct exchange *x, const char *needle)
{
	const struct query *q = x->query;
	struct candidates *c = &x->scratch->candidates;
	struct buf *text = &x->scratch->key;

	for (int i = 0; i < PARAMETER_FACETS; i++) {
		const struct value_set *set = &q->filters.sets[i];

		for (size_t k = 0; k < set->count; k++)
			candidates_add(
			    c, facet_kind(i), set->at[k], strlen(set->at[k]));
		if (set->count > 0)
			candidates_end_group(c);
	}
	if (query_version(q) != NULL && !query_is_latest(q)) {
		candidates_add_group(c, POSTING_VERSION, query_version(q),
		    strlen(query_version(q)));
	}
	if (q->filters.text[PARAMETER_STATUS] != NULL) {
		buf_reset(text);
		fold_add(text, q->filters.text[PARAMETER_STATUS],
		    strlen(q->filters.text[PARAMETER_STATUS]));
		candidates_add_group(
		    c, POSTING_STATUS, buf_str(text), text->len);
	}
	candidates_add_text(c, needle);
	if (!q->deleted)
		candidates_add_group(c, POSTING_USABLE, "", 0);
	buf_reset(text);
	buf_add_i64(text, x->registry.id);
	candidates_add_group(c, POSTING_REGISTRY, buf_str(text), text->len);
	c->since = q->since;
}

/* The statement with the versions of the entries in x->scratch->sort_keys. */
static struct stmt *
start_entries(struct exchange *x, const struct place *p)
{
	const struct query *q = x->query;
	const char *sort_keys = buf_str(&x->scratch->sort_keys);
	const char *status = q->filters.text[PARAMETER_STATUS];
	const char *version = query_is_latest(q) ? NULL : query_version(q);
	const char *needle =
	    x->scratch->needle.len == 0 ? NULL : buf_str(&x->scratch->needle);

	if (query_version(q) == NULL)
		return db_query(x->db, SQL_ENTRIES_ALL,
		    ARGS(INT(query_has_facets(q)), STR(sort_keys),
			INT(x->registry.id), INT(p->from), STR(p->after),
			STR(needle), INT(q->deleted), TIME(q->since),
			STR(status)));
	return db_query(x->db, SQL_ENTRIES_ONE,
	    ARGS(INT(query_has_facets(q)), STR(sort_keys), INT(x->registry.id),
		STR(version), STR(needle), INT(q->deleted), TIME(q->since),
		STR(status)));
}

/*
 * Reads the next candidates: only those of the current block, as another block
 * costs more than a statement, and not more than the page can have.
 */
static int
next_entries(struct walk *w, bool *any, struct err *e)
{
	struct candidates *c = &w->x->scratch->candidates;
	struct buf *keys = &w->x->scratch->sort_keys;
	int64_t sort_key;
	int count = 0;

	buf_reset(keys);
	do {
		if (candidates_next(c, &sort_key, any, e) == -1)
			return -1;
		if (!*any)
			break;
		buf_addc(keys, count++ == 0 ? '[' : ',');
		buf_add_i64(keys, sort_key);
	} while (count < ENTRIES_AT_ONCE && count <= w->x->query->limit &&
		 candidates_in_block(c));
	buf_addc(keys, ']');
	*any = count > 0;
	if (*any)
		w->versions = start_entries(w->x, w->place);
	return 0;
}

static bool
row_matches(const struct walk *w)
{
	size_t len;
	const char *facets;

	if (!query_has_facets(w->x->query))
		return true;
	facets = stmt_blob(w->versions, ITEM_FACETS, &len);
	return facets_match(w->x->query->filters.sets, facets, len);
}

static int
next_version(struct page_rows *rows, struct stmt **row, struct err *e)
{
	struct walk *w = rows->context;
	bool any;

	*row = NULL;
	for (;;) {
		if (!w->any_left) {
			if (next_entries(w, &any, e) == -1)
				return -1;
			if (!any)
				return 0;
		}
		if (stmt_step(w->versions, &w->any_left, e) == -1)
			return -1;
		if (w->any_left && row_matches(w)) {
			*row = w->versions;
			return 0;
		}
	}
}

static int
fill_filtered(struct exchange *x, const struct place *p,
    const struct cursor_scope *scope, struct err *e)
{
	struct candidates *c = &x->scratch->candidates;
	struct walk w = { .x = x, .place = p };
	struct page_rows rows = { .next = next_version, .context = &w };

	candidates_start(c, x->db, p->from, p->end);
	build_search(x, buf_str(&x->scratch->needle));
	if (page_fill(NULL, x, &rows, scope, e) == -1)
		return -1;
	candidates_done(c);
	if (w.versions != NULL)
		stmt_done(w.versions);
	return 0;
}

/* Whether the query can be answered without the index. */
static bool
is_plain(const struct exchange *x)
{
	const struct query *q = x->query;

	return x->scratch->needle.len == 0 && q->since == CLOCK_NEVER &&
	       q->filters.text[PARAMETER_STATUS] == NULL &&
	       !query_has_facets(q) &&
	       (query_version(q) == NULL || query_is_latest(q));
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
		.end = (int64_t)(scope.kind + 1) << SORT_KEY_KIND_SHIFT,
		.after = "",
	};
	struct cursor c;
	bool resumed;

	if (page_resume(&resumed, &c, x, &scope, e) == -1)
		return -1;
	buf_reset(&x->scratch->needle);
	if (query_search(x->query) != NULL)
		fold_search(x);
	if (x->query->matches_nothing) {
		p.from = p.end;
		return fill_plain(x, &p, &scope, e);
	}
	/* One version of each name: clients treat two results as ambiguous. */
	if (scope.kind != ENTRY_SERVER && x->scratch->needle.len > 0 &&
	    query_version(x->query) == NULL)
		x->query->filters.text[PARAMETER_VERSION] = QUERY_LATEST;
	if (resumed && find_place(&p, x, &c, e) == -1)
		return -1;
	return is_plain(x) ? fill_plain(x, &p, &scope, e)
			   : fill_filtered(x, &p, &scope, e);
}
