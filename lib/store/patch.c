/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the difference between the old and the new head to the postings. */
#include "lib/store/patch.h"

#include "lib/posting.h"
#include "lib/store/ids.h"
#include "lib/store/postings.h"
#include "lib/store/terms.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Patching this many entries costs as much as indexing the whole block. */
#define MOST 32

/* The columns of the statement patched_list. */
enum {
	COLUMN_BLOCK,
	COLUMN_SORT_KEY,
	COLUMN_CHANGED,
	COLUMN_OLD, /* text, terms, whether usable */
	COLUMN_NEW = COLUMN_OLD + 3
};

/* The two heads that are compared, as ordinals of postings. */
enum {
	OLD,
	NEW
};

struct patch {
	struct db *db;
	struct err *err; /* why a posting could not be written */
	struct postings *postings;
	struct terms terms;
	struct buf list;
	/* The present block. */
	int64_t block; /* its first key */
	bool loaded;
	struct buf keys;
	struct buf changed;
	uint16_t ordinal; /* of the present entry */
};

static size_t
entries_of(const struct patch *p)
{
	return p->keys.len / POSTING_KEY;
}

static int
load_block(struct patch *p, int64_t first_key, struct err *e)
{
	struct stmt *s = db_query(p->db, SQL_BLOCK_LISTS, ARGS(INT(first_key)));
	const void *data;
	size_t len;
	bool row;

	buf_reset(&p->keys);
	buf_reset(&p->changed);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (row) {
		data = stmt_blob(s, 0, &len);
		buf_add(&p->keys, data, len);
		data = stmt_blob(s, 1, &len);
		buf_add(&p->changed, data, len);
	}
	stmt_done(s);
	p->block = first_key;
	p->loaded = true;
	return 0;
}

/* Writes when the entries of the block changed. */
static int
save_block(struct patch *p, struct err *e)
{
	int64_t newest = 0, at;

	if (!p->loaded)
		return 0;
	p->loaded = false;
	for (size_t i = 0; i < entries_of(p); i++) {
		at = posting_key(buf_str(&p->changed), i);
		if (newest < at)
			newest = at;
	}
	return db_run(p->db, SQL_BLOCK_CHANGED,
	    ARGS(INT(newest), BLOB(buf_str(&p->changed), p->changed.len),
		INT(p->block)),
	    e);
}

/* Sets the ordinal of the entry in its block, and when it changed. */
static int
place_entry(struct patch *p, int64_t sort_key, int64_t changed, struct err *e)
{
	size_t low = 0, high = entries_of(p), middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (posting_key(buf_str(&p->keys), middle) < sort_key)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == entries_of(p) || p->changed.len != p->keys.len ||
	    posting_key(buf_str(&p->keys), low) != sort_key) {
		err_set(e, ERR_INTERNAL, "an entry is in no block");
		return -1;
	}
	p->ordinal = (uint16_t)low;
	buf_reset(&p->list);
	posting_put_key(&p->list, changed);
	memcpy(p->changed.data + low * POSTING_KEY, p->list.data, POSTING_KEY);
	return 0;
}

static int
read_posting(
    uint64_t bits[POSTING_WORDS], struct patch *p, const char *term, size_t len)
{
	struct stmt *s = db_query(
	    p->db, SQL_POSTING_ENTRIES, ARGS(INT(p->block), BLOB(term, len)));
	const void *data;
	size_t size;
	bool row;
	int rc = -1;

	memset(bits, 0, POSTING_WORDS * sizeof *bits);
	if (stmt_step(s, &row, p->err) == -1)
		goto out;
	if (row) {
		data = stmt_blob(s, 0, &size);
		if (posting_add(bits, data, size) == -1) {
			err_set(p->err, ERR_STORAGE,
			    "the index is damaged; thv-registry-sync --rebuild repairs it");
			goto out;
		}
	}
	rc = 0;
out:
	stmt_done(s);
	return rc;
}

