/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of version, document and withheld. */
#include "lib/store/stored.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/store/heads.h"
#include "lib/store/ids.h"
#include "lib/version.h"

#include <string.h>

/* Bits of version.upstream: values that the upstream gave. */
#define GIVEN_STATUS 1
#define GIVEN_STATUS_CHANGED 2
#define GIVEN_PUBLISHED 4
#define GIVEN_UPDATED 8

void
stored_place_init(struct stored_place *p, struct db *db, int64_t source,
    const struct instant *at)
{
	*p = (struct stored_place){ .db = db, .source = source, .at = *at };
	buf_init(&p->order_key, 16 * LIMIT_VERSION_BYTES);
	buf_init(&p->dated_key, 16 * LIMIT_VERSION_BYTES);
	/* Folding may make a text half as long again. */
	buf_init(&p->search_text, 2 * LIMIT_ENTRY);
	buf_init(&p->name, LIMIT_IDENTITY);
}

void
stored_place_free(struct stored_place *p)
{
	buf_free(&p->order_key);
	buf_free(&p->dated_key);
	buf_free(&p->search_text);
	buf_free(&p->name);
}

/* ---- comparing ---- */

/* With the length in front, different lists of texts give different bytes. */
static void
digest_text(struct digest *d, const char *text, size_t len)
{
	const uint64_t length = text == NULL ? UINT64_MAX : len;

	digest_add(d, &length, sizeof length);
	digest_add(d, text, text == NULL ? 0 : len);
}

void
stored_digest(unsigned char out[DIGEST_RAW_SIZE], struct digest *d,
    const char *json, size_t len, const struct catalog_upstream *upstream,
    bool noted)
{
	digest_add(d, json, len);
	if (upstream != NULL) {
		const char *status = upstream->status;
		const char *message = upstream->status_message;
		const int64_t times[] = { upstream->status_changed_us,
			upstream->published_us, upstream->updated_us };

		digest_text(d, status, status == NULL ? 0 : strlen(status));
		digest_text(d, message, message == NULL ? 0 : strlen(message));
		digest_add(d, times, sizeof times);
		digest_text(d, upstream->extra, upstream->extra_len);
		digest_text(d, upstream->official, upstream->official_len);
	}
	/*
	 * apply_known() must not know an entry with a note: it is checked
	 * and its note written in each sync.
	 */
	if (noted)
		digest_add(d, "noted", sizeof "noted");
	digest_raw(d, out);
}

/* Columns that follow each other in the statements that read them. */
enum {
	UPSTREAM_STATUS,
	UPSTREAM_MESSAGE,
	UPSTREAM_STATUS_CHANGED,
	UPSTREAM_PUBLISHED,
	UPSTREAM_UPDATED,
	UPSTREAM_EXTRA,
	UPSTREAM_OFFICIAL
};

static int64_t
instant(struct stmt *s, int column)
{
	return stmt_is_null(s, column) ? CLOCK_NEVER : stmt_int(s, column);
}

/* An empty run is stored as NULL. */
static const char *
run_text(struct stmt *s, int column, size_t *len)
{
	const char *text = stmt_text(s, column, len);

	return text == NULL ? "" : text;
}

bool
stored_upstream(struct catalog_upstream *upstream, struct stmt *s, int first)
{
	bool said = false;

	for (int c = UPSTREAM_STATUS; c <= UPSTREAM_OFFICIAL; c++)
		said |= !stmt_is_null(s, first + c);
	upstream->status = stmt_text(s, first + UPSTREAM_STATUS, NULL);
	upstream->status_message = stmt_text(s, first + UPSTREAM_MESSAGE, NULL);
	upstream->status_changed_us =
	    instant(s, first + UPSTREAM_STATUS_CHANGED);
	upstream->published_us = instant(s, first + UPSTREAM_PUBLISHED);
	upstream->updated_us = instant(s, first + UPSTREAM_UPDATED);
	upstream->extra =
	    run_text(s, first + UPSTREAM_EXTRA, &upstream->extra_len);
	upstream->official =
	    run_text(s, first + UPSTREAM_OFFICIAL, &upstream->official_len);
	return said;
}

static void
remember_entry(struct stored_place *p, int64_t entry, enum entry_kind kind,
    const char *name)
{
	p->entry = entry;
	p->kind = kind;
	buf_reset(&p->name);
	buf_adds(&p->name, name);
}

/* Sets p->entry, to 0 if no entry has the name. */
static int
find_entry(struct stored_place *p, enum entry_kind kind, const char *name,
    struct err *e)
{
	struct stmt *s;
	bool row;

	if (p->entry != 0 && p->kind == kind && !p->name.bad &&
	    strcmp(buf_str(&p->name), name) == 0)
		return 0;
	s = db_query(p->db, SQL_STORED_ENTRY,
	    ARGS(INT(kind), STR(name), INT(p->source)));
	if (stmt_step(s, &row, e) == -1)
		return -1;
	remember_entry(p, row ? stmt_int(s, 0) : 0, kind, name);
	stmt_done(s);
	return 0;
}

