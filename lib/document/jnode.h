/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of a JSON text from jscan_run() as nodes, made by one pass.  Nodes
 * are in the order of the text, a container before its content:
 *
 *	for (n = object + 1; n < jnode_end(object); n = jnode_end(n))
 *
 * visits the elements of an array, or the names of an object's members.  The
 * value of a member is at n + 1.  Nothing is copied or converted.
 */
#ifndef LIB_DOCUMENT_JNODE_H
#define LIB_DOCUMENT_JNODE_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jnode {
	const char *text; /* as in the document; the first byte is its type */
	uint32_t len; /* bytes of ${text} */
	uint32_t span; /* number of nodes: this one and its content */
	bool escaped; /* a string with escapes */
};

struct jnodes {
	struct jnode *at; /* at[0] is the whole text */
	size_t count;
	size_t capacity;
	/*
	 * The first reason why some client cannot read the text: a number out
	 * of the range of a double, a NUL, half of a surrogate pair.  A static
	 * text for messages; NULL if there is none.
	 */
	const char *defect;
};

/*
 * Reads the ${len} bytes at ${json}, which are valid and have no white space
 * between tokens; for other texts the nodes are meaningless, but no byte
 * outside of them is read.  Replaces earlier nodes.
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
 * The text of a string: part of the JSON text or, if it has escapes, of
 * ${scratch}.
 */
struct jnode_text jnode_string(const struct jnode *n, struct buf *scratch);
double jnode_number(const struct jnode *n);

#endif
