/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what the head of an entry says to the terms it is indexed by.  Inner
 * part of lib/store/blocks.c and lib/store/patch.c.
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
	struct postings *postings; /* the caller's, that terms are added to */
	struct buf text;
	struct buf term;
};

/* What a head says of an entry; registries that show it are not part of that.
 */
struct terms_source {
	const char *text; /* entry_head.search_text */
	size_t text_len;
	const char *list; /* entry_head.terms */
	size_t list_len;
	bool usable; /* has a newest version */
};

void terms_init(struct terms *t, struct postings *postings);
void terms_free(struct terms *t); /* the members */

/* Notes that the entry ${ordinal} has a term. */
void terms_add(struct terms *t, enum posting_kind kind, const char *text,
    size_t len, uint16_t ordinal);
/* Notes all that an entry has. */
void terms_add_all(
    struct terms *t, const struct terms_source *source, uint16_t ordinal);

/*
 * Calls ${each} with every term that was noted, ascending, until it returns -1;
 * returns what the last call did, 0 without any.
 */
int terms_each(struct terms *t,
    int (*each)(void *ctx, const struct posting *posting), void *ctx);

/* What is set in ${bits}, a block's. */
size_t terms_ordinals(
    uint16_t ordinals[POSTING_BLOCK], const uint64_t bits[POSTING_WORDS]);

#endif
