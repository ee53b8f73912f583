/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the rules are written down (lib/document/rules_table.c) for the walker
 * that checks them (lib/document/rules.c).  A shape lists the members of an
 * object in the order in which they are checked; members it does not list are
 * allowed.
 */
#ifndef LIB_DOCUMENT_RULES_PRIVATE_H
#define LIB_DOCUMENT_RULES_PRIVATE_H

#include "lib/document/rules_format.h"
#include "lib/entry.h"

#include <stdbool.h>
#include <stddef.h>

#define RULES_PUBLISHER "io.modelcontextprotocol.registry/publisher-provided"

enum rule_type {
	RULE_STRING,
	RULE_BOOLEAN,
	RULE_NUMBER,
	RULE_INTEGER,
	RULE_OBJECT, /* of ${shape} */
	RULE_MAP, /* object: every member's value is ${each} */
	RULE_LIST /* array: every element is ${each} */
};

/*
 * Which entries are rejected for the value of a member; others are noted.  A
 * wrong type is always a reason: a client that decodes into typed fields loses
 * the whole page with one wrong type.
 */
enum rule_binds {
	BINDS_KIND, /* skills and plugins; of a server it is a note */
	BINDS_AUTHORS, /* what a person wrote, not what a registry serves */
	BINDS_ALL
};

struct rule {
	const char *member; /* NULL: this is the ${each} of another rule */
	enum rule_type type;
	enum rule_binds binds;
	bool required;
	bool free; /* the types of what is inside do not bind either */
	bool unique; /* no two elements of the list are equal */
	int min; /* characters of a string, value of a number */
	int max; /* the same; 0: any */
	const struct rules_format *format;
	const char *const *choices; /* ends with NULL */
	const struct rule *then; /* holds as well */
	const struct shape *shape; /* NULL: any object */
	const struct rule *each;
};

/* What a table row cannot say; checked after the members. */
enum shape_extra {
	SHAPE_PLAIN,
	SHAPE_TRANSPORT, /* a url, unless the type is stdio */
	SHAPE_ARGUMENT /* named: a name; positional: a value or a hint */
};

#define RULES_MEMBERS 20 /* of one shape, at most */

struct shape {
	const struct rule *rules;
	size_t count;
	enum shape_extra extra;
};

/*
 * The shape of a whole server; ${old_version}: its version stands in
 * version_detail.
 */
const struct shape *rules_table_server(bool old_version);

/*
 * The shape of a skill or a plugin; of one that a registry serves, the least
 * that it must have to be stored and found again.
 */
const struct shape *rules_table_extension(enum entry_kind kind, bool served);

#endif
