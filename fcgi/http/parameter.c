/* SPDX-License-Identifier: Apache-2.0 */
/* The table of query parameters. */
#include "fcgi/http/parameter.h"

#include <string.h>

#define TEXT "{'type':'string'}"
#define FACET(what)                                                \
	.filter = true, .most = LIMIT_FACETS,                      \
	.about = "Only entries with " what                         \
		 ". May be repeated: an entry needs one of the "   \
		 "values, and a match for each filter. Case-"      \
		 "sensitive. At most 512 bytes in all.",           \
	.schema = "{'type':'array','maxItems':32,'items':{'type':" \
		  "'string','maxLength':512}}"

const struct parameter_info parameters[PARAMETERS] = {
	[PARAMETER_LIMIT] = { .name = "limit" },
	[PARAMETER_CURSOR] = { .name = "cursor",
	    .about = "The nextCursor of the previous page. It carries the "
		     "whole query: other parameters may be left out, and "
		     "must be the same if they are given, except "
		     "updated_since, which is ignored.",
	    .schema = "{'type':'string','pattern':'^[A-Za-z0-9_-]*$'}" },
	[PARAMETER_UPDATED_SINCE] = { .name = "updated_since",
	    .about = "Only versions that changed in this registry after this "
		     "instant, including deleted ones. Use the latest "
		     "updatedAt of a previous response.",
	    .schema = "{'type':'string','format':'date-time'}" },
	[PARAMETER_INCLUDE_DELETED] = { .name = "include_deleted",
	    .about = "Include deleted versions.",
	    .schema = "{'type':'boolean','default':false}" },
	[PARAMETER_SECONDS] = { .name = "seconds" },
	[PARAMETER_SEARCH] = { .name = "search",
	    .filter = true,
	    .about = "Only entries with this text in their name, title or "
		     "description. Case-insensitive.",
	    .schema = "{'type':'string','maxLength':256}" },
	[PARAMETER_VERSION] = { .name = "version",
	    .filter = true,
	    .about = "Only this version of each entry; latest is the newest "
		     "that is not deleted, or the newest if all are deleted.",
	    .schema = TEXT },
	[PARAMETER_STATUS] = { .name = "status",
	    .filter = true,
	    .about = "Only versions with this status. Case-insensitive.",
	    .schema = TEXT },
	[PARAMETER_TAG] = { .name = "tag", FACET("this tag") },
	[PARAMETER_REGISTRY_TYPE] = { .name = "registry_type",
	    FACET("a package of this type") },
	[PARAMETER_TRANSPORT] = { .name = "transport",
	    FACET("a package or remote of this transport") },
	[PARAMETER_SOURCE] = { .name = "source",
	    .most = LIMIT_TRIGGER_SOURCES },
};

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

void
parameter_copy(struct parameter_values *to, const struct parameter_values *from)
{
	memcpy(to->text, from->text, sizeof to->text);
	for (int i = 0; i < PARAMETER_SETS; i++)
		value_set_copy(&to->sets[i], &from->sets[i]);
}

int
parameter_named(const char *name)
{
	int which = 0;

	while (which < PARAMETERS && strcmp(name, parameters[which].name) != 0)
		which++;
	return which;
}
