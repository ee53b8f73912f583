/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types of the rules in lib/document/rules_table.c, which
 * lib/document/rules_walk.c checks.  A shape lists the members of an object in
 * the order of checking; other members are allowed.
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
 * Which entries a broken rule rejects; for other entries it is only noted.  A
 * wrong type rejects all entries, because a client that decodes into typed
 * fields loses the whole page.
 */
enum rule_binds {
	BINDS_KIND, /* skills and plugins, but not servers */
	BINDS_AUTHORS, /* RULES_AUTHORED, but not RULES_SERVED */
	BINDS_ALL
};

struct rule {
	const char *member; /* NULL: this is the ${each} of another rule */
	enum rule_type type;
	enum rule_binds binds;
	bool required;
	bool free; /* not even wrong types inside of it reject */
	bool unique; /* no two elements of the list are equal */
	int min; /* characters of a string, value of a number */
	int max; /* the same; 0: any */
	const struct rules_format *format;
	const char *const *choices; /* ends with NULL */
	const struct rule *then; /* a second rule for the same value */
	const struct shape *shape; /* NULL: any object */
	const struct rule *each;
};

/* Rules across members, checked after them. */
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
 * The shape of a whole server; ${old_version}: its version is in
 * version_detail.
 */
const struct shape *rules_table_server(bool old_version);

/*
 * The shape of a skill or a plugin.  If it is ${served} by a registry, only
 * what is needed to store and find it.
 */
const struct shape *rules_table_extension(enum entry_kind kind, bool served);

#endif
