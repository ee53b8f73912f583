/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the index terms of an entry from its head.  Inner part of
 * lib/store/blocks.c and lib/store/patch.c.
 */
#ifndef LIB_STORE_TERMS_H
#define LIB_STORE_TERMS_H

#include "lib/buf.h"
#include "lib/posting.h"
#include "lib/store/postings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct terms {
	struct postings *postings; /* the caller's, which terms are added to */
	struct buf text;
	struct buf term;
};

/* The parts of a head that are indexed. */
struct terms_source {
	const char *text; /* entry_head.search_text */
	size_t text_len;
	const char *list; /* entry_head.terms */
	size_t list_len;
	bool usable; /* has a version that is not deleted */
};

void terms_init(struct terms *t, struct postings *postings);
void terms_free(struct terms *t); /* the members */

/* Adds one term of the entry ${ordinal}. */
void terms_add(struct terms *t, enum posting_kind kind, const char *text,
    size_t len, uint16_t ordinal);
/* Adds all terms of the entry. */
void terms_add_all(
    struct terms *t, const struct terms_source *source, uint16_t ordinal);

/*
 * Calls ${each} with every term, ascending, until it returns -1.  Returns -1 if
 * a call did, else 0.
 */
int terms_each(struct terms *t,
    int (*each)(void *ctx, const struct posting *posting), void *ctx);

/* Lists the bits set in ${bits}; returns their number. */
size_t terms_ordinals(
    uint16_t ordinals[POSTING_BLOCK], const uint64_t bits[POSTING_WORDS]);

#endif
