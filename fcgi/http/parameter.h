/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The query parameters of all routes: a table of their names, limits and
 * descriptions.
 */
#ifndef FCGI_HTTP_PARAMETER_H
#define FCGI_HTTP_PARAMETER_H

#include "lib/limits.h"

#include <stdbool.h>
#include <stddef.h>

enum parameter {
	PARAMETER_LIMIT,
	PARAMETER_CURSOR,
	PARAMETER_UPDATED_SINCE,
	PARAMETER_INCLUDE_DELETED,
	PARAMETER_SECONDS,
	PARAMETER_SEARCH, /* the first filter; all are but SOURCE */
	PARAMETER_VERSION,
	PARAMETER_STATUS,
	PARAMETER_TAG, /* the first that may be repeated */
	PARAMETER_REGISTRY_TYPE,
	PARAMETER_TRANSPORT,
	PARAMETER_SOURCE,
	PARAMETERS /* how many there are */
};
#define PARAMETER_SINGLES PARAMETER_TAG /* how many may not be repeated */
#define PARAMETER_SETS (PARAMETERS - PARAMETER_SINGLES)
/* The first of the sets are filters by facets of documents. */
#define PARAMETER_FACETS 3

struct parameter_info {
	const char *name;
	/*
	 * It selects entries by a stored text: a cursor carries it, and a value
	 * with a NUL matches no entry.
	 */
	bool filter;
	size_t most; /* values, if it may be repeated; else 0 */
	/* For the description of the API; NULL: another part has it. */
	const char *about;
	const char *schema; /* JSON, with ' for " */
};
extern const struct parameter_info parameters[PARAMETERS];

/* Values of a parameter that may be repeated: ascending, each once. */
struct value_set {
	size_t count;
	const char *at[LIMIT_VALUES]; /* borrowed */
};

/* Adds ${value}; false if the set has ${most} other values already. */
bool value_set_add(struct value_set *set, const char *value, size_t most);

bool value_set_equal(const struct value_set *a, const struct value_set *b);

void value_set_copy(struct value_set *to, const struct value_set *from);

/* The values of a request or a cursor; all texts are borrowed. */
struct parameter_values {
	/* NULL if absent or empty, "" if it cannot match any entry. */
	const char *text[PARAMETER_SINGLES];
	struct value_set sets[PARAMETER_SETS];
};

/* Makes all values absent. */
static inline void
parameter_clear(struct parameter_values *v)
{
	for (int i = 0; i < PARAMETER_SINGLES; i++)
		v->text[i] = NULL;
	for (int i = 0; i < PARAMETER_SETS; i++)
		v->sets[i].count = 0;
}

void parameter_copy(
    struct parameter_values *to, const struct parameter_values *from);

/* The parameter with this name; PARAMETERS if there is none. */
int parameter_named(const char *name);

#endif
