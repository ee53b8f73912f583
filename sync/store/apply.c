/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing what is stored of a source in line with what it offers. */
#include "sync/store/apply.h"

#include "lib/buf.h"
#include "lib/limits.h"
#include "lib/version.h"
#include "sync/digest.h"
#include "sync/document/catalog.h"
#include "sync/document/rules.h"
#include "sync/store/compose.h"
#include "sync/store/heads.h"

#include <stdio.h>
#include <string.h>

#define DIGEST_SIZE 32
#define PROGRESS_EVERY 256 /* entries between two reports */

/* The state of one application. */
struct apply {
	struct db *db;
	const struct apply_options *options;
	struct apply_counts *counts;
	struct filter *filter;
	struct digest *digest;
	struct buf order_key;
	struct buf search_text;
	const char *document; /* NULL when the source has only one */
	int64_t read;
	bool rereading; /* stored documents, not offered ones */
};

/* One entry on its way in. */
struct item {
	enum entry_kind kind;
	const struct rules_entry *facts;
	const char *json;
	size_t json_len;
	unsigned char digest[DIGEST_SIZE];
};

static const char *
array_name(enum entry_kind kind)
{
	return kind == ENTRY_SERVER  ? "servers"
	       : kind == ENTRY_SKILL ? "skills"
				     : "plugins";
}

/* Notes an entry that is left out; a strict source fails instead. */
static int
reject(struct apply *a, const struct catalog_entry *entry, const char *path,
    const char *rule, const char *value, struct err *e)
{
	char where[LIMIT_PATH];
	struct stmt *s;

	if (a->rereading) /* it was judged when it was offered */
		return 0;
	snprintf(where, sizeof where, "%s%sdata.%s.%zu%s%s",
	    a->document == NULL ? "" : a->document,
	    a->document == NULL ? "" : ": ", array_name(entry->kind),
	    entry->index, path[0] == '\0' ? "" : ".", path);
	if (a->options->source->strict) {
		err_set(e, ERR_INPUT,
		    "registry schema validation failed: %s: %s", where, rule);
		return -1;
	}
	a->counts->rejected++;
	if (a->counts->rejected > LIMIT_REJECTED_KEPT)
		return 0;
	s = db_stmt(a->db, SQL_REJECTION_INSERT);
	stmt_bind_int(s, SQL_REJECTION_INSERT_P_SOURCE, a->options->source_id);
	stmt_bind_int(s, SQL_REJECTION_INSERT_P_ORDINAL, a->counts->rejected);
	stmt_bind_int(s, SQL_REJECTION_INSERT_P_KIND, entry->kind);
	stmt_bind_str(s, SQL_REJECTION_INSERT_P_PATH, where);
	stmt_bind_str(s, SQL_REJECTION_INSERT_P_NAME, entry->facts.name);
	stmt_bind_str(s, SQL_REJECTION_INSERT_P_VERSION, entry->facts.version);
	stmt_bind_str(s, SQL_REJECTION_INSERT_P_RULE, rule);
	stmt_bind_str(s, SQL_REJECTION_INSERT_P_VALUE, value);
	return stmt_run(s, e);
}

/* Sets ${first} when this document has not offered the version before. */
static int
mark_seen(struct apply *a, const struct item *item, bool *first, struct err *e)
{
	struct stmt *s = db_stmt(a->db, SQL_SEEN_INSERT);

	stmt_bind_int(s, SQL_SEEN_INSERT_P_KIND, item->kind);
	stmt_bind_str(s, SQL_SEEN_INSERT_P_NAME, item->facts->name);
	stmt_bind_str(s, SQL_SEEN_INSERT_P_VERSION, item->facts->version);
	if (stmt_run(s, e) == -1)
		return -1;
	*first = db_changes(a->db) == 1;
	return 0;
}

static int
mark_withheld(struct apply *a, int64_t id, struct err *e)
{
	struct stmt *s = db_stmt(a->db, SQL_WITHHELD_MARK);

	stmt_bind_int(s, SQL_WITHHELD_MARK_P_ID, id);
	return stmt_run(s, e);
}

