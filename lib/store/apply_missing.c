/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stored versions of a source that it did not offer.  One walk reads the table
 * version, another one withheld.  The versions of an entry follow each other,
 * because lib/store/plan.h decides about them together.
 */
#include "lib/store/apply_private.h"

#include "lib/store/ids.h"
#include "lib/xalloc.h"

#include <stdlib.h>

/* The columns of the statements stored_versions and withheld_versions. */
enum {
	COLUMN_ENTRY,
	COLUMN_KIND,
	COLUMN_NAME,
	COLUMN_ROW,
	COLUMN_VERSION,
	COLUMN_IS_DELETED,
	COLUMN_IS_REMOVED,
	COLUMN_FILE
};

struct walk {
	struct apply *apply;
	const struct id_set *seen;
	bool withheld; /* a walk over the table withheld */
	/* The present entry, and its versions that were not offered. */
	int64_t entry; /* 0: none */
	enum entry_kind kind;
	bool offered; /* another version of it was offered */
	bool rejected; /* an offered version of it was rejected */
	struct plan_missing *missing;
	size_t count;
	size_t room;
};

static void
add_missing(struct walk *w, const struct plan_missing *m)
{
	if (w->count == w->room) {
		w->room = w->room == 0 ? 16 : w->room * 2;
		w->missing =
		    xreallocarray(w->missing, w->room, sizeof *w->missing);
	}
	w->missing[w->count++] = *m;
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
read_version(struct walk *w, struct stmt *s)
{
	const struct last_good *last_good = &w->apply->last_good;
	struct plan_missing m = { .row = stmt_int(s, COLUMN_ROW),
		.deleted = stmt_int(s, COLUMN_IS_DELETED) != 0 };
	const char *name;

	if (!w->withheld && !m.deleted)
		count_usable(w->apply, w->kind, 1);
	if (id_set_has(w->seen, m.row)) {
		w->offered = true;
		return;
	}
	if (stmt_int(s, COLUMN_IS_REMOVED) != 0)
		return;
	name = stmt_text(s, COLUMN_NAME, NULL);
	m.rejected = last_good_has(last_good, w->kind, name,
	    stmt_text(s, COLUMN_VERSION, NULL),
	    stmt_text(s, COLUMN_FILE, NULL));
	w->rejected = last_good_has_name(last_good, w->kind, name);
	add_missing(w, &m);
}

static int
carry_out(const struct walk *w, const struct plan_missing *m, struct err *e)
{
	struct apply *a = w->apply;

	if (m->fate == PLAN_STAYS) {
		a->counts.unchanged += !w->withheld;
		return 0;
	}
	if (w->withheld)
		return stored_drop_withheld(&a->place, m->row, e);
	if (m->fate == PLAN_RETIRED)
		return stored_retire(&a->place, m->row, e);
	a->counts.removed++;
	count_usable(a, w->kind, -1);
	if (apply_touch(a, w->entry, e) == -1)
		return -1;
	return stored_remove(&a->place, m->row, e);
}

static int
find_newest(int64_t *document, const struct walk *w, struct err *e)
{
	struct stmt *s = db_query(
	    w->apply->place.db, SQL_NEWEST_DOCUMENT, ARGS(INT(w->entry)));

	return stmt_number(document, s, e);
}

static int
finish_entry(struct walk *w, struct err *e)
{
	struct plan_entry entry = { .offered = w->offered,
		.rejected = w->rejected,
		.newest = PLAN_ALL };

	if (w->count == 0)
		return 0;
	if (entry.rejected && !entry.offered && !w->withheld &&
	    find_newest(&entry.newest, w, e) == -1)
		return -1;
	plan_missing(w->missing, w->count, &entry);
	for (size_t i = 0; i < w->count; i++)
		if (carry_out(w, &w->missing[i], e) == -1)
			return -1;
	return 0;
}

static int
walk_all(struct walk *w, enum sql_id id, struct err *e)
{
	struct stmt *s = db_stmt(w->apply->place.db, id);
	bool row;
	int rc = -1;

	/* The source is the only parameter of each. */
	stmt_bind_int(s, 1, w->apply->options.source_id);
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		if (stmt_int(s, COLUMN_ENTRY) != w->entry) {
			if (finish_entry(w, e) == -1)
				goto out;
			w->entry = stmt_int(s, COLUMN_ENTRY);
			w->kind = (enum entry_kind)stmt_int(s, COLUMN_KIND);
			w->offered = w->rejected = false;
			w->count = 0;
		}
		read_version(w, s);
	}
	if (finish_entry(w, e) == -1)
		goto out;
	rc = 0;
out:
	stmt_done(s);
	free(w->missing);
	return rc;
}

int
apply_missing(struct apply *a, struct err *e)
{
	struct walk stored = { .apply = a, .seen = &a->seen };
	struct walk withheld = {
		.apply = a, .seen = &a->seen_withheld, .withheld = true
	};

	last_good_sort(&a->last_good);
	/* If nothing was stored before, all stored versions were offered. */
	if (!a->was_empty && walk_all(&stored, SQL_STORED_VERSIONS, e) == -1)
		return -1;
	return walk_all(&withheld, SQL_WITHHELD_VERSIONS, e);
}
