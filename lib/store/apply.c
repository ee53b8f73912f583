/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing what is stored of a source in line with what it offers. */
#include "lib/store/apply_private.h"

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/document/rules.h"
#include "lib/limits.h"
#include "lib/store/blocks.h"
#include "lib/store/compose.h"
#include "lib/store/heads.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_EVERY 256 /* entries between two reports */

/* ---- one entry ---- */

struct reject_place
apply_place_of(const struct apply *a, const struct catalog_entry *entry)
{
	return (struct reject_place){ a->document, entry };
}

int
apply_reject(struct apply *a, const struct catalog_entry *entry,
    const struct rules_problem *problem, struct err *e)
{
	const struct reject_place place = apply_place_of(a, entry);

	if (reject_entry(&a->reject, &place, problem, e) == -1)
		return -1;
	if (a->first_bad[0] == '\0')
		reject_text(a->first_bad, sizeof a->first_bad, &place, problem);
	return 0;
}

/* Sets ${first} when this source has not offered the version before. */
static int
mark_seen(struct apply *a, int64_t document, bool *first, struct err *e)
{
	struct stmt *s;

	/* All that is stored of a source that had nothing was offered now. */
	*first = false;
	if (a->was_empty)
		return 0;
	s = db_stmt(a->place.db, SQL_SEEN_INSERT);
	stmt_bind_int(s, SQL_SEEN_INSERT_P_DOCUMENT, document);
	if (stmt_run(s, e) == -1)
		return -1;
	*first = db_changes(a->place.db) == 1;
	return 0;
}

/* The versions of an entry mostly come together. */
static int
touch(struct apply *a, int64_t entry, struct err *e)
{
	a->changed = true;
	if (a->touched == entry)
		return 0;
	a->touched = entry;
	return heads_touch(a->place.db, entry, e);
}

static void
report_progress(struct apply *a)
{
	a->read++;
	if (a->options->progress != NULL && a->read % PROGRESS_EVERY == 0)
		a->options->progress(a->options->progress_ctx, a->read);
}

/* What is stored of the entry, if it was not just looked up. */
static int
find_stored(struct stored_version *out, struct apply *a,
    const struct catalog_entry *entry, struct err *e)
{
	const struct rules_entry *facts = &entry->facts;

	if (a->asked.entry == entry &&
	    strcmp(a->asked.name, facts->name) == 0 &&
	    strcmp(a->asked.version, facts->version) == 0) {
		*out = a->asked.stored;
		return 0;
	}
	return stored_find(
	    out, &a->place, entry->kind, facts->name, facts->version, e);
}

static bool
is_deleted(const struct stored_item *item)
{
	return strcmp(stored_status(item), "deleted") == 0;
}

/* One that is stored already, and now is another. */
static int
replace(struct apply *a, const struct stored_version *stored,
    const struct stored_item *item, struct err *e)
{
	struct apply_counts *counts = a->counts;
	int64_t document = stored->document;

	if (is_deleted(item) == stored->deleted) {
		counts->updated++;
	} else if (stored->deleted) {
		counts->added++;
		a->grown[item->kind]++;
	} else {
		counts->removed++;
		a->grown[item->kind]--;
	}
	/* What is deleted may come without all that it was. */
	if (is_deleted(item) && item->facts->description == NULL)
		document = 0;
	return stored_update(&a->place, item, stored->entry, document, e);
}

/* What is new was nothing before, which need not be looked up. */
static int
insert_entry(struct apply *a, struct stored_version *stored,
    const struct stored_item *item, struct err *e)
{
	if (stored_insert_entry(&stored->entry, &a->place, item, e) == -1)
		return -1;
	a->changed = true;
	a->touched = stored->entry;
	return heads_touch_new(a->place.db, stored->entry, e);
}

/* What did not change may be in another file than before. */
static int
move(struct apply *a, const struct stored_version *stored, const char *version,
    struct err *e)
{
	if (!stored->moved)
		return 0;
	return stored_move(&a->place, stored->entry, version, e);
}

