/* SPDX-License-Identifier: Apache-2.0 */
/* Filters by facets: keeping values, comparing them. */
#include "fcgi/http/facets.h"

#include <string.h>

bool
facets_add(struct facet_values *values, const char *value)
{
	size_t at = 0;

	while (at < values->count && strcmp(values->at[at], value) < 0)
		at++;
	if (at < values->count && strcmp(values->at[at], value) == 0)
		return true;
	if (values->count == LIMIT_FACETS)
		return false;
	memmove(values->at + at + 1, values->at + at,
	    (values->count - at) * sizeof values->at[0]);
	values->at[at] = value;
	values->count++;
	return true;
}

bool
facets_equal(const struct facet_values *a, const struct facet_values *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}

enum posting_kind
facets_kind(enum facet facet)
{
	return facet == FACET_TAG	      ? POSTING_TAG
	       : facet == FACET_REGISTRY_TYPE ? POSTING_REGISTRY_TYPE
					      : POSTING_TRANSPORT;
}

static bool
has_any(const struct facet_values *values, enum posting_kind kind,
    const char *stored, const char *end)
{
	const char *nul;

	for (; stored < end; stored = nul + 1) {
		nul = memchr(stored, '\0', (size_t)(end - stored));
		if (nul == NULL)
			return false;
		for (size_t i = 0; *stored == (char)kind && i < values->count;
		     i++)
			if (strcmp(stored + 1, values->at[i]) == 0)
				return true;
	}
	return false;
}

bool
facets_match(
    const struct facet_values wanted[FACETS], const char *stored, size_t len)
{
	for (int i = 0; i < FACETS; i++)
		if (wanted[i].count > 0 &&
		    !has_any(&wanted[i], facets_kind((enum facet)i), stored,
			stored + len))
			return false;
	return true;
}
