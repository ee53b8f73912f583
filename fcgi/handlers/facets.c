/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing filters with stored facets. */
#include "fcgi/handlers/facets.h"

#include <string.h>

enum posting_kind
facets_kind(int i)
{
	static const enum posting_kind kinds[PARAMETER_FACETS] = { POSTING_TAG,
		POSTING_REGISTRY_TYPE, POSTING_TRANSPORT };

	return kinds[i];
}

static bool
has_any(const struct value_set *values, enum posting_kind kind,
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
facets_match(const struct value_set *wanted, const char *stored, size_t len)
{
	for (int i = 0; i < PARAMETER_FACETS; i++)
		if (wanted[i].count > 0 &&
		    !has_any(&wanted[i], facets_kind(i), stored, stored + len))
			return false;
	return true;
}