static int
keep(struct apply *a, struct stored_version *stored,
    const struct stored_item *item, struct err *e)
{
	bool known = stored->document != 0 && !stored->removed;
	int64_t document;
	bool first;

	/* A document read again is as it was stored: nothing was offered. */
	if (known && (a->reject.silent || memcmp(stored->digest, item->digest,
					      sizeof item->digest) == 0)) {
		a->counts->unchanged++;
		return move(a, stored, item->facts->version, e);
	}
	if (stored->entry == 0 ? insert_entry(a, stored, item, e) == -1
			       : touch(a, stored->entry, e) == -1)
		return -1;
	if (stored->document != 0)
		return replace(a, stored, item, e);
	if (is_deleted(item)) {
		a->counts->updated++;
	} else {
		a->counts->added++;
		a->grown[item->kind]++;
	}
	if (stored_insert(&document, &a->place, item, stored->entry, e) == -1)
		return -1;
	return mark_seen(a, document, &first, e);
}

/*
 * A version that the filter left in before and leaves out now.  A whole crawl
 * finds that when it ends; a partial one has to say so.
 */
static int
remove_one(struct apply *a, const struct catalog_entry *entry, struct err *e)
{
	struct stored_version stored;

	if (find_stored(&stored, a, entry, e) == -1)
		return -1;
	if (stored.document == 0 || stored.deleted)
		return 0;
	if (touch(a, stored.entry, e) == -1 ||
	    stored_remove(&a->place, stored.entry, entry->facts.version, e) ==
		-1)
		return -1;
	a->counts->removed++;
	a->grown[entry->kind]--;
	return 0;
}

/* The filter and the digest decide about an entry that breaks no rule. */
static int
take_item(struct apply *a, const struct catalog_entry *entry,
    const struct stored_item *item, struct err *e)
{
	static const struct rules_problem again = {
		.rule = "offers a name and version that the source already has"
	};
	struct rules_problem problem = again;
	struct stored_version stored;
	bool first = true;

	if (!filter_keeps(a->filter, entry->kind, entry->facts.name,
		(const char *const *)entry->facts.tags,
		entry->facts.tag_count)) {
		a->counts->withheld++;
		if (a->partial && remove_one(a, entry, e) == -1)
			return -1;
		return stored_withhold(&a->place, item, e);
	}
	if (a->partial && stored_release(&a->place, item, e) == -1)
		return -1;
	if (find_stored(&stored, a, entry, e) == -1)
		return -1;
	if (stored.document != 0 &&
	    mark_seen(a, stored.document, &first, e) == -1)
		return -1;
	if (!first) {
		snprintf(problem.value, sizeof problem.value, "%.*s",
		    LIMIT_REJECTED_VALUE, entry->facts.version);
		return apply_reject(a, entry, &problem, e);
	}
	for (size_t i = 0; i < entry->note_count; i++) {
		const struct reject_place place = apply_place_of(a, entry);

		if (reject_note(&a->reject, &place, &entry->note[i], e) == -1)
			return -1;
	}
	return keep(a, &stored, item, e);
}

/* ---- the last good version ---- */

static int
run_for_source(struct apply *a, enum sql_id id, struct err *e)
{
	struct stmt *s = db_stmt(a->place.db, id);

	/* The source is the first parameter of each statement used here. */
	stmt_bind_int(s, 1, a->options->source_id);
	return stmt_run(s, e);
}

static bool
says_deleted(const struct catalog_entry *entry)
{
	return entry->outer != NULL && entry->outer->status != NULL &&
	       strcmp(entry->outer->status, "deleted") == 0;
}

/*
 * Of an entry that breaks a rule the last good version stays, unless the
 * upstream withdraws it.  A part of a crawl removes nothing by itself.
 */
static int
keep_last_good(
    struct apply *a, const struct catalog_entry *entry, struct err *e)
{
	if (entry->facts.name == NULL)
		return 0;
	a->named = entry->root;
	if (!says_deleted(entry)) {
		if (a->partial || (a->was_empty && a->withheld == 0))
			return 0;
		return last_good_keep_entry(&a->last_good, entry, e);
	}
	if (!a->partial || entry->facts.version == NULL)
		return 0;
	return remove_one(a, entry, e);
}

/* ---- taking entries ---- */

