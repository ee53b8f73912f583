/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of version, document and withheld. */
#include "lib/store/stored.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/store/heads.h"
#include "lib/store/ids.h"
#include "lib/version.h"

#include <string.h>

/* Which values are the upstream's own: version.upstream. */
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

/* ---- telling apart ---- */

/* A text with its length in front: no two lists of them are the same bytes. */
static void
digest_text(struct digest *d, const char *text, size_t len)
{
	const uint64_t length = text == NULL ? UINT64_MAX : len;

	digest_add(d, &length, sizeof length);
	digest_add(d, text, text == NULL ? 0 : len);
}

void
stored_digest(unsigned char out[DIGEST_RAW_SIZE], struct digest *d,
    const char *json, size_t len, const struct catalog_outer *outer, bool noted)
{
	digest_add(d, json, len);
	if (outer != NULL) {
		const char *status = outer->status;
		const char *message = outer->status_message;
		const int64_t times[] = { outer->status_changed_us,
			outer->published_us, outer->updated_us };

		digest_text(d, status, status == NULL ? 0 : strlen(status));
		digest_text(d, message, message == NULL ? 0 : strlen(message));
		digest_add(d, times, sizeof times);
		digest_text(d, outer->extra, outer->extra_len);
		digest_text(d, outer->official, outer->official_len);
	}
	/*
	 * So that an entry with a note is never known before it is checked,
	 * and its note is written each time.
	 */
	if (noted)
		digest_add(d, "noted", sizeof "noted");
	digest_raw(d, out);
}

/* Columns that follow each other in statements that read it. */
enum {
	OUTER_STATUS,
	OUTER_MESSAGE,
	OUTER_STATUS_CHANGED,
	OUTER_PUBLISHED,
	OUTER_UPDATED,
	OUTER_EXTRA,
	OUTER_OFFICIAL
};

static int64_t
instant(struct stmt *s, int column)
{
	return stmt_is_null(s, column) ? CLOCK_NEVER : stmt_int(s, column);
}

/* An empty run is stored as NULL, and is an empty one again. */
static const char *
run_text(struct stmt *s, int column, size_t *len)
{
	const char *text = stmt_text(s, column, len);

	return text == NULL ? "" : text;
}

bool
stored_outer(struct catalog_outer *outer, struct stmt *s, int first)
{
	bool said = false;

	for (int c = OUTER_STATUS; c <= OUTER_OFFICIAL; c++)
		said |= !stmt_is_null(s, first + c);
	outer->status = stmt_text(s, first + OUTER_STATUS, NULL);
	outer->status_message = stmt_text(s, first + OUTER_MESSAGE, NULL);
	outer->status_changed_us = instant(s, first + OUTER_STATUS_CHANGED);
	outer->published_us = instant(s, first + OUTER_PUBLISHED);
	outer->updated_us = instant(s, first + OUTER_UPDATED);
	outer->extra = run_text(s, first + OUTER_EXTRA, &outer->extra_len);
	outer->official =
	    run_text(s, first + OUTER_OFFICIAL, &outer->official_len);
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

/* Sets p->entry, to 0 when there is none of the name. */
static int
find_entry(struct stored_place *p, enum entry_kind kind, const char *name,
    struct err *e)
{
	struct stmt *s;
	bool row;

	if (p->entry != 0 && p->kind == kind && !p->name.bad &&
	    strcmp(buf_str(&p->name), name) == 0)
		return 0;
	s = db_stmt(p->db, SQL_STORED_ENTRY);
	stmt_bind_int(s, SQL_STORED_ENTRY_P_KIND, kind);
	stmt_bind_str(s, SQL_STORED_ENTRY_P_NAME, name);
	stmt_bind_int(s, SQL_STORED_ENTRY_P_SOURCE, p->source);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	remember_entry(p, row ? stmt_int(s, 0) : 0, kind, name);
	stmt_done(s);
	return 0;
}

/* Whether the text in ${column} is another file than the one being read. */
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
	s = db_stmt(p->db, SQL_STORED_VERSION);
	stmt_bind_int(s, SQL_STORED_VERSION_P_ENTRY, *entry);
	stmt_bind_str(s, SQL_STORED_VERSION_P_VERSION, version);
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
	if (item->outer != NULL && item->outer->status != NULL)
		return item->outer->status;
	return item->facts->status == NULL ? "active" : item->facts->status;
}

/* The parameters of a statement that takes what the upstream says. */
struct outer_parameters {
	int message, changed, published, updated, extra, official;
};

#define OUTER_PARAMETERS(statement)                                         \
	{                                                                   \
		statement##_P_STATUS_MESSAGE, statement##_P_STATUS_CHANGED, \
		    statement##_P_PUBLISHED, statement##_P_UPDATED,         \
		    statement##_P_EXTRA_META, statement##_P_EXTRA_OFFICIAL  \
	}

