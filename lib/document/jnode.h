/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of a JSON text that jscan_run() handed out, cut into nodes by one
 * pass.  Nodes are in the order of the text, a container before what it holds:
 *
 *	for (n = object + 1; n < jnode_end(object); n = jnode_end(n))
 *
 * visits the elements of an array, or the names of an object's members, each
 * followed by its value: n + 1.  Nothing is copied or converted.
 */
#ifndef LIB_DOCUMENT_JNODE_H
#define LIB_DOCUMENT_JNODE_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jnode {
	const char *text; /* as it is written; its first byte is its type */
	uint32_t len; /* bytes of ${text} */
	uint32_t span; /* nodes: this one and all that belongs to it */
	bool escaped; /* a string with escapes */
};

struct jnodes {
	struct jnode *at; /* at[0] is the whole text */
	size_t count;
	size_t capacity;
	/*
	 * The first reason why not every client can read the text: a number
	 * that a double cannot hold, a NUL, half of a surrogate pair.  A static
	 * text for people; NULL if there is none.
	 */
	const char *defect;
};

/*
 * Reads the ${len} bytes at ${json}, which are valid and without white space
 * between tokens.  The nodes of the text before are lost.  Of other texts nodes
 * mean nothing, but nothing outside of them is touched.
 */
void jnode_read(struct jnodes *nodes, const char *json, size_t len);
void jnode_free(struct jnodes *nodes);

static inline const struct jnode *
jnode_end(const struct jnode *n)
{
	return n + n->span;
}

/* The value of the last member ${name} of ${object}; NULL if there is none. */
const struct jnode *jnode_member(const struct jnode *object, const char *name);

/* A text and its length, not followed by a NUL. */
struct jnode_text {
	const char *text;
	size_t len;
};

/*
 * The text of a string: a part of the JSON text, or of ${scratch} if it holds
 * escapes.
 */
struct jnode_text jnode_string(const struct jnode *n, struct buf *scratch);
double jnode_number(const struct jnode *n);

#endif
