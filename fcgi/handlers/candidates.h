/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries that may match a query, from the index alone (lib/posting.h), in
 * the order of lists.
 *
 * The index has entries, not versions, and only some grams of long texts: every
 * entry that matches is a candidate, but a candidate may not match.
 */
#ifndef FCGI_HANDLERS_CANDIDATES_H
#define FCGI_HANDLERS_CANDIDATES_H

#include "fcgi/http/parameter.h"
#include "lib/buf.h"
#include "lib/db/db.h"
#include "lib/posting.h"

#include <stdbool.h>
#include <stdint.h>

/* Filters, texts and what every query has; the values of each filter. */
#define CANDIDATES_GROUPS (PARAMETER_FACETS + LIMIT_GRAMS + 4)
#define CANDIDATES_TERMS (PARAMETER_FACETS * LIMIT_FACETS + LIMIT_GRAMS + 4)

struct candidates {
	/* The search: an entry has a term of every group. */
	struct buf text; /* the terms */
	struct {
		size_t start, len; /* within the text */
	} terms[CANDIDATES_TERMS];
	size_t group_ends[CANDIDATES_GROUPS]; /* after its last term */
	size_t group_count;
	size_t term_count;
	int64_t since; /* changed after this; CLOCK_NEVER: whenever */
	/* The walk. */
	struct db *db;
	int64_t from, end;
	struct stmt *block; /* NULL before the first and after the last */
	const void *keys; /* of the block */
	size_t key_count;
	size_t next; /* the first entry that was not returned */
	uint64_t bits[POSTING_WORDS];
};

void candidates_init(struct candidates *c);
void candidates_free(struct candidates *c);

/* Starts a search of ${db} for sort keys from ${from} to before ${end}. */
void candidates_begin(
    struct candidates *c, struct db *db, int64_t from, int64_t end);
/* Ends the walk, complete or not. */
void candidates_done(struct candidates *c);

/* Makes a group of the terms added since the last one. */
void candidates_end_group(struct candidates *c);
void candidates_add(
    struct candidates *c, enum posting_kind kind, const char *text, size_t len);
/* The most selective grams of a folded text, each a group. */
void candidates_add_text(struct candidates *c, const char *needle);

/* Sets ${sort_key}, or ${any} to false after the last. */
int candidates_next(
    struct candidates *c, int64_t *sort_key, bool *any, struct err *e);
/* Whether the next one is in the current block. */
bool candidates_at_hand(struct candidates *c);

#endif