int
apply_take_entry(void *ctx, const struct catalog_entry *entry, struct err *e)
{
	struct apply *a = ctx;
	struct stored_item item = { .kind = entry->kind,
		.facts = &entry->facts,
		.json = entry->json,
		.json_len = entry->json_len,
		.outer = entry->outer };
	int rc;

	report_progress(a);
	if (reject_forget(&a->reject, entry, e) == -1)
		return -1;
	if (entry->problem != NULL) {
		rc = apply_reject(a, entry, entry->problem, e);
		if (rc == 0)
			rc = keep_last_good(a, entry, e);
	} else {
		if (a->asked.entry == entry && entry->note == NULL)
			memcpy(
			    item.digest, a->asked.digest, sizeof item.digest);
		else
			stored_digest(item.digest, a->digest, entry->json,
			    entry->json_len, entry->outer, entry->note != NULL);
		rc = take_item(a, entry, &item, e);
	}
	a->asked.entry = NULL;
	return rc;
}

/*
 * An entry whose digest is stored under its name and version was checked when
 * it was stored.  Not so where tags decide: they are found by checking.
 */
int
apply_take_known(
    void *ctx, const struct catalog_entry *entry, bool *known, struct err *e)
{
	struct apply *a = ctx;
	const struct rules_entry *facts = &entry->facts;
	const struct stored_version *stored = &a->asked.stored;
	bool first;

	a->asked.entry = entry;
	snprintf(a->asked.name, sizeof a->asked.name, "%s", facts->name);
	snprintf(
	    a->asked.version, sizeof a->asked.version, "%s", facts->version);
	stored_digest(a->asked.digest, a->digest, entry->json, entry->json_len,
	    entry->outer, false);
	if (stored_find(&a->asked.stored, &a->place, entry->kind, facts->name,
		facts->version, e) == -1)
		return -1;
	if (stored->document == 0 || stored->removed ||
	    memcmp(stored->digest, a->asked.digest, DIGEST_RAW_SIZE) != 0 ||
	    !filter_keeps(a->filter, entry->kind, facts->name, NULL, 0))
		return 0;
	if (mark_seen(a, stored->document, &first, e) == -1)
		return -1;
	if (!first)
		return 0;
	report_progress(a);
	a->counts->unchanged++;
	a->asked.entry = NULL;
	*known = true;
	return move(a, stored, facts->version, e);
}

/* ---- all of a source ---- */

/* What was there, and what came and went. */
static void
count_moved(struct apply *a)
{
	static const struct apply_counts nothing;
	const struct apply_counts *before =
	    a->was_empty ? &nothing : &a->options->stored;

	a->counts->servers = before->servers + a->grown[ENTRY_SERVER];
	a->counts->skills = before->skills + a->grown[ENTRY_SKILL];
	a->counts->plugins = before->plugins + a->grown[ENTRY_PLUGIN];
}

static int
count_stored(struct apply *a, struct err *e)
{
	struct stmt *s;
	bool row;

	if (a->partial || a->was_empty) {
		count_moved(a);
		return 0;
	}
	s = db_stmt(a->place.db, SQL_SOURCE_COUNTS);
	stmt_bind_int(s, SQL_SOURCE_COUNTS_P_SOURCE, a->options->source_id);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (row) {
		a->counts->servers = stmt_int(s, 0);
		a->counts->skills = stmt_int(s, 1);
		a->counts->plugins = stmt_int(s, 2);
	}
	stmt_done(s);
	return 0;
}

/* What is stored and was not offered becomes a tombstone. */
static int
remove_unseen(struct apply *a, struct err *e)
{
	struct stmt *s;

	if (a->was_empty)
		return run_for_source(a, SQL_WITHHELD_DELETE_UNSEEN, e);
	if (run_for_source(a, SQL_TOUCH_UNSEEN, e) == -1)
		return -1;
	s = db_stmt(a->place.db, SQL_REMOVE_UNSEEN);
	stmt_bind_int(s, SQL_REMOVE_UNSEEN_P_NOW, a->options->at.now);
	stmt_bind_int(s, SQL_REMOVE_UNSEEN_P_CHANGED, a->options->at.changed);
	stmt_bind_int(s, SQL_REMOVE_UNSEEN_P_SOURCE, a->options->source_id);
	if (stmt_run(s, e) == -1)
		return -1;
	a->counts->removed += db_changes(a->place.db);
	a->changed |= db_changes(a->place.db) > 0;
	if (run_for_source(a, SQL_RETIRE_UNSEEN, e) == -1)
		return -1;
	return run_for_source(a, SQL_WITHHELD_DELETE_UNSEEN, e);
}