/* Whether ${column} names another file than the present one. */
static bool
is_elsewhere(const struct stored_place *p, struct stmt *s, int column)
{
	const char *file = stmt_text(s, column, NULL);

	if (file == NULL || p->file == NULL)
		return file != p->file;
	return strcmp(file, p->file) != 0;
}

int
stored_find(int64_t *entry, struct plan_stored *out, struct stored_place *p,
    enum entry_kind kind, const char *name, const char *version, struct err *e)
{
	struct stmt *s;
	const void *digest;
	size_t len;
	bool row;

	memset(out, 0, sizeof *out);
	if (find_entry(p, kind, name, e) == -1)
		return -1;
	*entry = p->entry;
	if (*entry == 0)
		return 0;
	s = db_query(
	    p->db, SQL_STORED_VERSION, ARGS(INT(*entry), STR(version)));
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (row) {
		out->document = stmt_int(s, 0);
		digest = stmt_blob(s, 1, &len);
		if (len == sizeof out->digest)
			memcpy(out->digest, digest, len);
		out->removed = !stmt_is_null(s, 2);
		out->deleted = strcmp(stmt_text(s, 3, NULL), "deleted") == 0;
		out->moved = is_elsewhere(p, s, 4);
	}
	stmt_done(s);
	return 0;
}

/* ---- writing ---- */

const char *
stored_status(const struct stored_item *item)
{
	if (item->upstream != NULL && item->upstream->status != NULL)
		return item->upstream->status;
	return item->facts->status == NULL ? "active" : item->facts->status;
}

static int64_t
given(const struct catalog_upstream *upstream)
{
	int64_t bits = 0;

	if (upstream == NULL)
		return 0;
	if (upstream->status != NULL || upstream->status_message != NULL)
		bits |= GIVEN_STATUS;
	if (upstream->status_changed_us != CLOCK_NEVER)
		bits |= GIVEN_STATUS_CHANGED;
	if (upstream->published_us != CLOCK_NEVER)
		bits |= GIVEN_PUBLISHED;
	if (upstream->updated_us != CLOCK_NEVER)
		bits |= GIVEN_UPDATED;
	return bits;
}

static bool
key_is_after(const struct buf *a, const struct buf *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(buf_str(a), buf_str(b), len);

	return order != 0 ? order > 0 : a->len > b->len;
}

/*
 * Sets p->date for a version of ${entry} whose order key is known.  Versions
 * without dates mostly arrive in ascending or descending order, so their dates
 * are spaced in that order.  heads_update() corrects the rest.
 */
static void
choose_date(
    struct stored_place *p, const struct stored_item *item, int64_t entry)
{
	if (item->upstream != NULL &&
	    item->upstream->updated_us != CLOCK_NEVER) {
		p->date = p->at.now;
		p->dated_entry = 0;
		return;
	}
	if (p->dated_entry != entry)
		p->date = p->at.now;
	else if (key_is_after(&p->order_key, &p->dated_key))
		p->date += HEADS_APART;
	else
		p->date -= HEADS_APART;
	p->dated_entry = entry;
	buf_reset(&p->dated_key);
	buf_add(&p->dated_key, buf_str(&p->order_key), p->order_key.len);
}

/* updatedAt is never shown later than changed_us (sql/read.sql). */
static int64_t
changed_at(const struct stored_place *p)
{
	return p->date > p->at.changed ? p->date : p->at.changed;
}

int
stored_insert_entry(int64_t *entry, struct stored_place *p,
    const struct stored_item *item, struct err *e)
{
	if (db_run(p->db, SQL_ENTRY_INSERT,
		ARGS(INT(p->source), INT(item->kind), STR(item->facts->name)),
		e) == -1)
		return -1;
	*entry = db_last_rowid(p->db);
	remember_entry(p, *entry, item->kind, item->facts->name);
	return 0;
}

/* Bound for a version without metadata of an upstream. */
static const struct catalog_upstream no_upstream = { .status_changed_us =
							 CLOCK_NEVER,
	.published_us = CLOCK_NEVER,
	.updated_us = CLOCK_NEVER };

/* An empty run is stored as NULL. */
#define RUN(run, len) TEXT((len) == 0 ? NULL : (run), len)

/* Sets the order key and date of a version. */
static void
prepare_version(
    struct stored_place *p, const struct stored_item *item, int64_t entry)
{
	const char *version = item->facts->version;

	buf_reset(&p->order_key);
	version_order_key(&p->order_key, version, strlen(version));
	choose_date(p, item, entry);
}

static int
insert_version(struct stored_place *p, const struct stored_item *item,
    int64_t entry, int64_t document, struct err *e)
{
	const struct catalog_upstream *o =
	    item->upstream == NULL ? &no_upstream : item->upstream;

	prepare_version(p, item, entry);
	return db_run(p->db, SQL_VERSION_INSERT,
	    ARGS(INT(entry), STR(item->facts->version), INT(document),
		BLOB(buf_str(&p->order_key), p->order_key.len),
		STR(stored_status(item)), STR(o->status_message),
		TIME(o->status_changed_us), INT(p->at.now),
		TIME(o->published_us), INT(p->date), TIME(o->updated_us),
		INT(changed_at(p)), BLOB(item->digest, sizeof item->digest),
		INT(given(item->upstream)), RUN(o->extra, o->extra_len),
		RUN(o->official, o->official_len), STR(p->file)),
	    e);
}

