/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a query parameter that may be repeated. */
#ifndef FCGI_HTTP_VALUE_SET_H
#define FCGI_HTTP_VALUE_SET_H

#include "lib/limits.h"

#include <stdbool.h>
#include <stddef.h>

/* Ascending, each once. */
struct value_set {
	size_t count;
	const char *at[LIMIT_VALUES]; /* borrowed */
};

/* Adds ${value}; false if there would be more than ${most} values. */
bool value_set_add(struct value_set *set, const char *value, size_t most);

bool value_set_equal(const struct value_set *a, const struct value_set *b);

void value_set_copy(struct value_set *to, const struct value_set *from);

#endif
