/* SPDX-License-Identifier: Apache-2.0 */
/* Indexing blocks of entries. */
#include "lib/store/blocks.h"

#include "lib/limits.h"
#include "lib/posting.h"
#include "lib/store/ids.h"
#include "lib/store/patch.h"
#include "lib/store/postings.h"
#include "lib/store/terms.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* The columns of the statement block_entries. */
enum {
	COLUMN_SORT_KEY,
	COLUMN_SEARCH_TEXT,
	COLUMN_IS_USABLE,
	COLUMN_CHANGED,
	COLUMN_TERMS
};

#define TOGETHER 8 /* postings that the statement posting_insert takes */

/* The block that is being indexed. */
struct block {
	struct db *db;
	struct err *err; /* why a posting could not be written */
	int64_t first_key;
	size_t most; /* entries per block of the present range */
	size_t count;
	int64_t keys[POSTING_BLOCK];
	int64_t changed[POSTING_BLOCK];
	struct postings *postings;
	struct terms terms;
	struct buf list;
	size_t bound; /* postings bound to posting_insert */
	struct buf sets; /* their lists of entries */
};

static void
add_entry(struct block *b, struct stmt *s)
{
	struct terms_source source;

	b->keys[b->count] = stmt_int(s, COLUMN_SORT_KEY);
	b->changed[b->count] = stmt_int(s, COLUMN_CHANGED);
	source.text = stmt_text(s, COLUMN_SEARCH_TEXT, &source.text_len);
	source.list = stmt_blob(s, COLUMN_TERMS, &source.list_len);
	source.usable = stmt_int(s, COLUMN_IS_USABLE) != 0;
	terms_add_all(&b->terms, &source, (uint16_t)b->count);
	b->count++;
}

static int
compare_keys(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* Adds a term for each registry that shows an entry. */
static int
add_registries(struct block *b, struct err *e)
{
	struct stmt *s = db_query(b->db, SQL_BLOCK_MEMBERS,
	    ARGS(INT(b->keys[0]), INT(b->keys[b->count - 1])));
	const int64_t *found;
	const char *text;
	size_t len;
	int64_t key;
	bool row;
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		key = stmt_int(s, 1);
		found =
		    bsearch(&key, b->keys, b->count, sizeof key, compare_keys);
		if (found == NULL)
			continue;
		text = stmt_text(s, 0, &len);
		terms_add(&b->terms, POSTING_REGISTRY, text, len,
		    (uint16_t)(found - b->keys));
	}
}

static int
write_bound(struct block *b)
{
	struct stmt *s = db_stmt(b->db, SQL_POSTING_INSERT);

	if (b->bound == 0)
		return 0;
	/* The statement skips a posting whose term is NULL. */
	for (size_t i = b->bound; i < TOGETHER; i++)
		stmt_bind_null(s, SQL_POSTING_INSERT_P_TERM_0 + 2 * (int)i);
	stmt_bind_int(s, SQL_POSTING_INSERT_P_FIRST_KEY, b->first_key);
	if (stmt_run(s, b->err) == -1)
		return -1;
	b->bound = 0;
	buf_reset(&b->sets);
	return 0;
}

/* Terms and sets are bound without a copy: they stay until the block is
 * written. */
static int
write_posting(void *ctx, const struct posting *posting)
{
	struct block *b = ctx;
	struct stmt *s = db_stmt(b->db, SQL_POSTING_INSERT);
	const int parameter = SQL_POSTING_INSERT_P_TERM_0 + 2 * (int)b->bound;
	const size_t from = b->sets.len;

	posting_encode(&b->sets, posting->ordinals, posting->count, b->count);
	stmt_bind_blob(s, parameter, posting->term, posting->len);
	stmt_bind_blob(
	    s, parameter + 1, b->sets.data + from, b->sets.len - from);
	return ++b->bound == TOGETHER ? write_bound(b) : 0;
}

