/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk of one entry along the tables of rules.  It stops at the
 * first broken rule that binds, in the order of the tables, and reports the
 * path to it.  The first broken rule that does not bind is noted.  Inner part
 * of lib/document/rules.c.
 */
#ifndef LIB_DOCUMENT_RULES_WALK_H
#define LIB_DOCUMENT_RULES_WALK_H

#include "lib/document/jnode.h"
#include "lib/document/jscan.h"
#include "lib/document/rules.h"
#include "lib/document/rules_private.h"

#include <stdbool.h>
#include <stddef.h>

#define RULES_WALK_STEPS 32 /* more than the tables are deep */

struct rules_walk {
	const char *json; /* the entry as text */
	size_t len;
	struct buf *scratch; /* for texts with escapes */
	struct rules_problem *problem;
	struct jscan_step path[RULES_WALK_STEPS];
	size_t depth;
	bool authors_bound; /* rules that bind authors bind this entry */
	bool kind_bound; /* and so do those that bind its kind */
	bool quiet; /* what does not bind is not wanted: types are enough */
	bool free; /* inside a member whose types do not bind */
	bool noted; /* the problem says what does not bind */
	bool stored; /* it was judged before: nothing is noted */
};

/*
 * Checks ${object}; -1 with the problem filled at the first broken rule that
 * binds.  Otherwise c->noted says whether the problem is filled.
 */
int rules_walk_shape(struct rules_walk *c, const struct shape *shape,
    const struct jnode *object);

/* Goes one step down, to the member ${key}. */
void rules_walk_enter(struct rules_walk *c, const char *key);
/*
 * The same, to the member ${name}.  Returns what the caller frees when the walk
 * has left it; NULL for a name without escapes.
 */
char *rules_walk_enter_name(struct rules_walk *c, const struct jnode *name);
/* And to the element ${index}. */
void rules_walk_enter_element(struct rules_walk *c, size_t index);
void rules_walk_leave(struct rules_walk *c);

/* Fills the problem with where the walk is and what is wrong.  Always -1. */
int rules_walk_violated(struct rules_walk *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One of several values that may be equal. */
struct rules_item {
	struct jnode_text text; /* of a string */
	double number; /* 0 for a string */
	size_t at; /* its place among them */
};

/*
 * Moves to the front of ${items} those that equal an earlier one, in no
 * particular order, and returns how many.  The others are lost.
 */
size_t rules_walk_find_repeats(struct rules_item *items, size_t count);

#endif
