/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking one entry along the tables of rules.  The walk stops at the first
 * broken rule that rejects the entry and reports its path.  The first broken
 * rule that does not reject it is noted.  Inner part of lib/document/rules.c.
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
	bool authors_bound; /* BINDS_AUTHORS rejects this entry */
	bool kind_bound; /* BINDS_KIND rejects this entry */
	bool quiet; /* no notes are wanted: check types only */
	bool free; /* inside a member whose rule is free */
	bool noted; /* the problem is a note */
	bool stored; /* it was checked before: nothing is noted */
};

/*
 * Checks ${object}.  -1, and the problem is set, if the entry is rejected; else
 * c->noted says whether the problem is set.
 */
int rules_walk_shape(struct rules_walk *c, const struct shape *shape,
    const struct jnode *object);

/* Enters the member ${key}. */
void rules_walk_enter(struct rules_walk *c, const char *key);
/*
 * Enters the member ${name}.  Returns a copy of a name with escapes, which the
 * caller frees after leaving it, else NULL.
 */
char *rules_walk_enter_name(struct rules_walk *c, const struct jnode *name);
/* Enters the element ${index}. */
void rules_walk_enter_element(struct rules_walk *c, size_t index);
void rules_walk_leave(struct rules_walk *c);

/* Sets the problem to the present path and this rule.  Returns -1. */
int rules_walk_violated(struct rules_walk *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One of several values that may be equal. */
struct rules_item {
	struct jnode_text text; /* of a string */
	double number; /* 0 for a string */
	size_t at; /* its index among them */
};

/*
 * Moves to the front of ${items} those that equal an earlier one, in no
 * particular order, and returns how many.  The others are lost.
 */
size_t rules_walk_find_repeats(struct rules_item *items, size_t count);

#endif
