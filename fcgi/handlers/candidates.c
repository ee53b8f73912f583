/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the blocks of the index and intersecting their postings. */
#include "fcgi/handlers/candidates.h"

#include "lib/clock.h"
#include "lib/limits.h"

#include <ctype.h>
#include <string.h>

/* The columns of the statement block_walk. */
enum {
	COLUMN_FIRST_KEY,
	COLUMN_NEWEST,
	COLUMN_SORT_KEYS,
	COLUMN_CHANGED
};

void
candidates_init(struct candidates *c)
{
	memset(c, 0, sizeof *c);
	buf_init(&c->text, CANDIDATES_TERMS * (POSTING_TEXT + 1));
}

void
candidates_free(struct candidates *c)
{
	buf_free(&c->text);
}

void
candidates_start(struct candidates *c, struct db *db, int64_t from, int64_t end)
{
	buf_reset(&c->text);
	c->group_count = c->term_count = 0;
	c->since = CLOCK_NEVER;
	c->db = db;
	c->from = from;
	c->end = end;
	c->block = NULL;
	c->next = c->key_count = 0;
}

void
candidates_done(struct candidates *c)
{
	if (c->block != NULL)
		stmt_done(c->block);
	c->block = NULL;
}

void
candidates_end_group(struct candidates *c)
{
	c->group_ends[c->group_count++] = c->term_count;
}

void
candidates_add(
    struct candidates *c, enum posting_kind kind, const char *text, size_t len)
{
	size_t start = c->text.len;

	posting_term(&c->text, kind, text, len);
	c->terms[c->term_count].start = start;
	c->terms[c->term_count].len = c->text.len - start;
	c->term_count++;
}

void
candidates_add_group(
    struct candidates *c, enum posting_kind kind, const char *text, size_t len)
{
	candidates_add(c, kind, text, len);
	candidates_end_group(c);
}

static void
add_gram(struct candidates *c, const char *text, const char *end)
{
	const char *to = text;

	for (int i = 0; i < POSTING_GRAM && to < end; i++)
		to += posting_character(to, end);
	candidates_add_group(c, POSTING_TEXT_GRAM, text, (size_t)(to - text));
}

/*
 * The number of the first gram that spans two words, or ${grams}.  Words are
 * common, pairs of adjacent words are rare.
 */
static size_t
border_gram(const char *text, const char *end, size_t grams)
{
	for (size_t i = 0; text < end; i++) {
		bool is_border = (unsigned char)*text < 0x80 &&
				 !isalnum((unsigned char)*text);

		if (is_border && i >= POSTING_GRAM / 2 &&
		    i - POSTING_GRAM / 2 < grams)
			return i - POSTING_GRAM / 2;
		text += posting_character(text, end);
	}
	return grams;
}

void
candidates_add_text(struct candidates *c, const char *needle)
{
	const char *end = needle + strlen(needle), *at;
	size_t characters = 0, grams, stride, border;

	for (at = needle; at < end; at += posting_character(at, end))
		characters++;
	if (characters == 0)
		return;
	grams = characters < POSTING_GRAM ? 1 : characters - POSTING_GRAM + 1;
	border = border_gram(needle, end, grams);
	at = needle;
	for (size_t i = 0; i < border && border < grams; i++)
		at += posting_character(at, end);
	if (border < grams)
		add_gram(c, at, end);
	/*
	 * Then grams that adjoin, and the last.  In a long text there are gaps
	 * between them: the stored text is searched afterwards.
	 */
	stride = (grams + LIMIT_GRAMS - 3) / (LIMIT_GRAMS - 2);
	if (stride < POSTING_GRAM)
		stride = POSTING_GRAM;
	at = needle;
	for (size_t i = 0; i < grams; i++) {
		if ((i % stride == 0 || i == grams - 1) && i != border)
			add_gram(c, at, end);
		at += posting_character(at, end);
	}
}

static int
damaged(struct err *e)
{
	err_set(e, ERR_STORAGE, "the index is damaged");
	return -1;
}

/* Adds the entries of the block that have a term. */
static int
add_posting(struct candidates *c, uint64_t bits[POSTING_WORDS], size_t term,
    struct err *e)
{
	struct stmt *s = db_query(c->db, SQL_POSTING_GET,
	    ARGS(INT(stmt_int(c->block, COLUMN_FIRST_KEY)),
		BLOB(c->text.data + c->terms[term].start, c->terms[term].len)));
	const void *data;
	size_t len;
	bool row;

	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row)
		return 0;
	data = stmt_blob(s, 0, &len);
	if (posting_add(bits, data, len) == -1)
		return damaged(e);
	stmt_done(s);
	return 0;
}