static int
insert_withheld(struct apply *a, const struct item *item, struct err *e)
{
	struct stmt *s = db_stmt(a->db, SQL_WITHHELD_INSERT);

	stmt_bind_int(s, SQL_WITHHELD_INSERT_P_SOURCE, a->options->source_id);
	stmt_bind_int(s, SQL_WITHHELD_INSERT_P_KIND, item->kind);
	stmt_bind_str(s, SQL_WITHHELD_INSERT_P_NAME, item->facts->name);
	stmt_bind_str(s, SQL_WITHHELD_INSERT_P_VERSION, item->facts->version);
	stmt_bind_blob(
	    s, SQL_WITHHELD_INSERT_P_DIGEST, item->digest, sizeof item->digest);
	stmt_bind_text(
	    s, SQL_WITHHELD_INSERT_P_BODY, item->json, item->json_len);
	if (stmt_run(s, e) == -1)
		return -1;
	return mark_withheld(a, db_last_rowid(a->db), e);
}

/* The filter leaves it out: keep it aside for another filter. */
static int
withhold(struct apply *a, const struct item *item, struct err *e)
{
	struct stmt *s = db_stmt(a->db, SQL_WITHHELD_FIND);
	const void *digest;
	int64_t id;
	size_t len;
	bool row, same;

	a->counts->withheld++;
	stmt_bind_int(s, SQL_WITHHELD_FIND_P_SOURCE, a->options->source_id);
	stmt_bind_int(s, SQL_WITHHELD_FIND_P_KIND, item->kind);
	stmt_bind_str(s, SQL_WITHHELD_FIND_P_NAME, item->facts->name);
	stmt_bind_str(s, SQL_WITHHELD_FIND_P_VERSION, item->facts->version);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row)
		return insert_withheld(a, item, e);
	id = stmt_int(s, 0);
	digest = stmt_blob(s, 1, &len);
	same = len == DIGEST_SIZE && memcmp(digest, item->digest, len) == 0;
	stmt_done(s);
	if (!same) {
		s = db_stmt(a->db, SQL_WITHHELD_UPDATE);
		stmt_bind_int(s, SQL_WITHHELD_UPDATE_P_ID, id);
		stmt_bind_blob(s, SQL_WITHHELD_UPDATE_P_DIGEST, item->digest,
		    sizeof item->digest);
		stmt_bind_text(
		    s, SQL_WITHHELD_UPDATE_P_BODY, item->json, item->json_len);
		if (stmt_run(s, e) == -1)
			return -1;
	}
	return mark_withheld(a, id, e);
}

static int
put_text(
    struct apply *a, const struct item *item, int64_t document, struct err *e)
{
	struct stmt *s = db_stmt(a->db, SQL_VERSION_TEXT_PUT);

	buf_reset(&a->search_text);
	heads_search_text(&a->search_text, item->facts);
	stmt_bind_int(s, SQL_VERSION_TEXT_PUT_P_DOCUMENT, document);
	stmt_bind_text(s, SQL_VERSION_TEXT_PUT_P_SEARCH_TEXT,
	    buf_str(&a->search_text), a->search_text.len);
	return stmt_run(s, e);
}

static int
insert_entry(
    struct apply *a, const struct item *item, int64_t *entry, struct err *e)
{
	struct stmt *s = db_stmt(a->db, SQL_ENTRY_INSERT);

	stmt_bind_int(s, SQL_ENTRY_INSERT_P_SOURCE, a->options->source_id);
	stmt_bind_int(s, SQL_ENTRY_INSERT_P_KIND, item->kind);
	stmt_bind_str(s, SQL_ENTRY_INSERT_P_NAME, item->facts->name);
	if (stmt_run(s, e) == -1)
		return -1;
	*entry = db_last_rowid(a->db);
	return 0;
}

/* A server's own document says nothing of its status. */
static const char *
status_of(const struct item *item)
{
	return item->facts->status == NULL ? "active" : item->facts->status;
}