static int
clear_notes(struct apply *a, struct err *e)
{
	if (stmt_run(db_stmt(a->place.db, SQL_SEEN_CLEAR), e) == -1 ||
	    stmt_run(db_stmt(a->place.db, SQL_WITHHELD_SEEN_CLEAR), e) == -1)
		return -1;
	return last_good_clear(&a->last_good, e);
}

static int
count_withheld(int64_t *out, struct apply *a, struct err *e)
{
	struct stmt *s = db_stmt(a->place.db, SQL_WITHHELD_COUNT);
	bool row;

	stmt_bind_int(s, SQL_WITHHELD_COUNT_P_SOURCE, a->options->source_id);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	*out = row ? stmt_int(s, 0) : 0;
	stmt_done(s);
	return 0;
}

static int64_t
sum(const struct apply_counts *c)
{
	return c->servers + c->skills + c->plugins;
}

bool
apply_is_meant_empty(const struct apply *a)
{
	const struct conf_source *source = a->options->source;
	const struct catalog_summary *s = &a->summary;

	return source->allow_empty &&
	       s->servers + s->skills + s->plugins == 0;
}

/*
 * A source that suddenly offers far less than it held has rather lost it than
 * withdrawn it.  What a filter leaves out counts on both sides.
 */
static int
check_shrink(struct apply *a, struct err *e)
{
	const int64_t before = sum(&a->options->stored) + a->withheld;
	int64_t aside;

	if (!a->options->guard || a->partial || before < LIMIT_SHRINK_FROM ||
	    apply_is_meant_empty(a))
		return 0;
	if (count_withheld(&aside, a, e) == -1)
		return -1;
	if (2 * (sum(a->counts) + aside) >= before)
		return 0;
	err_set(e, ERR_INPUT,
	    "only %" PRId64 " of %" PRId64
	    " entries are left, fewer than half; if that is right, confirm it "
	    "with syncPolicy.allowShrink: true or with thv-registry-sync "
	    "--force --source %s",
	    sum(a->counts) + aside, before, a->options->source->name);
	return -1;
}

/* Brings heads and registries in step with the versions. */
static int
settle(struct db *db, int64_t source, const struct instant *at, struct err *e)
{
	bool renumbered;

	if (heads_update(db, at, &renumbered, e) == -1 ||
	    (renumbered
		    ? compose_everything(db, at->changed, e) == -1
		    : compose_after_source(db, source, at->changed, e) == -1) ||
	    heads_show(db, at->changed, e) == -1 || heads_forget(db, e) == -1)
		return -1;
	return blocks_update(db, e);
}

static int
finish(struct apply *a, struct err *e)
{
	int64_t kept;

	if (last_good_mark_seen(&kept, &a->last_good, e) == -1)
		return -1;
	a->counts->unchanged += kept;
	if ((!a->partial && remove_unseen(a, e) == -1) ||
	    clear_notes(a, e) == -1 || count_stored(a, e) == -1 ||
	    check_shrink(a, e) == -1)
		return -1;
	a->counts->rejected = a->reject.rejected;
	if (!a->changed)
		return 0;
	return settle(a->place.db, a->options->source_id, &a->options->at, e);
}

static int
look_whether_empty(struct apply *a, struct err *e)
{
	struct stmt *s = db_stmt(a->place.db, SQL_SOURCE_IS_EMPTY);
	bool row;

	stmt_bind_int(s, SQL_SOURCE_IS_EMPTY_P_SOURCE, a->options->source_id);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	a->was_empty = row && stmt_int(s, 0) != 0;
	stmt_done(s);
	return 0;
}

static int
start(struct apply *a, struct apply_counts *out, struct db *db,
    const struct apply_options *options, struct err *e)
{
	memset(out, 0, sizeof *out);
	memset(a, 0, sizeof *a);
	a->options = options;
	a->counts = out;
	stored_place_init(&a->place, db, options->source_id, &options->at);
	a->reject = (struct reject){ .db = db,
		.source = options->source_id,
		.strict = options->source->strict };
	a->last_good =
	    (struct last_good){ .db = db, .source = options->source_id };
	a->digest = digest_new();
	if (filter_new(&a->filter, &options->source->filter, e) == -1)
		return -1;
	if (look_whether_empty(a, e) == -1 ||
	    count_withheld(&a->withheld, a, e) == -1)
		return -1;
	return clear_notes(a, e);
}

static void
stop(struct apply *a)
{
	filter_free(a->filter);
	digest_free(a->digest);
	stored_place_free(&a->place);
}