/* Removes from c->bits the entries without a term of the group. */
static int
intersect(struct candidates *c, size_t group, struct err *e)
{
	uint64_t bits[POSTING_WORDS] = { 0 };

	for (size_t i = group == 0 ? 0 : c->group_ends[group - 1];
	     i < c->group_ends[group]; i++)
		if (add_posting(c, bits, i, e) == -1)
			return -1;
	for (size_t i = 0; i < POSTING_WORDS; i++)
		c->bits[i] &= bits[i];
	return 0;
}

/* The number of entries, counted up to ${most}. */
static size_t
count_bits(const uint64_t bits[POSTING_WORDS], size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < POSTING_WORDS; i++)
		for (uint64_t w = bits[i]; w != 0 && count < most; w &= w - 1)
			count++;
	return count;
}

/*
 * Sets c->bits to the entries with a term of every group.  Stops if fewer
 * entries than groups are left: then it is cheaper to read the entries.
 */
static int
intersect_all(struct candidates *c, struct err *e)
{
	memset(c->bits, 0xff, sizeof c->bits);
	for (size_t i = 0; i < c->group_count; i++) {
		size_t left = c->group_count - i;

		if (count_bits(c->bits, left) < left)
			break;
		if (intersect(c, i, e) == -1)
			return -1;
	}
	return 0;
}

/* Removes entries that have not changed after c->since. */
static int
remove_unchanged(struct candidates *c, struct err *e)
{
	size_t len;
	const void *changed = stmt_blob(c->block, COLUMN_CHANGED, &len);

	if (len != c->key_count * POSTING_KEY)
		return damaged(e);
	for (size_t i = 0; i < c->key_count; i++)
		if (posting_key(changed, i) <= c->since)
			c->bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
	return 0;
}

/* Goes to the first entry at or after c->from. */
static void
skip_to_start(struct candidates *c)
{
	size_t low = 0, high = c->key_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (posting_key(c->keys, middle) < c->from)
			low = middle + 1;
		else
			high = middle;
	}
	c->next = low;
}

/* Finds the candidates of the current block. */
static int
load_block(struct candidates *c, struct err *e)
{
	size_t len;

	c->next = c->key_count = 0;
	if (c->since != CLOCK_NEVER &&
	    stmt_int(c->block, COLUMN_NEWEST) <= c->since)
		return 0;
	if (intersect_all(c, e) == -1)
		return -1;
	if (count_bits(c->bits, 1) == 0)
		return 0;
	c->keys = stmt_blob(c->block, COLUMN_SORT_KEYS, &len);
	c->key_count = len / POSTING_KEY;
	if (len % POSTING_KEY != 0 || c->key_count > POSTING_BLOCK)
		return damaged(e);
	skip_to_start(c);
	return c->since == CLOCK_NEVER ? 0 : remove_unchanged(c, e);
}

static int
next_block(struct candidates *c, bool *any, struct err *e)
{
	if (c->block == NULL)
		c->block = db_query(c->db, SQL_BLOCK_WALK,
		    ARGS(INT(c->since != CLOCK_NEVER), INT(c->from),
			INT(c->end)));
	if (stmt_step(c->block, any, e) == -1)
		return -1;
	return *any ? load_block(c, e) : 0;
}

/* The first candidate of the block from c->next on; false: none is left. */
static bool
find_bit(struct candidates *c)
{
	while (c->next < c->key_count) {
		uint64_t word = c->bits[c->next / 64] >> (c->next % 64);

		if (word != 0) {
			c->next += (size_t)__builtin_ctzll(word);
			return c->next < c->key_count;
		}
		c->next += 64 - c->next % 64;
	}
	return false;
}

bool
candidates_in_block(struct candidates *c)
{
	return find_bit(c);
}

int
candidates_next(
    struct candidates *c, int64_t *sort_key, bool *any, struct err *e)
{
	*any = true;
	while (!find_bit(c)) {
		if (next_block(c, any, e) == -1)
			return -1;
		if (!*any)
			return 0;
	}
	*sort_key = posting_key(c->keys, c->next++);
	*any = *sort_key < c->end;
	return 0;
}
