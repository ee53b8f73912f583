/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters of a source: names match patterns, tags are equal, exclusion wins.
 * Tags count for servers only.
 */
#ifndef LIB_STORE_FILTER_H
#define LIB_STORE_FILTER_H

#include "lib/entry.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>

struct filter_list {
	char **items; /* owned */
	size_t count;
};

/* Frees the items and leaves an empty list. */
void filter_list_free(struct filter_list *list);

/* As configured; zeroed, it keeps everything. */
struct filter_spec {
	bool present; /* the key "filter" stands in the file */
	struct filter_list names_include;
	struct filter_list names_exclude;
	struct filter_list tags_include;
	struct filter_list tags_exclude;
};

struct filter;

void filter_spec_free(struct filter_spec *spec); /* the members, not ${spec} */
/*
 * The specification as compact JSON, {"names":{"include":[...]...}...}, empty
 * members left out, "null" when absent.  The caller frees it.  Equal texts
 * keep equal entries, so it also serves as the filter's identity.
 */
char *filter_spec_json(const struct filter_spec *spec);

/* Compiles a filter; ${spec} is not needed afterwards. */
int filter_new(
    struct filter **out, const struct filter_spec *spec, struct err *e);
void filter_free(struct filter *f);
/*
 * Whether to keep the entry.  ${name} is the server's name, or
 * namespace/name of a skill or plugin; ${tags} are the server's tags.
 */
bool filter_keeps(const struct filter *f, enum entry_kind kind,
    const char *name, const char *const *tags, size_t tag_count);

#endif
