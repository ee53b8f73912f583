/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting the postings of one block in memory. */
#ifndef LIB_STORE_POSTINGS_H
#define LIB_STORE_POSTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct postings;

struct postings *postings_new(void);
void postings_free(struct postings *p);
/* Removes all terms. */
void postings_reset(struct postings *p);

/*
 * Adds the entry ${ordinal} to ${term}.  The ordinals of a term must be added
 * in ascending order; one may be repeated.
 */
void postings_add(
    struct postings *p, const char *term, size_t len, uint16_t ordinal);

/* The number of pairs of a term and an entry. */
size_t postings_size(const struct postings *p);

/* A term and the entries that have it, ascending. */
struct posting {
	const char *term;
	size_t len;
	const uint16_t *ordinals;
	size_t count;
};

/* All ${count} of them, ascending by term.  Valid until the next call. */
const struct posting *postings_sorted(struct postings *p, size_t *count);

#endif
