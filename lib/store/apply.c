/* SPDX-License-Identifier: Apache-2.0 */
/* Applying what a source offers to what is stored of it. */
#include "lib/store/apply_private.h"

#include "lib/limits.h"
#include "lib/store/derive.h"
#include "lib/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_EVERY 256 /* entries between two reports */

void
apply_report_progress(struct apply *a)
{
	a->read++;
	if (a->options.progress != NULL && a->read % PROGRESS_EVERY == 0)
		a->options.progress(a->options.progress_ctx, a->read);
}

/* ---- rejections and notes ---- */

static struct reject_place
place_of(const struct apply *a, const struct catalog_entry *entry)
{
	return (struct reject_place){ a->document, entry };
}

static int
reject(struct apply *a, const struct catalog_entry *entry,
    const struct rules_problem *problem, struct err *e)
{
	const struct reject_place place = place_of(a, entry);

	if (reject_entry(&a->reject, &place, problem, e) == -1)
		return -1;
	if (a->first_rejected[0] == '\0')
		reject_text(a->first_rejected, sizeof a->first_rejected, &place,
		    problem);
	return 0;
}

int
apply_note(struct apply *a, const struct catalog_entry *entry,
    const struct rules_problem *problem, struct err *e)
{
	const struct reject_place place = place_of(a, entry);

	return reject_note(&a->reject, &place, problem, e);
}

void
apply_keep_file(struct apply *a)
{
	last_good_add_file(&a->last_good, a->place.file);
}

int
apply_reject_file(struct apply *a, const char *why, struct err *e)
{
	apply_keep_file(a);
	return reject_document(&a->reject, a->place.file, why, e);
}

int64_t
apply_rejected(const struct apply *a)
{
	return a->reject.rejected;
}

const char *
apply_first_rejected(const struct apply *a)
{
	return a->first_rejected;
}

/* ---- one entry ---- */

/* The versions of an entry mostly follow each other. */
int
apply_touch(struct apply *a, int64_t entry, struct err *e)
{
	a->changed = true;
	if (a->touched == entry)
		return 0;
	a->touched = entry;
	return derive_touch(a->place.db, entry, e);
}

/* A new entry has no head to look up. */
static int
insert_entry(int64_t *entry, struct apply *a, const struct stored_item *item,
    struct err *e)
{
	if (stored_insert_entry(entry, &a->place, item, e) == -1)
		return -1;
	a->changed = true;
	a->touched = *entry;
	return derive_touch_new(a->place.db, *entry, e);
}

static void
count_plan(struct apply *a, enum entry_kind kind, const struct plan *plan)
{
	struct apply_counts *c = &a->counts;

	if (plan->action == PLAN_KEEP || plan->action == PLAN_MOVE)
		c->unchanged++;
	else if (plan->usable == 0)
		c->updated++;
	else if (plan->usable > 0)
		c->added++;
	else
		c->removed++;
	a->grown[kind] += plan->usable;
}

static int
carry_out(struct apply *a, const struct plan *plan, int64_t entry,
    int64_t document, const struct stored_item *item, struct err *e)
{
	count_plan(a, item->kind, plan);
	switch (plan->action) {
	case PLAN_KEEP:
		return 0;
	case PLAN_MOVE:
		return stored_move(&a->place, document, e);
	case PLAN_INSERT:
	case PLAN_UPDATE:
	case PLAN_UPDATE_VERSION:
		break;
	}
	if (entry == 0 ? insert_entry(&entry, a, item, e) == -1
		       : apply_touch(a, entry, e) == -1)
		return -1;
	if (plan->action == PLAN_INSERT) {
		if (stored_insert(&document, &a->place, item, entry, e) == -1)
			return -1;
		id_set_add(&a->seen, document);
		return 0;
	}
	return stored_update(&a->place, item, entry,
	    plan->action == PLAN_UPDATE ? document : 0, e);
}

static int
find(int64_t *entry, struct plan_stored *stored, struct apply *a,
    const struct catalog_entry *of, struct err *e)
{
	return stored_find(entry, stored, &a->place, of->kind, of->facts.name,
	    of->facts.version, e);
}

/*
 * Turns an offered version that may not be served any more into a tombstone.
 * Needed for a partial update only: else apply_missing() does it.
 */
static int
remove_one(struct apply *a, const struct catalog_entry *entry, struct err *e)
{
	struct plan_stored stored;
	int64_t id;

	if (find(&id, &stored, a, entry, e) == -1)
		return -1;
	if (stored.document == 0 || stored.deleted)
		return 0;
	a->counts.removed++;
	a->grown[entry->kind]--;
	if (apply_touch(a, id, e) == -1)
		return -1;
	return stored_remove(&a->place, stored.document, e);
}

/* Stores a version that the filter leaves out, for a later filter. */
static int
withhold(struct apply *a, const struct catalog_entry *entry,
    const struct stored_item *item, struct err *e)
{
	int64_t row;

	a->counts.withheld++;
	if (a->options.partial && remove_one(a, entry, e) == -1)
		return -1;
	if (stored_withhold(&row, &a->place, item, e) == -1)
		return -1;
	id_set_add(&a->seen_withheld, row);
	return 0;
}