int
apply_fetched(struct apply_counts *out, struct db *db, struct fetch *fetched,
    const struct apply_options *options, struct err *e)
{
	struct apply_options part = *options;
	struct apply_counts before = { 0 };
	struct apply a;
	int rc = -1;

	/*
	 * The filter is for all that is stored: for what a part does not say,
	 * and for what stays although it is offered no more.
	 */
	if (options->refilter) {
		if (apply_filter(&before, db, options, e) == -1)
			return -1;
		part.stored = before;
	}
	if (start(&a, out, db, &part, e) == -1)
		goto out;
	a.partial = fetched->partial;
	if (reject_start(&a.reject, fetched->partial, e) == -1)
		goto out;
	if (apply_read_documents(&a, fetched, e) == -1 || finish(&a, e) == -1)
		goto out;
	apply_tell_unread(&a, fetched);
	out->added += before.added;
	out->removed += before.removed;
	rc = 0;
out:
	stop(&a);
	return rc;
}

/* ---- another filter ---- */

/* The columns of the statement offered_documents. */
enum {
	OFFERED_KIND,
	OFFERED_BODY,
	OFFERED_DIGEST,
	OFFERED_OUTER, /* and the columns that follow */
	OFFERED_FILE = 10
};

/* By the rules of today it would be rejected: then it is the last good one. */
static int
keep_broken(struct apply *a, const struct catalog_entry *entry, struct err *e)
{
	const char *name = entry->facts.name;

	if (name == NULL ||
	    !filter_keeps(a->filter, entry->kind, name, NULL, 0))
		return 0;
	return last_good_keep_entry(&a->last_good, entry, e);
}

/* Takes a stored document as if it had been offered. */
static int
reread(struct apply *a, struct rules *rules, struct stmt *s, struct err *e)
{
	struct catalog_entry entry = { .index = (size_t)a->read, .array = "" };
	struct catalog_outer outer;
	struct rules_problem ignored;
	struct stored_item item;
	const void *digest;
	size_t len;

	report_progress(a);
	entry.kind = (enum entry_kind)stmt_int(s, OFFERED_KIND);
	entry.json = stmt_text(s, OFFERED_BODY, &entry.json_len);
	if (stored_outer(&outer, s, OFFERED_OUTER))
		entry.outer = &outer;
	a->place.file = stmt_text(s, OFFERED_FILE, NULL);
	/* It was judged when it was offered; its facts are wanted. */
	if (rules_check(rules, entry.kind, RULES_STORED, entry.json,
		entry.json_len, &entry.facts, &ignored) == RULES_BROKEN)
		return keep_broken(a, &entry, e);
	item = (struct stored_item){ .kind = entry.kind,
		.facts = &entry.facts,
		.json = entry.json,
		.json_len = entry.json_len,
		.outer = entry.outer };
	digest = stmt_blob(s, OFFERED_DIGEST, &len);
	if (digest != NULL && len == sizeof item.digest)
		memcpy(item.digest, digest, len);
	return take_item(a, &entry, &item, e);
}

int
apply_filter(struct apply_counts *out, struct db *db,
    const struct apply_options *options, struct err *e)
{
	struct rules *rules = rules_new(options->max_meta_size);
	struct stmt *s;
	struct apply a;
	bool row;
	int rc = -1;

	if (start(&a, out, db, options, e) == -1)
		goto out;
	a.reject.silent = true;
	s = db_stmt(db, SQL_OFFERED_DOCUMENTS);
	stmt_bind_int(s, SQL_OFFERED_DOCUMENTS_P_SOURCE, options->source_id);
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		if (reread(&a, rules, s, e) == -1)
			goto out;
	}
	if (finish(&a, e) == -1)
		goto out;
	rc = 0;
out:
	stmt_done(db_stmt(db, SQL_OFFERED_DOCUMENTS));
	stop(&a);
	rules_free(rules);
	return rc;
}

int
apply_drop_source(struct db *db, int64_t source_id, struct err *e)
{
	static const enum sql_id steps[] = { SQL_SOURCE_STALE,
		SQL_SOURCE_DOCUMENTS_DELETE, SQL_SOURCE_DELETE };
	struct stmt *s;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		s = db_stmt(db, steps[i]);
		stmt_bind_int(s, 1, source_id);
		if (stmt_run(s, e) == -1)
			return -1;
	}
	return 0;
}
