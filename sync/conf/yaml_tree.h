/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML document as a tree of nodes that remember their lines.
 *
 * The only module that knows libyaml.  It settles what is YAML's business
 * (aliases, merge keys, repeated keys, limits on depth and size) and leaves
 * what keys mean to its callers.
 */
#ifndef SYNC_CONF_YAML_TREE_H
#define SYNC_CONF_YAML_TREE_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>

/* What a plain scalar reads as; a quoted one is always a string. */
enum yaml_tree_type {
	YAML_TREE_NULL,
	YAML_TREE_BOOL,
	YAML_TREE_INT,
	YAML_TREE_FLOAT,
	YAML_TREE_STRING,
	YAML_TREE_LIST,
	YAML_TREE_MAP
};

struct yaml_tree;

struct yaml_tree_member {
	char *key; /* in its own case; NULL in a list */
	int line; /* of the key; in a list, of the element */
	bool merged; /* came by a merge key: an own key replaces it */
	struct yaml_tree *value;
};

struct yaml_tree {
	enum yaml_tree_type type;
	int line; /* the first is 1 */
	char *text; /* of a scalar as written, never with a NUL inside */
	struct yaml_tree_member *members; /* of a list or a map */
	size_t count;
	/* For the user of the tree; the parser leaves them zero. */
	char *origin; /* owned: where the value came from instead */
	bool bad; /* what is wrong with the value has been said */
};

/* What yaml_tree_parse() has to say besides the tree. */
struct yaml_tree_report {
	int error_line; /* where it failed; 0 when it did not */
	int second_document_line; /* it was left unread; 0: there is none */
};

/*
 * Parses the first document of ${len} bytes at ${text} (UTF-8 or UTF-16).
 * *${out} is NULL when there is none, else the caller's to free.  ERR_CONFIG
 * for what is not YAML, ERR_LIMIT for what passes a LIMIT_CONFIG_*; either way
 * ${report} names the line.
 */
int yaml_tree_parse(struct yaml_tree **out, struct yaml_tree_report *report,
    const char *text, size_t len, struct err *e);
void yaml_tree_free(struct yaml_tree *t);

/*
 * The member of ${map} with ${key}, whatever the case of its letters, or NULL.
 * ${map} may be NULL or no map.  Borrowed until the map changes.
 */
struct yaml_tree_member *yaml_tree_find(
    const struct yaml_tree *map, const char *key);

/* The same, its value alone; a null value counts as none. */
struct yaml_tree *yaml_tree_get(const struct yaml_tree *map, const char *key);

/* A new node without text or members, and a new string; the caller's. */
struct yaml_tree *yaml_tree_new(enum yaml_tree_type type, int line);
struct yaml_tree *yaml_tree_new_string(const char *text, int line);

/* Appends a member; takes ${key} (NULL in a list) and ${value}. */
void yaml_tree_add(
    struct yaml_tree *t, char *key, int line, struct yaml_tree *value);

/* What a scalar without quotes is by the core schema of YAML 1.2. */
enum yaml_tree_type yaml_tree_plain_type(const char *text);

/* Adds ${value} to ${map} or replaces what is there; takes ${value}. */
void yaml_tree_set(
    struct yaml_tree *map, const char *key, struct yaml_tree *value);

#endif