static void
bind_instant(struct stmt *s, int parameter, int64_t us)
{
	if (us == CLOCK_NEVER)
		stmt_bind_null(s, parameter);
	else
		stmt_bind_int(s, parameter, us);
}

static void
bind_run(struct stmt *s, int parameter, const char *run, size_t len)
{
	if (len == 0)
		stmt_bind_null(s, parameter);
	else
		stmt_bind_text(s, parameter, run, len);
}

static void
bind_outer(struct stmt *s, const struct outer_parameters *p,
    const struct catalog_outer *outer)
{
	static const struct catalog_outer none = { .status_changed_us =
						       CLOCK_NEVER,
		.published_us = CLOCK_NEVER,
		.updated_us = CLOCK_NEVER };

	if (outer == NULL)
		outer = &none;
	stmt_bind_str(s, p->message, outer->status_message);
	bind_instant(s, p->changed, outer->status_changed_us);
	bind_instant(s, p->published, outer->published_us);
	bind_instant(s, p->updated, outer->updated_us);
	bind_run(s, p->extra, outer->extra, outer->extra_len);
	bind_run(s, p->official, outer->official, outer->official_len);
}

static int64_t
given(const struct catalog_outer *outer)
{
	int64_t bits = 0;

	if (outer == NULL)
		return 0;
	if (outer->status != NULL || outer->status_message != NULL)
		bits |= GIVEN_STATUS;
	if (outer->status_changed_us != CLOCK_NEVER)
		bits |= GIVEN_STATUS_CHANGED;
	if (outer->published_us != CLOCK_NEVER)
		bits |= GIVEN_PUBLISHED;
	if (outer->updated_us != CLOCK_NEVER)
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
 * Sets p->date for a version of ${entry} whose order key is known.  Versions of
 * an entry that come without dates mostly come together and in order, one way
 * or the other, so they are dated one after the other.  What that gets wrong
 * heads_update() finds.
 */
static void
choose_date(
    struct stored_place *p, const struct stored_item *item, int64_t entry)
{
	if (item->outer != NULL && item->outer->updated_us != CLOCK_NEVER) {
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

/* What is shown as updatedAt is never later than changed_us (sql/read.sql). */
static int64_t
changed_at(const struct stored_place *p)
{
	return p->date > p->at.changed ? p->date : p->at.changed;
}

int
stored_insert_entry(int64_t *entry, struct stored_place *p,
    const struct stored_item *item, struct err *e)
{
	struct stmt *s = db_stmt(p->db, SQL_ENTRY_INSERT);

	stmt_bind_int(s, SQL_ENTRY_INSERT_P_SOURCE, p->source);
	stmt_bind_int(s, SQL_ENTRY_INSERT_P_KIND, item->kind);
	stmt_bind_str(s, SQL_ENTRY_INSERT_P_NAME, item->facts->name);
	if (stmt_run(s, e) == -1)
		return -1;
	*entry = db_last_rowid(p->db);
	remember_entry(p, *entry, item->kind, item->facts->name);
	return 0;
}

static int
put_version(struct stored_place *p, const struct stored_item *item,
    int64_t entry, int64_t document, struct err *e)
{
	static const struct outer_parameters outer[] = {
		OUTER_PARAMETERS(SQL_VERSION_INSERT),
		OUTER_PARAMETERS(SQL_VERSION_UPDATE)
	};
	const bool update = document == 0;
	const char *version = item->facts->version;
	struct stmt *s =
	    db_stmt(p->db, update ? SQL_VERSION_UPDATE : SQL_VERSION_INSERT);

	buf_reset(&p->order_key);
	version_order_key(&p->order_key, version, strlen(version));
	choose_date(p, item, entry);
	if (!update) {
		stmt_bind_int(s, SQL_VERSION_INSERT_P_DOCUMENT, document);
		stmt_bind_blob(s, SQL_VERSION_INSERT_P_ORDER_KEY,
		    buf_str(&p->order_key), p->order_key.len);
	}
#define P(name)                                    \
	(update ? (int)SQL_VERSION_UPDATE_P_##name \
		: (int)SQL_VERSION_INSERT_P_##name)
	stmt_bind_int(s, P(ENTRY), entry);
	stmt_bind_str(s, P(VERSION), version);
	stmt_bind_str(s, P(STATUS), stored_status(item));
	stmt_bind_int(s, P(NOW), p->at.now);
	stmt_bind_int(s, P(DATE), p->date);
	stmt_bind_int(s, P(CHANGED), changed_at(p));
	stmt_bind_blob(s, P(DIGEST), item->digest, sizeof item->digest);
	stmt_bind_int(s, P(UPSTREAM), given(item->outer));
	stmt_bind_str(s, P(FILE), p->file);
#undef P
	bind_outer(s, &outer[update], item->outer);
	return stmt_run(s, e);
}

int
stored_insert(int64_t *document, struct stored_place *p,
    const struct stored_item *item, int64_t entry, struct err *e)
{
	struct stmt *s = db_stmt(p->db, SQL_DOCUMENT_INSERT);

	stmt_bind_text(
	    s, SQL_DOCUMENT_INSERT_P_BODY, item->json, item->json_len);
	if (stmt_run(s, e) == -1)
		return -1;
	*document = db_last_rowid(p->db);
	if (put_version(p, item, entry, *document, e) == -1)
		return -1;
	return heads_put_text(
	    p->db, *document, &p->search_text, item->facts, e);
}

int
stored_update(struct stored_place *p, const struct stored_item *item,
    int64_t entry, int64_t document, struct err *e)
{
	struct stmt *s = db_stmt(p->db, SQL_DOCUMENT_UPDATE);

	if (put_version(p, item, entry, 0, e) == -1)
		return -1;
	if (document == 0)
		return 0;
	stmt_bind_int(s, SQL_DOCUMENT_UPDATE_P_ID, document);
	stmt_bind_text(
	    s, SQL_DOCUMENT_UPDATE_P_BODY, item->json, item->json_len);
	if (stmt_run(s, e) == -1)
		return -1;
	return heads_put_text(p->db, document, &p->search_text, item->facts, e);
}

int
stored_move(struct stored_place *p, int64_t document, struct err *e)
{
	struct stmt *s = db_stmt(p->db, SQL_VERSION_MOVE);

	stmt_bind_int(s, SQL_VERSION_MOVE_P_DOCUMENT, document);
	stmt_bind_str(s, SQL_VERSION_MOVE_P_FILE, p->file);
	return stmt_run(s, e);
}

int
stored_remove(struct stored_place *p, int64_t document, struct err *e)
{
	struct stmt *s = db_stmt(p->db, SQL_VERSION_REMOVE);

	stmt_bind_int(s, SQL_VERSION_REMOVE_P_DOCUMENT, document);
	stmt_bind_int(s, SQL_VERSION_REMOVE_P_NOW, p->at.now);
	stmt_bind_int(s, SQL_VERSION_REMOVE_P_CHANGED, p->at.changed);
	return stmt_run(s, e);
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
	static const struct outer_parameters outer =
	    OUTER_PARAMETERS(SQL_WITHHELD_PUT);
	struct stmt *s = db_stmt(p->db, SQL_WITHHELD_PUT);

	stmt_bind_int(s, SQL_WITHHELD_PUT_P_SOURCE, p->source);
	stmt_bind_int(s, SQL_WITHHELD_PUT_P_KIND, item->kind);
	stmt_bind_str(s, SQL_WITHHELD_PUT_P_NAME, item->facts->name);
	stmt_bind_str(s, SQL_WITHHELD_PUT_P_VERSION, item->facts->version);
	stmt_bind_blob(
	    s, SQL_WITHHELD_PUT_P_DIGEST, item->digest, sizeof item->digest);
	stmt_bind_text(s, SQL_WITHHELD_PUT_P_BODY, item->json, item->json_len);
	stmt_bind_str(s, SQL_WITHHELD_PUT_P_FILE, p->file);
	stmt_bind_str(s, SQL_WITHHELD_PUT_P_STATUS,
	    item->outer == NULL ? NULL : item->outer->status);
	bind_outer(s, &outer, item->outer);
	return stmt_run(s, e);
}

int
stored_withhold(int64_t *row, struct stored_place *p,
    const struct stored_item *item, struct err *e)
{
	struct stmt *s = db_stmt(p->db, SQL_WITHHELD_FIND);
	const void *digest;
	size_t len;
	bool found, same = false;

	*row = 0;
	stmt_bind_int(s, SQL_WITHHELD_FIND_P_SOURCE, p->source);
	stmt_bind_int(s, SQL_WITHHELD_FIND_P_KIND, item->kind);
	stmt_bind_str(s, SQL_WITHHELD_FIND_P_NAME, item->facts->name);
	stmt_bind_str(s, SQL_WITHHELD_FIND_P_VERSION, item->facts->version);
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
	struct stmt *s = db_stmt(p->db, SQL_WITHHELD_RELEASE);

	stmt_bind_int(s, SQL_WITHHELD_RELEASE_P_SOURCE, p->source);
	stmt_bind_int(s, SQL_WITHHELD_RELEASE_P_KIND, item->kind);
	stmt_bind_str(s, SQL_WITHHELD_RELEASE_P_NAME, item->facts->name);
	stmt_bind_str(s, SQL_WITHHELD_RELEASE_P_VERSION, item->facts->version);
	return stmt_run(s, e);
}

int
stored_drop_withheld(struct stored_place *p, int64_t row, struct err *e)
{
	return ids_run(p->db, SQL_WITHHELD_DELETE, row, e);
}