static int
reject_again(struct apply *a, const struct catalog_entry *entry, struct err *e)
{
	struct rules_problem problem = {
		.rule = "offers a name and version that the source already has"
	};

	snprintf(problem.value, sizeof problem.value, "%.*s",
	    LIMIT_REJECTED_VALUE, entry->facts.version);
	return reject(a, entry, &problem, e);
}

int
apply_item(struct apply *a, const struct catalog_entry *entry,
    const struct stored_item *item, struct err *e)
{
	struct plan_offered offered = { .deleted = strcmp(stored_status(item),
						       "deleted") == 0,
		.has_description = entry->facts.description != NULL,
		.same = a->reject.silent };
	struct plan_stored stored;
	struct plan plan;
	int64_t id;

	if (!filter_keeps(a->filter, entry->kind, entry->facts.name,
		(const char *const *)entry->facts.tags, entry->facts.tag_count))
		return withhold(a, entry, item, e);
	if (a->options.partial && stored_release(&a->place, item, e) == -1)
		return -1;
	if (find(&id, &stored, a, entry, e) == -1)
		return -1;
	if (stored.document != 0 && !id_set_add(&a->seen, stored.document))
		return reject_again(a, entry, e);
	for (size_t i = 0; i < entry->note_count; i++)
		if (apply_note(a, entry, &entry->note[i], e) == -1)
			return -1;
	memcpy(offered.digest, item->digest, sizeof offered.digest);
	plan = plan_offered(&stored, &offered);
	return carry_out(a, &plan, id, stored.document, item, e);
}

/*
 * The last good version of a rejected entry stays, unless the upstream marks it
 * as deleted.  A partial update removes nothing that it does not mention.
 */
static int
keep_last_good(
    struct apply *a, const struct catalog_entry *entry, struct err *e)
{
	const struct rules_entry *facts = &entry->facts;
	const bool partial = a->options.partial;

	if (facts->name == NULL)
		return 0;
	if (entry->upstream != NULL && entry->upstream->status != NULL &&
	    strcmp(entry->upstream->status, "deleted") == 0)
		return partial && facts->version != NULL
			   ? remove_one(a, entry, e)
			   : 0;
	if (!partial && (!a->was_empty || a->withheld > 0))
		last_good_add_entry(
		    &a->last_good, entry->kind, facts->name, facts->version);
	return 0;
}

int
apply_entry(void *ctx, const struct catalog_entry *entry, struct err *e)
{
	struct apply *a = ctx;
	struct stored_item item = { .kind = entry->kind,
		.facts = &entry->facts,
		.json = entry->json,
		.json_len = entry->json_len,
		.upstream = entry->upstream };

	apply_report_progress(a);
	if (reject_delete(&a->reject, entry, e) == -1)
		return -1;
	if (entry->problem != NULL) {
		if (reject(a, entry, entry->problem, e) == -1)
			return -1;
		return keep_last_good(a, entry, e);
	}
	stored_digest(item.digest, a->digest, entry->json, entry->json_len,
	    entry->upstream, entry->note != NULL);
	return apply_item(a, entry, &item, e);
}

bool
apply_may_know(const struct apply *a)
{
	const struct filter_spec *filter = a->options.filter;

	return !a->was_empty && !a->options.recheck &&
	       filter->tags_include.count + filter->tags_exclude.count == 0;
}

int
apply_known(
    void *ctx, const struct catalog_entry *entry, bool *known, struct err *e)
{
	struct apply *a = ctx;
	unsigned char digest[DIGEST_RAW_SIZE];
	struct plan_stored stored;
	int64_t id;

	stored_digest(digest, a->digest, entry->json, entry->json_len,
	    entry->upstream, false);
	if (find(&id, &stored, a, entry, e) == -1)
		return -1;
	if (stored.document == 0 || stored.removed ||
	    memcmp(stored.digest, digest, sizeof digest) != 0 ||
	    !filter_keeps(a->filter, entry->kind, entry->facts.name, NULL, 0) ||
	    !id_set_add(&a->seen, stored.document))
		return 0;
	*known = true;
	apply_report_progress(a);
	a->counts.unchanged++;
	return stored.moved ? stored_move(&a->place, stored.document, e) : 0;
}

/* ---- a document, or a part that can be undone ---- */

void
apply_set_document(struct apply *a, const char *shown, const char *file)
{
	a->document = shown;
	a->place.file = file;
}

int
apply_part_begin(struct apply *a, struct err *e)
{
	struct apply_mark *m = &a->mark;

	m->counts = a->counts;
	m->reject = a->reject;
	m->last_good = a->last_good;
	memcpy(m->grown, a->grown, sizeof m->grown);
	memcpy(m->first_rejected, a->first_rejected, sizeof m->first_rejected);
	id_set_mark(&a->seen);
	id_set_mark(&a->seen_withheld);
	return db_savepoint(a->place.db, e);
}

int
apply_part_keep(struct apply *a, struct err *e)
{
	id_set_keep(&a->seen);
	id_set_keep(&a->seen_withheld);
	return db_savepoint_release(a->place.db, e);
}

