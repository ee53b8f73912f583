/* SPDX-License-Identifier: Apache-2.0 */
/* The postings of one block while they are collected, term by term. */
#ifndef LIB_STORE_POSTINGS_H
#define LIB_STORE_POSTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct postings;

struct postings *postings_new(void);
void postings_free(struct postings *p);
/* Forgets all terms. */
void postings_reset(struct postings *p);

/*
 * Notes that the entry ${ordinal} has ${term}.  The ordinals of a term come in
 * ascending order; one may come again.
 */
void postings_add(
    struct postings *p, const char *term, size_t len, uint16_t ordinal);

/* How many pairs of a term and an entry there are. */
size_t postings_size(const struct postings *p);

/* A term and the entries that have it, ascending. */
struct posting {
	const char *term;
	size_t len;
	const uint16_t *ordinals;
	size_t count;
};

/* All ${count} of them, ascending by term; until the next call of any kind. */
const struct posting *postings_sorted(struct postings *p, size_t *count);

#endif