static int
insert_version(
    struct apply *a, const struct item *item, int64_t entry, struct err *e)
{
	struct stmt *s = db_stmt(a->db, SQL_DOCUMENT_INSERT);
	const char *version = item->facts->version;
	int64_t document;

	stmt_bind_text(
	    s, SQL_DOCUMENT_INSERT_P_BODY, item->json, item->json_len);
	if (stmt_run(s, e) == -1)
		return -1;
	document = db_last_rowid(a->db);
	buf_reset(&a->order_key);
	version_order_key(&a->order_key, version, strlen(version));
	s = db_stmt(a->db, SQL_VERSION_INSERT);
	stmt_bind_int(s, SQL_VERSION_INSERT_P_ENTRY, entry);
	stmt_bind_str(s, SQL_VERSION_INSERT_P_VERSION, version);
	stmt_bind_int(s, SQL_VERSION_INSERT_P_DOCUMENT, document);
	stmt_bind_blob(s, SQL_VERSION_INSERT_P_ORDER_KEY,
	    buf_str(&a->order_key), a->order_key.len);
	stmt_bind_str(s, SQL_VERSION_INSERT_P_STATUS, status_of(item));
	stmt_bind_int(s, SQL_VERSION_INSERT_P_NOW, a->options->now);
	stmt_bind_blob(
	    s, SQL_VERSION_INSERT_P_DIGEST, item->digest, sizeof item->digest);
	if (stmt_run(s, e) == -1)
		return -1;
	a->counts->added++;
	return put_text(a, item, document, e);
}

static int
update_version(struct apply *a, const struct item *item, int64_t entry,
    int64_t document, struct err *e)
{
	struct stmt *s = db_stmt(a->db, SQL_DOCUMENT_UPDATE);

	stmt_bind_int(s, SQL_DOCUMENT_UPDATE_P_ID, document);
	stmt_bind_text(
	    s, SQL_DOCUMENT_UPDATE_P_BODY, item->json, item->json_len);
	if (stmt_run(s, e) == -1)
		return -1;
	s = db_stmt(a->db, SQL_VERSION_UPDATE);
	stmt_bind_int(s, SQL_VERSION_UPDATE_P_ENTRY, entry);
	stmt_bind_str(s, SQL_VERSION_UPDATE_P_VERSION, item->facts->version);
	stmt_bind_str(s, SQL_VERSION_UPDATE_P_STATUS, status_of(item));
	stmt_bind_int(s, SQL_VERSION_UPDATE_P_NOW, a->options->now);
	stmt_bind_blob(
	    s, SQL_VERSION_UPDATE_P_DIGEST, item->digest, sizeof item->digest);
	if (stmt_run(s, e) == -1)
		return -1;
	return put_text(a, item, document, e);
}

/* What is stored of an item; 0 for what is not. */
struct stored {
	int64_t entry;
	int64_t document;
	bool same; /* byte for byte */
	bool removed; /* a tombstone */
};

static int
find_stored(
    struct stored *out, struct apply *a, const struct item *item, struct err *e)
{
	struct stmt *s = db_stmt(a->db, SQL_STORED_VERSION);
	const void *digest;
	size_t len;
	bool row;

	memset(out, 0, sizeof *out);
	stmt_bind_str(s, SQL_STORED_VERSION_P_VERSION, item->facts->version);
	stmt_bind_int(s, SQL_STORED_VERSION_P_KIND, item->kind);
	stmt_bind_str(s, SQL_STORED_VERSION_P_NAME, item->facts->name);
	stmt_bind_int(s, SQL_STORED_VERSION_P_SOURCE, a->options->source_id);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (row) {
		out->entry = stmt_int(s, 0);
		out->document = stmt_int(s, 1);
		digest = stmt_blob(s, 2, &len);
		out->same = len == DIGEST_SIZE &&
			    memcmp(digest, item->digest, len) == 0;
		out->removed = !stmt_is_null(s, 3);
	}
	stmt_done(s);
	return 0;
}

