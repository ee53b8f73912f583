/* SPDX-License-Identifier: Apache-2.0 */
/* Deriving the heads of entries from their versions. */
#include "lib/store/heads.h"

#include "lib/clock.h"
#include "lib/fold.h"
#include "lib/limits.h"
#include "lib/posting.h"
#include "lib/store/head.h"
#include "lib/store/ids.h"
#include "lib/store/order.h"
#include "lib/xalloc.h"

#include <string.h>

static void
add_search_text(struct buf *out, const struct rules_entry *facts)
{
	fold_add(out, facts->name, strlen(facts->name));
	buf_addc(out, '\n');
	if (facts->title != NULL)
		fold_add(out, facts->title, strlen(facts->title));
	buf_addc(out, '\n');
	if (facts->description != NULL)
		fold_add(out, facts->description, strlen(facts->description));
}

static void
add_facets(struct buf *out, enum posting_kind kind, const char *const *texts,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buf_addc(out, (char)kind);
		buf_add(out, texts[i], strlen(texts[i]) + 1);
	}
}

int
heads_put_text(struct db *db, int64_t document, struct buf *scratch,
    const struct rules_entry *facts, struct err *e)
{
	size_t text_len;

	buf_reset(scratch);
	add_search_text(scratch, facts);
	text_len = scratch->len;
	add_facets(scratch, POSTING_TAG, facts->tags, facts->tag_count);
	add_facets(scratch, POSTING_REGISTRY_TYPE, facts->registry_types.at,
	    facts->registry_types.count);
	add_facets(scratch, POSTING_TRANSPORT, facts->transports.at,
	    facts->transports.count);
	return db_run(db, SQL_VERSION_TEXT_PUT,
	    ARGS(INT(document), TEXT(buf_str(scratch), text_len),
		BLOB(buf_str(scratch) + text_len, scratch->len - text_len)),
	    e);
}

/* A row of touched: the entry and its head before the change. */
struct touched {
	int64_t entry;
	int64_t sort_key;
	int kind;
	const char *name;
	const char *latest; /* before; NULL for a new entry */
	int64_t shown_us;
	bool was_usable;
	bool is_new;
};

static int
recompose_name(const struct touched *t, struct db *db, struct err *e)
{
	return db_run(
	    db, SQL_RECOMPOSE_ADD, ARGS(INT(t->kind), STR(t->name)), e);
}

static int
delete_entry(const struct touched *t, struct db *db, struct err *e)
{
	if (ids_run(db, SQL_STALE_KEY, t->sort_key, e) == -1 ||
	    ids_run(db, SQL_ENTRY_DELETE, t->entry, e) == -1)
		return -1;
	return recompose_name(t, db, e);
}

static int
put_head(
    const struct touched *t, const struct head *h, struct db *db, struct err *e)
{
	return db_run(db, SQL_ENTRY_HEAD_PUT,
	    ARGS(INT(t->entry), INT(t->sort_key), STR(buf_str(&h->latest)),
		INT(h->is_usable), TEXT(buf_str(&h->text), h->text.len),
		INT(h->text_count), INT(t->shown_us), INT(h->changed_us),
		BLOB(buf_str(&h->terms), h->terms.len)),
	    e);
}

static int
set_date(const struct touched *t, const char *version, const struct instant *at,
    int64_t date, struct db *db, struct err *e)
{
	return db_run(db, SQL_VERSION_DATE,
	    ARGS(INT(date), INT(at->changed), INT(at->now), INT(t->entry),
		STR(version)),
	    e);
}

/*
 * Some clients take the version with the last date for the newest.  The newest
 * gets the present time and the others earlier ones: no date is in the future.
 */
static int
spread_dates(const struct touched *t, const struct instant *at, struct db *db,
    struct err *e)
{
	struct stmt *s = db_query(
	    db, SQL_UNDATED_VERSIONS, ARGS(INT(t->entry), INT(at->changed)));
	int64_t date = at->now;
	bool row;
	int rc = -1;
	for (;; date -= HEADS_APART) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		if (set_date(t, stmt_text(s, 0, NULL), at, date, db, e) == -1)
			goto out;
	}
	rc = 0;
out:
	stmt_done(s);
	return rc;
}

/*
 * When the latest version was deleted, an older one takes its place unchanged.
 * A client that asks for changed latest versions must be sent it.
 */
static int
note_older_latest(const struct touched *t, const struct head *h,
    const struct instant *at, struct db *db, struct err *e)
{
	if (t->is_new || h->latest_changed_us >= at->changed ||
	    strcmp(t->latest, buf_str(&h->latest)) == 0)
		return 0;
	return ids_run(db, SQL_NOW_SHOWN_ADD, t->entry, e);
}

static int
update_head(const struct touched *t, struct head *h, const struct instant *at,
    struct db *db, struct err *e)
{
	if (head_read(h, db, t->entry, e) == -1 ||
	    (h->is_misdated && (spread_dates(t, at, db, e) == -1 ||
				   head_read(h, db, t->entry, e) == -1)))
		return -1;
	if (!h->has_versions)
		return delete_entry(t, db, e);
	if (/* Before it changes: postings follow the old head. */
	    (!t->is_new && ids_run(db, SQL_PATCHED_NOTE, t->entry, e) == -1) ||
	    put_head(t, h, db, e) == -1 ||
	    note_older_latest(t, h, at, db, e) == -1)
		return -1;
	/* Registries prefer usable entries. */
	if (!t->is_new && t->was_usable == h->is_usable)
		return 0;
	return recompose_name(t, db, e);
}