static int
write_block(struct block *b, struct err *e)
{
	int64_t newest = 0;
	size_t keys;

	buf_reset(&b->list);
	for (size_t i = 0; i < b->count; i++)
		posting_put_key(&b->list, b->keys[i]);
	keys = b->list.len;
	for (size_t i = 0; i < b->count; i++) {
		posting_put_key(&b->list, b->changed[i]);
		if (newest < b->changed[i])
			newest = b->changed[i];
	}
	return db_run(b->db, SQL_BLOCK_INSERT,
	    ARGS(INT(b->first_key), INT(newest), BLOB(buf_str(&b->list), keys),
		BLOB(buf_str(&b->list) + keys, b->list.len - keys)),
	    e);
}

/* Writes the block and starts the next one at ${next_key}. */
static int
flush(struct block *b, int64_t next_key, struct err *e)
{
	if (b->count == 0)
		return 0;
	b->err = e;
	if (add_registries(b, e) == -1 || write_block(b, e) == -1 ||
	    terms_each(&b->terms, write_posting, b) == -1 ||
	    write_bound(b) == -1)
		return -1;
	postings_reset(b->postings);
	b->count = 0;
	b->first_key = next_key;
	return 0;
}

static bool
is_full(const struct block *b)
{
	return b->count == b->most ||
	       postings_size(b->postings) > LIMIT_POSTINGS;
}

/* Divides the entries of a range evenly among its blocks. */
static int
plan_range(struct block *b, int64_t end, struct err *e)
{
	struct stmt *s =
	    db_query(b->db, SQL_BLOCK_SIZE, ARGS(INT(b->first_key), INT(end)));
	int64_t entries, blocks;
	if (stmt_number(&entries, s, e) == -1)
		return -1;
	blocks = (entries + POSTING_BLOCK - 1) / POSTING_BLOCK;
	b->most = blocks == 0 ? 1 : (size_t)((entries + blocks - 1) / blocks);
	return 0;
}

/* Indexes the sort keys from b->first_key to below ${end}: one block or more.
 */
static int
index_range(struct block *b, int64_t end, struct err *e)
{
	static const enum sql_id forget[] = { SQL_BLOCK_POSTINGS_DELETE,
		SQL_BLOCK_DELETE, SQL_STALE_DONE };
	struct stmt *s;
	bool row;

	if (ids_run_all(b->db, forget, 3, b->first_key, e) == -1 ||
	    plan_range(b, end, e) == -1)
		return -1;
	s = db_query(
	    b->db, SQL_BLOCK_ENTRIES, ARGS(INT(b->first_key), INT(end)));
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return flush(b, end, e);
		if (is_full(b) &&
		    flush(b, stmt_int(s, COLUMN_SORT_KEY), e) == -1)
			return -1;
		add_entry(b, s);
	}
}

static int
next_stale(
    int64_t *first, int64_t *end, bool *any, struct db *db, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_STALE_NEXT);

	if (stmt_step(s, any, e) == -1)
		return -1;
	if (*any) {
		*first = stmt_int(s, 0);
		*end = stmt_int(s, 1);
	}
	stmt_done(s);
	return 0;
}

int
blocks_update(struct db *db, struct err *e)
{
	struct block *b = NULL;
	int64_t first, end;
	bool any;
	int rc = -1;

	if (patch_blocks(db, e) == -1 ||
	    next_stale(&first, &end, &any, db, e) == -1)
		return -1;
	if (!any)
		return 0;
	b = xcalloc(1, sizeof *b);
	b->db = db;
	b->postings = postings_new();
	terms_init(&b->terms, b->postings);
	buf_init(&b->list, 2 * POSTING_BLOCK * POSTING_KEY);
	buf_init(&b->sets, TOGETHER * POSTING_BLOCK);
	buf_reserve(&b->sets, TOGETHER * POSTING_BLOCK);
	while (any) {
		b->first_key = first;
		if (index_range(b, end, e) == -1 ||
		    next_stale(&first, &end, &any, db, e) == -1)
			goto out;
	}
	rc = 0;
out:
	stmt_done(db_stmt(db, SQL_BLOCK_ENTRIES));
	terms_free(&b->terms);
	postings_free(b->postings);
	buf_free(&b->list);
	buf_free(&b->sets);
	free(b);
	return rc;
}
