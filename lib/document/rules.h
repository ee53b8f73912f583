/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server, a skill or a plugin must look like to be served, and the
 * facts about it that the database keeps in columns of their own.
 */
#ifndef LIB_DOCUMENT_RULES_H
#define LIB_DOCUMENT_RULES_H

#include "lib/entry.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The number of the rules as a whole.  Raise it with every change after which
 * an entry that was rejected would be accepted, or the other way round, or
 * would have other facts, notes or stored bytes: in lib/document/rules*,
 * item_meta*, legacy*, envelope* or shape*.  Each source is then read once
 * again.
 */
#define RULES_VERSION 2

/* The first rule an entry breaks, or what is to be noted about it. */
struct rules_problem {
	char path[256]; /* inside the entry: "packages.0.transport.url" */
	char rule[256]; /* "must match ^https?://[^\s]+$" */
	char value[256]; /* the offending value as JSON, cut; "" if absent */
};

/* Texts, each once. */
struct rules_texts {
	const char **at;
	size_t count;
};

/*
 * Facts of one entry.  Strings are NUL-terminated and borrowed: they live until
 * the next entry is checked.
 */
struct rules_entry {
	const char *name; /* server: name; else "namespace/name" */
	const char *version;
	const char *title; /* NULL when absent or empty */
	const char *description;
	/*
	 * Skill, plugin: as given, else "active".  Server: NULL, unless its
	 * schema is one of those that still put the status there.
	 */
	const char *status;
	const char **tags; /* server: from publisher-provided, 4.3 */
	size_t tag_count;
	struct rules_texts registry_types; /* of packages */
	struct rules_texts transports; /* server: of packages and remotes */
};

/* Where an entry comes from. */
enum rules_level {
	RULES_AUTHORED, /* a person wrote it for a registry */
	/*
	 * A registry serves it.  The same rules hold, but for the limits that
	 * registries have for publishing: the form of names, and the length of
	 * titles and descriptions.
	 */
	RULES_SERVED,
	RULES_STORED /* it was judged when it was stored: its facts are wanted
		      */
};

struct rules;

/*
 * Checks and facts share memory that is reused from entry to entry.
 * ${max_meta_size} is the most a server's publisher-provided object may take,
 * in bytes without white space.
 */
struct rules *rules_new(size_t max_meta_size);
void rules_free(struct rules *r);

enum rules_verdict {
	RULES_BROKEN = -1,
	RULES_KEPT = 0,
	RULES_NOTED = 1
};

/*
 * Checks one entry of ${kind} as far as ${level} asks.  ${json} is valid, has
 * no white space between its tokens, and ends with a NUL after its ${len}
 * bytes. RULES_KEPT, with ${facts} filled.  RULES_NOTED, the same, and
 * ${problem} says what clients may be unable to use: a rule of the format is
 * broken, but the entry can be served.  RULES_BROKEN, with ${problem} filled,
 * and facts.name and facts.version set when they could be read, else NULL.
 *
 * A server cannot be served without a usable name and version, with a member of
 * another JSON type than the schema gives it (outside its _meta), or when it is
 * larger than a limit.  An optional member that is null or empty counts as
 * absent.
 */
enum rules_verdict rules_check(struct rules *r, enum entry_kind kind,
    enum rules_level level, const char *json, size_t len,
    struct rules_entry *facts, struct rules_problem *problem);

/*
 * The status of ${kind} that the ${len} bytes at ${text} name, in whatever
 * case; NULL when they name none.
 */
const char *rules_status(enum entry_kind kind, const char *text, size_t len);
/* The rule about them. */
const char *rules_status_rule(enum entry_kind kind);

/*
 * Whether the valid ${json} can be handed to clients: numbers in range, no NUL,
 * no half of a surrogate pair.  -1 with ${problem} filled.
 */
int rules_check_text(struct rules *r, const char *json, size_t len,
    struct rules_problem *problem);

#endif
