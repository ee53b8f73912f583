/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the values of a query parameter. */
#include "fcgi/http/value_set.h"

#include <string.h>

bool
value_set_add(struct value_set *set, const char *value, size_t most)
{
	size_t at = 0;

	while (at < set->count && strcmp(set->at[at], value) < 0)
		at++;
	if (at < set->count && strcmp(set->at[at], value) == 0)
		return true;
	if (set->count == most)
		return false;
	memmove(set->at + at + 1, set->at + at,
	    (set->count - at) * sizeof set->at[0]);
	set->at[at] = value;
	set->count++;
	return true;
}

bool
value_set_equal(const struct value_set *a, const struct value_set *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}

void
value_set_copy(struct value_set *to, const struct value_set *from)
{
	to->count = from->count;
	memcpy(to->at, from->at, from->count * sizeof from->at[0]);
}
