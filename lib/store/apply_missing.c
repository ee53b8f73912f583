/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is stored of a source and was not offered.  One walk over all that is
 * stored of it; the versions of an entry come together, and what happens to
 * them is decided together.
 */
#include "lib/store/apply_private.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* The entry at hand, and those of its versions that were not offered. */
struct group {
	struct apply *apply;
	int64_t entry; /* 0: none */
	enum entry_kind kind;
	bool offered; /* another version of it was */
	bool rejected; /* a version of that name was */
	struct plan_missing *missing;
	size_t count;
	size_t room;
};

/* ---- versions ---- */

/* The columns of the statement stored_versions. */
enum {
	VERSION_ENTRY,
	VERSION_KIND,
	VERSION_NAME,
	VERSION_DOCUMENT,
	VERSION_VERSION,
	VERSION_IS_DELETED,
	VERSION_IS_REMOVED,
	VERSION_FILE
};

static void
add_missing(struct group *g, const struct plan_missing *m)
{
	if (g->count == g->room) {
		g->room = g->room == 0 ? 16 : g->room * 2;
		g->missing =
		    xreallocarray(g->missing, g->room, sizeof *g->missing);
	}
	g->missing[g->count++] = *m;
}

static void
count_usable(struct apply *a, enum entry_kind kind, int64_t more)
{
	int64_t *counts[] = { [ENTRY_SERVER] = &a->counts.servers,
		[ENTRY_SKILL] = &a->counts.skills,
		[ENTRY_PLUGIN] = &a->counts.plugins };

	*counts[kind] += more;
}

static void
take_version(struct group *g, struct stmt *s)
{
	struct apply *a = g->apply;
	struct plan_missing m = { .document = stmt_int(s, VERSION_DOCUMENT),
		.deleted = stmt_int(s, VERSION_IS_DELETED) != 0 };
	const char *name;

	if (!m.deleted)
		count_usable(a, g->kind, 1);
	if (id_set_has(&a->seen, m.document)) {
		g->offered = true;
		return;
	}
	if (stmt_int(s, VERSION_IS_REMOVED) != 0)
		return;
	name = stmt_text(s, VERSION_NAME, NULL);
	m.rejected = last_good_has(&a->last_good, g->kind, name,
	    stmt_text(s, VERSION_VERSION, NULL),
	    stmt_text(s, VERSION_FILE, NULL));
	g->rejected = last_good_has_name(&a->last_good, g->kind, name);
	add_missing(g, &m);
}

static int
find_newest(int64_t *document, const struct group *g, struct err *e)
{
	struct stmt *s = db_stmt(g->apply->place.db, SQL_NEWEST_DOCUMENT);

	stmt_bind_int(s, SQL_NEWEST_DOCUMENT_P_ENTRY, g->entry);
	return stmt_number(document, s, e);
}

static int
carry_out(const struct group *g, const struct plan_missing *m, struct err *e)
{
	struct apply *a = g->apply;

	switch (m->fate) {
	case PLAN_STAYS:
		a->counts.unchanged++;
		break;
	case PLAN_RETIRED:
		return stored_retire(&a->place, m->document, e);
	case PLAN_REMOVED:
		a->counts.removed++;
		count_usable(a, g->kind, -1);
		if (apply_touch(a, g->entry, e) == -1)
			return -1;
		return stored_remove(&a->place, m->document, e);
	}
	return 0;
}

static int
finish_entry(struct group *g, struct err *e)
{
	struct plan_entry entry = { .offered = g->offered,
		.rejected = g->rejected };

	if (g->count == 0)
		return 0;
	if (entry.rejected && !entry.offered &&
	    find_newest(&entry.newest, g, e) == -1)
		return -1;
	plan_missing(g->missing, g->count, &entry);
	for (size_t i = 0; i < g->count; i++)
		if (carry_out(g, &g->missing[i], e) == -1)
			return -1;
	return 0;
}