static int
keep(struct apply *a, const struct item *item, struct err *e)
{
	struct stored stored;

	if (find_stored(&stored, a, item, e) == -1)
		return -1;
	if (stored.document != 0 && stored.same && !stored.removed) {
		a->counts->unchanged++;
		return 0;
	}
	if (stored.entry == 0 && insert_entry(a, item, &stored.entry, e) == -1)
		return -1;
	if (heads_touch(a->db, stored.entry, e) == -1)
		return -1;
	if (stored.document == 0)
		return insert_version(a, item, stored.entry, e);
	if (stored.removed)
		a->counts->added++;
	else
		a->counts->updated++;
	return update_version(a, item, stored.entry, stored.document, e);
}

static void
report_progress(struct apply *a)
{
	a->read++;
	if (a->options->progress != NULL && a->read % PROGRESS_EVERY == 0)
		a->options->progress(a->options->progress_ctx, a->read);
}

static int
take_entry(void *ctx, const struct catalog_entry *entry, struct err *e)
{
	struct apply *a = ctx;
	struct item item = { .kind = entry->kind,
		.facts = &entry->facts,
		.json = entry->json,
		.json_len = entry->json_len };
	bool first;

	report_progress(a);
	if (entry->problem != NULL)
		return reject(a, entry, entry->problem->path,
		    entry->problem->rule, entry->problem->value, e);
	if (!filter_keeps(a->filter, entry->kind, entry->facts.name,
		(const char *const *)entry->facts.tags,
		entry->facts.tag_count)) {
		digest_add(a->digest, item.json, item.json_len);
		digest_raw(a->digest, item.digest);
		return withhold(a, &item, e);
	}
	if (mark_seen(a, &item, &first, e) == -1)
		return -1;
	if (!first)
		return reject(a, entry, "",
		    "offers a name and version that the document already has",
		    entry->facts.version, e);
	digest_add(a->digest, item.json, item.json_len);
	digest_raw(a->digest, item.digest);
	return keep(a, &item, e);
}

static int
count_stored(struct apply *a, struct err *e)
{
	struct stmt *s = db_stmt(a->db, SQL_SOURCE_COUNTS);
	bool row;

	stmt_bind_int(s, SQL_SOURCE_COUNTS_P_SOURCE, a->options->source_id);
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		switch ((enum entry_kind)stmt_int(s, 0)) {
		case ENTRY_SERVER:
			a->counts->servers = stmt_int(s, 1);
			break;
		case ENTRY_SKILL:
			a->counts->skills = stmt_int(s, 1);
			break;
		case ENTRY_PLUGIN:
			a->counts->plugins = stmt_int(s, 1);
			break;
		}
	}
}

static int
run_for_source(struct apply *a, enum sql_id id, struct err *e)
{
	struct stmt *s = db_stmt(a->db, id);

	/* The source is the first parameter of each statement used here. */
	stmt_bind_int(s, 1, a->options->source_id);
	return stmt_run(s, e);
}

/* What is stored and was not offered becomes a tombstone. */
static int
remove_unseen(struct apply *a, struct err *e)
{
	struct stmt *s;

	if (run_for_source(a, SQL_TOUCH_UNSEEN, e) == -1)
		return -1;
	s = db_stmt(a->db, SQL_REMOVE_UNSEEN);
	stmt_bind_int(s, SQL_REMOVE_UNSEEN_P_NOW, a->options->now);
	stmt_bind_int(s, SQL_REMOVE_UNSEEN_P_SOURCE, a->options->source_id);
	if (stmt_run(s, e) == -1)
		return -1;
	a->counts->removed = db_changes(a->db);
	return run_for_source(a, SQL_WITHHELD_DELETE_UNSEEN, e);
}

static int
clear_notes(struct apply *a, struct err *e)
{
	if (stmt_run(db_stmt(a->db, SQL_SEEN_CLEAR), e) == -1)
		return -1;
	return stmt_run(db_stmt(a->db, SQL_WITHHELD_SEEN_CLEAR), e);
}

