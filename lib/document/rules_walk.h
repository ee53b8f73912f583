/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk of one parsed entry along the tables of rules.  It stops at the
 * first broken rule that binds, in the order of the tables, and the way it went
 * is the path that is reported.  The first broken rule that does not bind is
 * noted.  Inner part of lib/document/rules.c.
 */
#ifndef LIB_DOCUMENT_RULES_WALK_H
#define LIB_DOCUMENT_RULES_WALK_H

#include "lib/document/jscan.h"
#include "lib/document/rules.h"
#include "lib/document/rules_private.h"

#include <jansson.h>

#define RULES_WALK_STEPS 32 /* more than the tables are deep */

struct rules_walk {
	const char *json; /* the entry as text */
	size_t len;
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
int rules_walk_shape(
    struct rules_walk *c, const struct shape *shape, const json_t *object);

/* Goes one step down, to the member ${key}. */
void rules_walk_enter(struct rules_walk *c, const char *key);

/* Fills the problem with where the walk is and what is wrong.  Always -1. */
int rules_walk_violated(struct rules_walk *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Whether the text ${i} of ${texts} is among those before it, of which this
 * has been asked before and denied.  ${seen} is an object, empty at first,
 * that remembers them once there are too many to compare.
 */
bool rules_walk_is_repeated(json_t *seen, const char *const *texts, size_t i);

#endif