static int
update_version(struct stored_place *p, const struct stored_item *item,
    int64_t entry, struct err *e)
{
	const struct catalog_upstream *o =
	    item->upstream == NULL ? &no_upstream : item->upstream;

	prepare_version(p, item, entry);
	return db_run(p->db, SQL_VERSION_UPDATE,
	    ARGS(BLOB(item->digest, sizeof item->digest),
		TIME(o->status_changed_us), STR(stored_status(item)),
		INT(p->at.now), STR(o->status_message), TIME(o->published_us),
		TIME(o->updated_us), INT(p->date), INT(changed_at(p)),
		INT(given(item->upstream)), RUN(o->extra, o->extra_len),
		RUN(o->official, o->official_len), STR(p->file), INT(entry),
		STR(item->facts->version)),
	    e);
}

int
stored_insert(int64_t *document, struct stored_place *p,
    const struct stored_item *item, int64_t entry, struct err *e)
{
	if (db_run(p->db, SQL_DOCUMENT_INSERT,
		ARGS(TEXT(item->json, item->json_len)), e) == -1)
		return -1;
	*document = db_last_rowid(p->db);
	if (insert_version(p, item, entry, *document, e) == -1)
		return -1;
	return heads_put_text(
	    p->db, *document, &p->search_text, item->facts, e);
}

int
stored_update(struct stored_place *p, const struct stored_item *item,
    int64_t entry, int64_t document, struct err *e)
{

	if (update_version(p, item, entry, e) == -1)
		return -1;
	if (document == 0)
		return 0;
	if (db_run(p->db, SQL_DOCUMENT_UPDATE,
		ARGS(TEXT(item->json, item->json_len), INT(document)), e) == -1)
		return -1;
	return heads_put_text(p->db, document, &p->search_text, item->facts, e);
}

int
stored_move(struct stored_place *p, int64_t document, struct err *e)
{
	return db_run(
	    p->db, SQL_VERSION_MOVE, ARGS(STR(p->file), INT(document)), e);
}

int
stored_remove(struct stored_place *p, int64_t document, struct err *e)
{
	return db_run(p->db, SQL_VERSION_REMOVE,
	    ARGS(INT(p->at.now), INT(p->at.changed), INT(document)), e);
}

int
stored_retire(struct stored_place *p, int64_t document, struct err *e)
{
	return ids_run(p->db, SQL_VERSION_RETIRE, document, e);
}

/* ---- versions that the filter leaves out ---- */

static int
put_withheld(
    struct stored_place *p, const struct stored_item *item, struct err *e)
{
	const struct catalog_upstream *o =
	    item->upstream == NULL ? &no_upstream : item->upstream;

	return db_run(p->db, SQL_WITHHELD_PUT,
	    ARGS(INT(p->source), INT(item->kind), STR(item->facts->name),
		STR(item->facts->version),
		BLOB(item->digest, sizeof item->digest),
		TEXT(item->json, item->json_len), STR(o->status),
		STR(o->status_message), TIME(o->status_changed_us),
		TIME(o->published_us), TIME(o->updated_us),
		RUN(o->extra, o->extra_len), RUN(o->official, o->official_len),
		STR(p->file)),
	    e);
}

int
stored_withhold(int64_t *row, struct stored_place *p,
    const struct stored_item *item, struct err *e)
{
	struct stmt *s = db_query(p->db, SQL_WITHHELD_FIND,
	    ARGS(INT(p->source), INT(item->kind), STR(item->facts->name),
		STR(item->facts->version)));
	const void *digest;
	size_t len;
	bool found, same = false;

	*row = 0;
	if (stmt_step(s, &found, e) == -1)
		return -1;
	if (found) {
		*row = stmt_int(s, 0);
		digest = stmt_blob(s, 1, &len);
		same = len == sizeof item->digest &&
		       memcmp(digest, item->digest, len) == 0 &&
		       !is_elsewhere(p, s, 2);
	}
	stmt_done(s);
	if (!same && put_withheld(p, item, e) == -1)
		return -1;
	if (!found)
		*row = db_last_rowid(p->db);
	return 0;
}

int
stored_release(
    struct stored_place *p, const struct stored_item *item, struct err *e)
{
	return db_run(p->db, SQL_WITHHELD_RELEASE,
	    ARGS(INT(p->source), INT(item->kind), STR(item->facts->name),
		STR(item->facts->version)),
	    e);
}

int
stored_drop_withheld(struct stored_place *p, int64_t row, struct err *e)
{
	return ids_run(p->db, SQL_WITHHELD_DELETE, row, e);
}
