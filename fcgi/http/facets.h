/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters by what documents say of themselves: tags, types of packages,
 * transports.  Of the values of one filter an entry has any, of different
 * filters all.  Values are compared as they stand, case and all.
 */
#ifndef FCGI_HTTP_FACETS_H
#define FCGI_HTTP_FACETS_H

#include "lib/limits.h"
#include "lib/posting.h"

#include <stdbool.h>
#include <stddef.h>

enum facet {
	FACET_TAG,
	FACET_REGISTRY_TYPE,
	FACET_TRANSPORT,
	FACETS /* how many there are */
};

/* The values of one filter: ascending, each once; none: no filter. */
struct facet_values {
	const char *at[LIMIT_FACETS]; /* borrowed */
	size_t count;
};

/* Adds ${value}; false when there is no more room. */
bool facets_add(struct facet_values *values, const char *value);

bool facets_equal(const struct facet_values *a, const struct facet_values *b);

/* The kind of terms and of stored facets that a filter asks for. */
enum posting_kind facets_kind(enum facet facet);

/*
 * Whether a version's stored facets, ${len} bytes (lib/posting.h), have what
 * all ${wanted} ask for.
 */
bool facets_match(
    const struct facet_values wanted[FACETS], const char *stored, size_t len);

#endif