/* Runs update_head() for every row of touched; all have a sort key. */
static int
update_heads(struct db *db, const struct instant *at, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_TOUCHED_LIST);
	struct touched t;
	struct head h;
	bool row;
	int rc = -1;

	head_init(&h, at);
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		t = (struct touched){ .entry = stmt_int(s, 0),
			.sort_key = stmt_int(s, 1),
			.was_usable = stmt_int(s, 2) != 0,
			.is_new = stmt_int(s, 3) != 0,
			.kind = (int)stmt_int(s, 4),
			.name = stmt_text(s, 5, NULL),
			.shown_us = stmt_int(s, 6),
			.latest = stmt_text(s, 7, NULL) };
		if (update_head(&t, &h, at, db, e) == -1)
			goto out;
	}
	rc = 0;
out:
	stmt_done(s);
	head_free(&h);
	return rc;
}

static int
run_all(struct db *db, const enum sql_id *steps, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (stmt_run(db_stmt(db, steps[i]), e) == -1)
			return -1;
	return 0;
}

/* Deletes all heads and blocks. */
static int
clear_heads(struct db *db, struct err *e)
{
	static const enum sql_id steps[] = { SQL_STALE_CLEAR, SQL_PATCHED_CLEAR,
		SQL_BLOCKS_CLEAR, SQL_POSTINGS_CLEAR, SQL_HEADS_CLEAR };

	return run_all(db, steps, sizeof steps / sizeof steps[0], e);
}

/* Adds every entry to touched, without a sort key. */
static int
touch_rest(struct db *db, struct err *e)
{
	static const enum sql_id steps[] = { SQL_TOUCHED_REST,
		SQL_TOUCHED_UNPLACE };

	return run_all(db, steps, sizeof steps / sizeof steps[0], e);
}

int
heads_update(
    struct db *db, const struct instant *at, bool *renumbered, struct err *e)
{
	bool full;

	if (order_assign(db, &full, e) == -1)
		return -1;
	*renumbered = full;
	if (full) {
		if (touch_rest(db, e) == -1 || clear_heads(db, e) == -1 ||
		    order_assign(db, &full, e) == -1)
			return -1;
		if (full) {
			err_set(e, ERR_LIMIT, "too many names to order");
			return -1;
		}
	}
	if (stmt_run(db_stmt(db, SQL_STALE_NEW), e) == -1)
		return -1;
	return update_heads(db, at, e);
}

int
heads_show(struct db *db, int64_t changed, struct err *e)
{
	if (ids_run(db, SQL_ENTRIES_SHOWN, changed, e) == -1 ||
	    ids_run(db, SQL_HEADS_SHOWN, changed, e) == -1)
		return -1;
	return stmt_run(db_stmt(db, SQL_NOW_SHOWN_CLEAR), e);
}

int
heads_clear_touched(struct db *db, struct err *e)
{
	return stmt_run(db_stmt(db, SQL_TOUCHED_CLEAR), e);
}

static int
rebuild_text(struct rules *rules, struct buf *text, struct stmt *document,
    struct db *db, struct err *e)
{
	struct rules_entry facts = { 0 };
	struct rules_problem problem;
	const char *body;
	size_t len;

	body = stmt_text(document, 2, &len);
	/* A stored document was valid once and is served even if it is not now.
	 */
	if (rules_check(rules, (enum entry_kind)stmt_int(document, 0),
		RULES_STORED, body, len, &facts, &problem) == RULES_BROKEN &&
	    facts.name == NULL)
		facts.name = "";
	return heads_put_text(db, stmt_int(document, 1), text, &facts, e);
}

int
heads_rebuild(struct db *db, struct err *e)
{
	static const enum sql_id touch_all[] = { SQL_TOUCHED_CLEAR,
		SQL_TOUCHED_ALL };
	const struct instant none = INSTANT_NONE;
	struct rules *rules = rules_new(LIMIT_META_DEFAULT);
	struct buf text = BUF_INIT(3 * LIMIT_ENTRY); /* lib/fold.h */
	struct stmt *s;
	bool row, renumbered;
	int rc = -1;

	if (stmt_run(db_stmt(db, SQL_VERSION_TEXTS_CLEAR), e) == -1)
		goto out;
	s = db_stmt(db, SQL_DOCUMENTS_LIST);
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		if (rebuild_text(rules, &text, s, db, e) == -1)
			goto out;
	}
	if (clear_heads(db, e) == -1 || run_all(db, touch_all, 2, e) == -1 ||
	    heads_update(db, &none, &renumbered, e) == -1)
		goto out;
	rc = 0;
out:
	stmt_done(db_stmt(db, SQL_DOCUMENTS_LIST));
	buf_free(&text);
	rules_free(rules);
	return rc;
}
