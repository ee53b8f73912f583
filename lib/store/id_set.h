/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of row numbers in memory: a bit for each, in pages that are allocated
 * when needed.  Row numbers are dense, so 10,000,000 of them take little more
 * than a megabyte.
 */
#ifndef LIB_STORE_ID_SET_H
#define LIB_STORE_ID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed, it is empty. */
struct id_set {
	uint64_t **pages;
	size_t page_count;
	/* Added since id_set_mark(). */
	bool is_marked;
	int64_t *added;
	size_t added_count;
	size_t added_room;
};

void id_set_free(struct id_set *s); /* the members */
/* False if the set has ${id} already, which must not be negative. */
bool id_set_add(struct id_set *s, int64_t id);
bool id_set_has(const struct id_set *s, int64_t id);

/* id_set_undo() removes what was added after this; id_set_keep() ends that. */
void id_set_mark(struct id_set *s);
void id_set_keep(struct id_set *s);
void id_set_undo(struct id_set *s);

#endif