static void
start_entry(struct group *g, int64_t entry, enum entry_kind kind)
{
	g->entry = entry;
	g->kind = kind;
	g->offered = g->rejected = false;
	g->count = 0;
}

static int
walk_versions(struct group *g, struct err *e)
{
	struct stmt *s = db_stmt(g->apply->place.db, SQL_STORED_VERSIONS);
	int64_t entry;
	bool row;
	int rc = -1;

	stmt_bind_int(
	    s, SQL_STORED_VERSIONS_P_SOURCE, g->apply->options.source_id);
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		entry = stmt_int(s, VERSION_ENTRY);
		if (entry != g->entry) {
			if (finish_entry(g, e) == -1)
				goto out;
			start_entry(g, entry,
			    (enum entry_kind)stmt_int(s, VERSION_KIND));
		}
		take_version(g, s);
	}
	if (finish_entry(g, e) == -1)
		goto out;
	rc = 0;
out:
	stmt_done(s);
	return rc;
}

/* ---- versions that the filter leaves out ---- */

/* The columns of the statement withheld_versions. */
enum {
	WITHHELD_ID,
	WITHHELD_KIND,
	WITHHELD_NAME,
	WITHHELD_VERSION,
	WITHHELD_FILE
};

/* Of a name whose versions are all missing, all stay if one was rejected. */
static int
drop_missing(const struct group *g, struct err *e)
{
	struct apply *a = g->apply;

	if (g->rejected && !g->offered)
		return 0;
	for (size_t i = 0; i < g->count; i++)
		if (!g->missing[i].rejected &&
		    stored_drop_withheld(
			&a->place, g->missing[i].document, e) == -1)
			return -1;
	return 0;
}

static void
take_withheld(struct group *g, struct stmt *s, const char *name)
{
	struct apply *a = g->apply;
	struct plan_missing m = { .document = stmt_int(s, WITHHELD_ID) };

	if (id_set_has(&a->seen_withheld, m.document)) {
		g->offered = true;
		return;
	}
	m.rejected = last_good_has(&a->last_good, g->kind, name,
	    stmt_text(s, WITHHELD_VERSION, NULL),
	    stmt_text(s, WITHHELD_FILE, NULL));
	g->offered |= m.rejected;
	g->rejected = last_good_has_name(&a->last_good, g->kind, name);
	add_missing(g, &m);
}

static int
walk_withheld(struct group *g, struct err *e)
{
	struct stmt *s = db_stmt(g->apply->place.db, SQL_WITHHELD_VERSIONS);
	struct buf last = BUF_INIT(LIMIT_IDENTITY);
	const char *name;
	bool row;
	int rc = -1;

	stmt_bind_int(
	    s, SQL_WITHHELD_VERSIONS_P_SOURCE, g->apply->options.source_id);
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		name = stmt_text(s, WITHHELD_NAME, NULL);
		if ((int64_t)g->kind != stmt_int(s, WITHHELD_KIND) ||
		    strcmp(buf_str(&last), name) != 0) {
			if (drop_missing(g, e) == -1)
				goto out;
			start_entry(
			    g, 0, (enum entry_kind)stmt_int(s, WITHHELD_KIND));
			buf_reset(&last);
			buf_adds(&last, name);
		}
		take_withheld(g, s, name);
	}
	if (drop_missing(g, e) == -1)
		goto out;
	rc = 0;
out:
	stmt_done(s);
	buf_free(&last);
	return rc;
}

int
apply_missing(struct apply *a, struct err *e)
{
	struct group g = { .apply = a };
	int rc = -1;

	last_good_sort(&a->last_good);
	/* If nothing was stored, all that is stored now was offered. */
	if (!a->was_empty && walk_versions(&g, e) == -1)
		goto out;
	start_entry(&g, 0, ENTRY_SERVER);
	if (walk_withheld(&g, e) == -1)
		goto out;
	rc = 0;
out:
	free(g.missing);
	return rc;
}
