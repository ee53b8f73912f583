/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters by what documents say of themselves: tags, types of packages,
 * transports.  An entry needs one of the values of each filter.  Values are
 * compared byte by byte.
 */
#ifndef FCGI_HANDLERS_FACETS_H
#define FCGI_HANDLERS_FACETS_H

#include "fcgi/http/parameter.h"
#include "lib/posting.h"

/* The kind of terms and of stored facets of the filter ${i}. */
enum posting_kind facets_kind(int i);

/*
 * Whether a version's stored facets, ${len} bytes (lib/posting.h), have one of
 * the values of each of PARAMETER_FACETS filters.
 */
bool facets_match(
    const struct value_set *wanted, const char *stored, size_t len);

#endif
