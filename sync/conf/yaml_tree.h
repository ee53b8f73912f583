/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML document as a tree of nodes with line numbers.
 *
 * The only module that uses libyaml.  It handles aliases, merge keys, duplicate
 * keys, and limits on depth and size; callers interpret the keys.
 */
#ifndef SYNC_CONF_YAML_TREE_H
#define SYNC_CONF_YAML_TREE_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Of a plain scalar; a quoted one is always a string. */
enum yaml_tree_type {
	YAML_TREE_NULL,
	YAML_TREE_BOOL,
	YAML_TREE_INT,
	YAML_TREE_FLOAT,
	YAML_TREE_STRING,
	YAML_TREE_LIST,
	YAML_TREE_MAP
};

struct yaml_tree_node;

struct yaml_tree_member {
	char *key; /* in its own case; NULL in a list */
	int line; /* of the key; in a list, of the element */
	bool merged; /* from a merge key; a key of the map replaces it */
	struct yaml_tree_node *value;
};

/* An alias is the node of its anchor: a node may have several parents. */
struct yaml_tree_node {
	enum yaml_tree_type type;
	int line; /* the first is 1 */
	char *text; /* of a scalar, as written; else NULL */
	struct yaml_tree_member *members; /* of a list or a map */
	size_t count;
	char *origin; /* the variable that set it; NULL: the file */

	/* For yaml_tree.c. */
	size_t nodes, bytes; /* of the whole subtree; 0: not complete */
	int height; /* 1 for a scalar */
	char *anchor;
	struct yaml_tree_node *next; /* of the tree */
	struct yaml_tree_node *next_anchored;
};

struct yaml_tree {
	struct yaml_tree_node *root; /* NULL if the text has no document */
	int error_line; /* where parsing failed; 0 if it did not */
	int second_document_line; /* which was not read; 0: there is none */
	struct yaml_tree_node *all;
};

/*
 * Parses the first document of ${len} bytes at ${text} (UTF-8 or UTF-16).
 * ERR_CONFIG: not YAML; ERR_LIMIT: more than a LIMIT_CONFIG_*, where each alias
 * and merge key counts as a copy.  The caller calls yaml_tree_free() after
 * errors, too.
 */
int yaml_tree_parse(
    struct yaml_tree *out, const char *text, size_t len, struct err *e);
/* Wipes and frees all nodes. */
void yaml_tree_free(struct yaml_tree *t);

/*
 * The first member of ${map} with ${key}, ignoring case, or NULL.
 * ${map} may be NULL or no map.  Borrowed until the map changes.
 */
struct yaml_tree_member *yaml_tree_find(
    const struct yaml_tree_node *map, const char *key);
/* The value of that member; NULL for a null value. */
struct yaml_tree_node *yaml_tree_get(
    const struct yaml_tree_node *map, const char *key);

/* A new node of ${t}; ${text} is copied, NULL if it is no scalar. */
struct yaml_tree_node *yaml_tree_new(
    struct yaml_tree *t, enum yaml_tree_type type, int line, const char *text);
/* Adds ${value} to ${map} or replaces the value that is there. */
void yaml_tree_set(
    struct yaml_tree_node *map, const char *key, struct yaml_tree_node *value);

/* The type of a plain scalar by the core schema of YAML 1.2. */
enum yaml_tree_type yaml_tree_plain_type(const char *text);

#endif
