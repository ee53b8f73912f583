/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries that may match a query, found in the index (lib/posting.h), in
 * the order of lists.
 *
 * The index has terms of entries, not of versions, and only some grams of a
 * long search text are looked up.  So every match is a candidate, but not every
 * candidate is a match.
 */
#ifndef FCGI_HANDLERS_CANDIDATES_H
#define FCGI_HANDLERS_CANDIDATES_H

#include "fcgi/http/parameter.h"
#include "lib/buf.h"
#include "lib/db/db.h"
#include "lib/posting.h"

#include <stdbool.h>
#include <stdint.h>

/* The facets, the grams, and four others: version, status, usable, registry. */
#define CANDIDATES_GROUPS (PARAMETER_FACETS + LIMIT_GRAMS + 4)
#define CANDIDATES_TERMS (PARAMETER_FACETS * LIMIT_FACETS + LIMIT_GRAMS + 4)

struct candidates {
	/* The search: a candidate has a term of every group. */
	struct buf text; /* the terms */
	struct {
		size_t start, len; /* within the text */
	} terms[CANDIDATES_TERMS];
	size_t group_ends[CANDIDATES_GROUPS]; /* numbers of terms */
	size_t group_count;
	size_t term_count;
	int64_t since; /* changed after this; CLOCK_NEVER: no filter */
	/* The current position. */
	struct db *db;
	int64_t from, end;
	struct stmt *block; /* NULL before the first and after the last */
	const void *keys; /* of the block */
	size_t key_count;
	size_t next; /* the entry after the last that was returned */
	uint64_t bits[POSTING_WORDS];
};

void candidates_init(struct candidates *c);
void candidates_free(struct candidates *c);

/* Starts a search of ${db} for sort keys from ${from} to before ${end}. */
void candidates_start(
    struct candidates *c, struct db *db, int64_t from, int64_t end);
/* Ends the search, complete or not. */
void candidates_done(struct candidates *c);

/* Adds a term to the group that candidates_end_group() ends. */
void candidates_add(
    struct candidates *c, enum posting_kind kind, const char *text, size_t len);
void candidates_end_group(struct candidates *c);
/* Adds a group of one term. */
void candidates_add_group(
    struct candidates *c, enum posting_kind kind, const char *text, size_t len);
/* Adds the most selective grams of a folded text, each as a group. */
void candidates_add_text(struct candidates *c, const char *needle);

/* Sets ${sort_key} to the next candidate; after the last, ${any} to false. */
int candidates_next(
    struct candidates *c, int64_t *sort_key, bool *any, struct err *e);
/* Whether the current block has another candidate. */
bool candidates_in_block(struct candidates *c);

#endif