void
apply_part_undo(struct apply *a)
{
	const struct apply_mark *m = &a->mark;

	db_savepoint_undo(a->place.db);
	a->counts = m->counts;
	a->reject = m->reject;
	last_good_undo(&a->last_good, &m->last_good);
	memcpy(a->grown, m->grown, sizeof m->grown);
	memcpy(a->first_rejected, m->first_rejected, sizeof m->first_rejected);
	id_set_undo(&a->seen);
	id_set_undo(&a->seen_withheld);
	/* Entries that the part inserted do not exist any more. */
	a->touched = a->place.entry = a->place.dated_entry = 0;
}

/* ---- all of a source ---- */

static int
run_for_source(int64_t *out, struct apply *a, enum sql_id id, struct err *e)
{
	struct stmt *s = db_stmt(a->place.db, id);

	/* The source is the first parameter of each statement used here. */
	stmt_bind_int(s, 1, a->options.source_id);
	return stmt_number(out, s, e);
}

int
apply_new(struct apply **out, struct db *db,
    const struct apply_options *options, struct err *e)
{
	struct apply *a = *out = xcalloc(1, sizeof *a);
	const struct apply_options *o = &a->options;
	int64_t empty;

	a->options = *options;
	stored_place_init(&a->place, db, o->source_id, &o->at);
	a->reject = (struct reject){
		.db = db, .source = o->source_id, .strict = o->strict
	};
	a->digest = digest_new();
	if (filter_new(&a->filter, o->filter, e) == -1 ||
	    run_for_source(&empty, a, SQL_SOURCE_IS_EMPTY, e) == -1 ||
	    run_for_source(&a->withheld, a, SQL_WITHHELD_COUNT, e) == -1)
		return -1;
	a->was_empty = empty != 0;
	return 0;
}

int
apply_start(struct apply **out, struct db *db,
    const struct apply_options *options, struct err *e)
{
	struct apply_options now = *options;
	struct apply_counts refiltered = { 0 };
	struct apply *a = NULL;
	int rc = -1;

	/*
	 * A changed filter applies to all stored entries, also to those that a
	 * partial update does not mention and to last good versions.
	 */
	if (options->refilter) {
		if (apply_filter(&refiltered, db, options, e) == -1)
			goto out;
		now.stored = refiltered;
	}
	if (apply_new(&a, db, &now, e) == -1 ||
	    reject_start(&a->reject, options->partial, e) == -1)
		goto out;
	a->refiltered = refiltered;
	*out = a;
	a = NULL;
	rc = 0;
out:
	apply_free(a);
	return rc;
}

void
apply_free(struct apply *a)
{
	if (a == NULL)
		return;
	filter_free(a->filter);
	digest_free(a->digest);
	stored_place_free(&a->place);
	id_set_free(&a->seen);
	id_set_free(&a->seen_withheld);
	last_good_free(&a->last_good);
	free(a);
}

int64_t
apply_counts_total(const struct apply_counts *c)
{
	return c->servers + c->skills + c->plugins;
}

/* Versions that the filter leaves out count on both sides. */
static int
check_loss(struct apply *a, struct err *e)
{
	const struct apply_options *o = &a->options;
	const int64_t before = apply_counts_total(&o->stored) + a->withheld;
	int64_t after;

	if (!o->guard || o->partial || (o->may_be_empty && a->read == 0))
		return 0;
	if (run_for_source(&after, a, SQL_WITHHELD_COUNT, e) == -1)
		return -1;
	after += apply_counts_total(&a->counts);
	if (!plan_is_loss(before, after))
		return 0;
	err_set(e, ERR_INPUT,
	    "only %" PRId64 " of %" PRId64
	    " entries are left, fewer than half; if that is right, confirm it "
	    "with syncPolicy.allowShrink: true or with thv-registry-sync "
	    "--force --source %s",
	    after, before, o->source_name);
	return -1;
}

/* Adds the differences to the sums from before, without reading versions. */
static void
count_stored(struct apply *a)
{
	if (!a->was_empty) {
		a->counts.servers = a->options.stored.servers;
		a->counts.skills = a->options.stored.skills;
		a->counts.plugins = a->options.stored.plugins;
	}
	a->counts.servers += a->grown[ENTRY_SERVER];
	a->counts.skills += a->grown[ENTRY_SKILL];
	a->counts.plugins += a->grown[ENTRY_PLUGIN];
}

int
apply_finish(struct apply_counts *out, struct apply *a, struct err *e)
{
	if (a->options.partial || a->was_empty)
		count_stored(a);
	if (!a->options.partial && apply_missing(a, e) == -1)
		return -1;
	if (check_loss(a, e) == -1)
		return -1;
	a->counts.rejected = a->reject.rejected;
	a->counts.added += a->refiltered.added;
	a->counts.removed += a->refiltered.removed;
	*out = a->counts;
	if (!a->changed)
		return 0;
	return derive_touched(a->place.db, a->options.source_id, &a->options.at,
	    a->options.at.changed, e);
}