static int
write_posting(struct patch *p, const char *term, size_t len,
    const uint64_t bits[POSTING_WORDS])
{
	uint16_t ordinals[POSTING_BLOCK];
	size_t count = terms_ordinals(ordinals, bits);

	if (count == 0)
		return db_run(p->db, SQL_POSTING_DELETE,
		    ARGS(INT(p->block), BLOB(term, len)), p->err);
	buf_reset(&p->list);
	posting_encode(&p->list, ordinals, count, entries_of(p));
	return db_run(p->db, SQL_POSTING_PUT,
	    ARGS(INT(p->block), BLOB(term, len),
		BLOB(buf_str(&p->list), p->list.len)),
	    p->err);
}

/* Adds or removes the entry if only one of the heads has the term. */
static int
patch_term(void *ctx, const struct posting *sides)
{
	struct patch *p = ctx;
	uint64_t bits[POSTING_WORDS], bit = UINT64_C(1) << (p->ordinal % 64);

	if (sides->count == 2)
		return 0;
	if (read_posting(bits, p, sides->term, sides->len) == -1)
		return -1;
	if (sides->ordinals[0] == NEW)
		bits[p->ordinal / 64] |= bit;
	else
		bits[p->ordinal / 64] &= ~bit;
	return write_posting(p, sides->term, sides->len, bits);
}

static void
add_side(struct patch *p, struct stmt *s, int column, uint16_t side)
{
	struct terms_source source;

	source.text = stmt_text(s, column, &source.text_len);
	source.list = stmt_blob(s, column + 1, &source.list_len);
	source.usable = stmt_int(s, column + 2) != 0;
	terms_add_all(&p->terms, &source, side);
}

static int
patch_entry(struct patch *p, struct stmt *s, struct err *e)
{
	int64_t block = stmt_int(s, COLUMN_BLOCK);

	if ((!p->loaded || p->block != block) &&
	    (save_block(p, e) == -1 || load_block(p, block, e) == -1))
		return -1;
	if (place_entry(p, stmt_int(s, COLUMN_SORT_KEY),
		stmt_int(s, COLUMN_CHANGED), e) == -1)
		return -1;
	postings_reset(p->postings);
	add_side(p, s, COLUMN_OLD, OLD);
	add_side(p, s, COLUMN_NEW, NEW);
	p->err = e;
	return terms_each(&p->terms, patch_term, p);
}

static int
patch_all(struct patch *p, struct err *e)
{
	struct stmt *s = db_stmt(p->db, SQL_PATCHED_LIST);
	bool row;

	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return save_block(p, e);
		if (patch_entry(p, s, e) == -1)
			return -1;
	}
}

int
patch_blocks(struct db *db, struct err *e)
{
	struct patch p = { .db = db };
	int64_t nothing;
	int rc = -1;

	if (stmt_number(&nothing, db_stmt(db, SQL_PATCHED_IS_EMPTY), e) == -1)
		return -1;
	if (nothing != 0)
		return 0;
	if (ids_run(db, SQL_PATCHED_TOO_MANY, MOST, e) == -1)
		return -1;
	p.postings = postings_new();
	terms_init(&p.terms, p.postings);
	buf_init(&p.list, 2 * POSTING_BLOCK * POSTING_KEY);
	buf_init(&p.keys, POSTING_BLOCK * POSTING_KEY);
	buf_init(&p.changed, POSTING_BLOCK * POSTING_KEY);
	if (patch_all(&p, e) == -1 ||
	    stmt_run(db_stmt(db, SQL_PATCHED_CLEAR), e) == -1)
		goto out;
	rc = 0;
out:
	stmt_done(db_stmt(db, SQL_PATCHED_LIST));
	terms_free(&p.terms);
	postings_free(p.postings);
	buf_free(&p.list);
	buf_free(&p.keys);
	buf_free(&p.changed);
	return rc;
}
