/* SPDX-License-Identifier: Apache-2.0 */
/* Assigning sort keys to new entries, gap by gap. */
#include "lib/store/order.h"

#include "lib/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A gap between two keys, and the new entries that belong in it. */
struct gap {
	int64_t *entries;
	size_t count;
	size_t room;
	int64_t low; /* the key before the gap, taken */
	int64_t high; /* the key after it, taken; or the end of the kind */
	bool open_end; /* nothing of this kind follows */
	/* The entry after the gap: names that sort before it belong here. */
	int kind;
	char *name;
	int64_t source;
};

/* The bytewise order of names, as SQLite's BINARY collation has it. */
static bool
precedes(int kind, const char *name, int64_t source, const struct gap *g)
{
	int order;

	if (kind != g->kind)
		return kind < g->kind;
	if (g->name == NULL)
		return true;
	order = strcmp(name, g->name);
	return order != 0 ? order < 0 : source < g->source;
}

/* Finds the gap that (kind, name, source) falls into. */
static int
gap_find(struct gap *g, struct db *db, int kind, const char *name,
    int64_t source, struct err *e)
{
	struct stmt *s = db_query(
	    db, SQL_PLACE_AFTER, ARGS(INT(kind), STR(name), INT(source)));
	bool row;

	free(g->name);
	g->name = NULL;
	g->kind = kind;
	g->count = 0;
	if (stmt_step(s, &row, e) == -1)
		return -1;
	g->open_end = !row || stmt_int(s, 0) != kind;
	if (g->open_end) {
		g->high = (int64_t)(kind + 1) << ORDER_KIND_SHIFT;
	} else {
		g->name = xstrdup(stmt_text(s, 1, NULL));
		g->source = stmt_int(s, 2);
		g->high = stmt_int(s, 3);
	}
	stmt_done(s);

	s = db_query(db, SQL_PLACE_BEFORE, ARGS(INT(g->high)));
	if (stmt_step(s, &row, e) == -1)
		return -1;
	g->low = (int64_t)kind << ORDER_KIND_SHIFT;
	if (row && stmt_int(s, 0) > g->low)
		g->low = stmt_int(s, 0);
	stmt_done(s);
	return 0;
}

static void
gap_add(struct gap *g, int64_t entry)
{
	if (g->count == g->room) {
		g->room = g->room == 0 ? 64 : g->room * 2;
		g->entries =
		    xreallocarray(g->entries, g->room, sizeof *g->entries);
	}
	g->entries[g->count++] = entry;
}

/* Spreads the entries evenly; at an open end, ORDER_SPACING apart. */
static int
gap_fill(struct gap *g, struct db *db, bool *full, struct err *e)
{
	int64_t step = (g->high - g->low) / ((int64_t)g->count + 1);

	if (g->count == 0)
		return 0;
	if (step < 1) {
		*full = true;
		return 0;
	}
	if (g->open_end && step > ORDER_SPACING)
		step = ORDER_SPACING;
	for (size_t i = 0; i < g->count; i++)
		if (db_run(db, SQL_TOUCHED_PLACE,
			ARGS(INT(g->low + step * (int64_t)(i + 1)),
			    INT(g->entries[i])),
			e) == -1)
			return -1;
	g->count = 0;
	return 0;
}

int
order_assign(struct db *db, bool *full, struct err *e)
{
	struct gap gap = { .kind = -1 };
	struct stmt *s = db_stmt(db, SQL_TOUCHED_NEW);
	bool row;
	int rc = -1;

	*full = false;
	for (;;) {
		int64_t entry, source;
		const char *name;
		int kind;

		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		entry = stmt_int(s, 0);
		kind = (int)stmt_int(s, 1);
		name = stmt_text(s, 2, NULL);
		source = stmt_int(s, 3);
		if (!precedes(kind, name, source, &gap)) {
			if (gap_fill(&gap, db, full, e) == -1 ||
			    gap_find(&gap, db, kind, name, source, e) == -1)
				goto out;
		}
		gap_add(&gap, entry);
	}
	if (gap_fill(&gap, db, full, e) == -1)
		goto out;
	rc = 0;
out:
	stmt_done(s);
	free(gap.entries);
	free(gap.name);
	return rc;
}
