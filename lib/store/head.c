/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the versions of one entry, the newest first. */
#include "lib/store/head.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/posting.h"
#include "lib/store/heads.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define STATUS_BYTES 16 /* longer than any status */

/* The columns of the statement entry_versions. */
enum {
	COLUMN_VERSION,
	COLUMN_STATUS,
	COLUMN_CHANGED,
	COLUMN_SEARCH_TEXT,
	COLUMN_FACETS,
	COLUMN_UPDATED,
	COLUMN_IS_DATED
};

void
head_init(struct head *h, const struct instant *at)
{
	memset(h, 0, sizeof *h);
	h->at = *at;
	h->clock = clock_now();
	if (h->clock < at->now)
		h->clock = at->now;
	buf_init(&h->latest, LIMIT_VERSION_BYTES);
	buf_init(&h->text, LIMIT_ENTRY);
	buf_init(&h->terms, LIMIT_ENTRY);
	buf_init(&h->texts, LIMIT_ENTRY);
	buf_init(&h->facets, LIMIT_ENTRY);
	buf_init(&h->status, STATUS_BYTES);
}

void
head_free(struct head *h)
{
	buf_free(&h->latest);
	buf_free(&h->text);
	buf_free(&h->terms);
	buf_free(&h->texts);
	buf_free(&h->facets);
	buf_free(&h->status);
	free(h->found);
}

static void
reset(struct head *h)
{
	h->has_versions = h->is_usable = false;
	h->changed_us = h->latest_changed_us = 0;
	h->is_misdated = false;
	h->date = CLOCK_NEVER;
	h->count = 0;
	h->text_count = 0;
	buf_reset(&h->latest);
	buf_reset(&h->text);
	buf_reset(&h->terms);
	buf_reset(&h->texts);
	buf_reset(&h->facets);
	buf_reset(&h->status);
}

/* Sets ${last} to the bytes; false if it was equal. */
static bool
differs(struct buf *last, const void *data, size_t len)
{
	if (last->len == len && memcmp(buf_str(last), data, len) == 0)
		return false;
	buf_reset(last);
	buf_add(last, data, len);
	return true;
}

/* Most versions of an entry have the text of the version before. */
static void
add_text(struct head *h, const char *text, size_t len)
{
	const struct head_text *last;

	if (h->count > 0) {
		last = &h->found[h->count - 1];
		if (last->len == len &&
		    memcmp(buf_str(&h->texts) + last->at, text, len) == 0)
			return;
	}
	if (len > h->texts.max - h->texts.len) {
		h->text_count++;
		return;
	}
	if (h->count == h->room) {
		h->room = h->room == 0 ? 64 : h->room * 2;
		h->found = xreallocarray(h->found, h->room, sizeof *h->found);
	}
	h->found[h->count++] =
	    (struct head_text){ .at = h->texts.len, .len = len };
	buf_add(&h->texts, text, len);
}

/* Beyond the limit, nothing is added. */
static void
add_terms(struct buf *terms, const char *facets, size_t len)
{
	if (len <= terms->max - terms->len)
		buf_add(terms, facets, len);
}

static void
add_term(struct buf *terms, enum posting_kind kind, const char *text)
{
	size_t len = strlen(text) + 1;

	if (len >= terms->max - terms->len)
		return;
	buf_addc(terms, (char)kind);
	buf_add(terms, text, len);
}

static bool
is_of_this_change(const struct head *h, int64_t changed)
{
	return h->at.changed != CLOCK_NEVER && changed >= h->at.changed;
}

/* Versions are read in descending order. */
static void
check_date(struct head *h, int64_t date)
{
	if (date > h->clock ||
	    (h->date != CLOCK_NEVER && date > h->date - HEADS_APART))
		h->is_misdated = true;
	h->date = date;
}

static void
add_version(struct head *h, struct stmt *s)
{
	const char *version, *status, *text, *facets;
	int64_t changed = stmt_int(s, COLUMN_CHANGED);
	size_t len, status_len;
	bool usable;

	version = stmt_text(s, COLUMN_VERSION, &len);
	status = stmt_text(s, COLUMN_STATUS, &status_len);
	usable = strcmp(status, "deleted") != 0;
	if (!h->has_versions || (usable && !h->is_usable)) {
		h->is_usable = usable;
		h->latest_changed_us = changed;
		buf_reset(&h->latest);
		buf_add(&h->latest, version, len);
	}
	h->has_versions = true;
	if (h->changed_us < changed)
		h->changed_us = changed;
	if (usable && is_of_this_change(h, changed) &&
	    stmt_int(s, COLUMN_IS_DATED) == 0)
		check_date(h, stmt_int(s, COLUMN_UPDATED));
	add_term(&h->terms, POSTING_VERSION, version);
	if (differs(&h->status, status, status_len))
		add_term(&h->terms, POSTING_STATUS, status);
	facets = stmt_blob(s, COLUMN_FACETS, &len);
	if (len > 0 && differs(&h->facets, facets, len))
		add_terms(&h->terms, facets, len);
	text = stmt_text(s, COLUMN_SEARCH_TEXT, &len);
	if (text != NULL)
		add_text(h, text, len);
}

static int
compare_texts(const void *left, const void *right)
{
	const struct head_text *a = left, *b = right;
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->text, b->text, len);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static void
join_texts(struct head *h)
{
	for (size_t i = 0; i < h->count; i++)
		h->found[i].text = buf_str(&h->texts) + h->found[i].at;
	if (h->count > 1)
		qsort(h->found, h->count, sizeof *h->found, compare_texts);
	for (size_t i = 0; i < h->count; i++) {
		const struct head_text *t = &h->found[i];

		if (i > 0 && compare_texts(t - 1, t) == 0)
			continue;
		h->text_count++;
		if (i > 0)
			buf_addc(&h->text, '\n');
		buf_add(&h->text, t->text, t->len);
	}
}

int
head_read(struct head *h, struct db *db, int64_t entry, struct err *e)
{
	struct stmt *s = db_query(db, SQL_ENTRY_VERSIONS, ARGS(INT(entry)));
	bool row;

	reset(h);
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		add_version(h, s);
	}
	join_texts(h);
	return 0;
}