/* Brings heads and registries in step with the versions. */
static int
settle(struct db *db, int64_t source, int64_t now, struct err *e)
{
	bool renumbered;

	if (heads_update(db, &renumbered, e) == -1 ||
	    compose_after_source(db, source, now, e) == -1)
		return -1;
	return renumbered ? compose_everything(db, now, e) : 0;
}

static int
finish(struct apply *a, struct err *e)
{
	if (remove_unseen(a, e) == -1 || clear_notes(a, e) == -1 ||
	    count_stored(a, e) == -1)
		return -1;
	if (a->counts->added + a->counts->updated + a->counts->removed == 0)
		return 0;
	return settle(a->db, a->options->source_id, a->options->now, e);
}

static int
start(struct apply *a, struct apply_counts *out, struct db *db,
    const struct apply_options *options, struct err *e)
{
	memset(out, 0, sizeof *out);
	*a = (struct apply){ .db = db,
		.options = options,
		.counts = out,
		.order_key = BUF_INIT(16 * LIMIT_VERSION_BYTES),
		.search_text = BUF_INIT(LIMIT_ENTRY) };
	a->digest = digest_new();
	if (filter_new(&a->filter, &options->source->filter, e) == -1)
		return -1;
	return clear_notes(a, e);
}

static void
stop(struct apply *a)
{
	filter_free(a->filter);
	digest_free(a->digest);
	buf_free(&a->order_key);
	buf_free(&a->search_text);
}

static int
read_document(
    struct apply *a, struct fetch *fetched, size_t index, struct err *e)
{
	const struct catalog_options options = { a->options->max_meta_size };
	struct reader reader = { 0 };
	const char *name = NULL;
	int rc = -1;

	if (fetch_open(fetched, index, &reader, &name, e) == -1)
		goto out;
	a->document = fetched->document_count > 1 ? name : NULL;
	if (catalog_read(NULL, &reader, &options, take_entry, a, e) == -1) {
		if (a->document != NULL)
			err_wrap(e, "%s", name);
		goto out;
	}
	rc = 0;
out:
	reader_close(&reader);
	return rc;
}

int
apply_fetched(struct apply_counts *out, struct db *db, struct fetch *fetched,
    const struct apply_options *options, struct err *e)
{
	struct apply a;
	int rc = -1;

	if (start(&a, out, db, options, e) == -1 ||
	    run_for_source(&a, SQL_REJECTION_CLEAR, e) == -1)
		goto out;
	for (size_t i = 0; i < fetched->document_count; i++)
		if (read_document(&a, fetched, i, e) == -1)
			goto out;
	if (finish(&a, e) == -1)
		goto out;
	rc = 0;
out:
	stop(&a);
	return rc;
}

/* Hands a stored document to take_entry() as if it had been offered. */
static int
reread(struct apply *a, struct rules *rules, struct stmt *s, struct err *e)
{
	struct catalog_entry entry = { .index = (size_t)a->read };
	struct rules_problem problem;

	entry.kind = (enum entry_kind)stmt_int(s, 0);
	entry.json = stmt_text(s, 1, &entry.json_len);
	if (rules_check(rules, entry.kind, entry.json, entry.json_len,
		&entry.facts, &problem) == -1)
		entry.problem = &problem;
	return take_entry(a, &entry, e);
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
	a.rereading = true;
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
apply_expire(struct db *db, int64_t before, int64_t now, struct err *e)
{
	static const enum sql_id steps[] = { SQL_TOMBSTONES_EXPIRED,
		SQL_TOMBSTONE_DOCUMENTS_DELETE, SQL_TOMBSTONES_DELETE };
	struct stmt *s;
	bool renumbered;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		s = db_stmt(db, steps[i]);
		stmt_bind_int(s, 1, before);
		if (stmt_run(s, e) == -1)
			return -1;
		if (i == 0 && db_changes(db) == 0)
			return 0;
	}
	if (heads_update(db, &renumbered, e) == -1)
		return -1;
	return compose_everything(db, now, e);
}

int
apply_drop_source(struct db *db, int64_t source_id, struct err *e)
{
	static const enum sql_id steps[] = { SQL_SOURCE_SEARCH_FORGET,
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
