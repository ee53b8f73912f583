/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Validating servers, skills and plugins, and extracting the facts about them
 * that the database stores in columns.
 */
#ifndef LIB_DOCUMENT_RULES_H
#define LIB_DOCUMENT_RULES_H

#include "lib/entry.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The version of all rules together.  Raise it with every change after which
 * some entry would be accepted instead of rejected, or rejected instead of
 * accepted, or would have other facts, notes or stored bytes: in
 * lib/document/rules*, item_meta*, legacy*, envelope* or shape*.  Each source
 * is then read once more.
 */
#define RULES_VERSION 2

/* The first rule that an entry breaks, or a note about it. */
struct rules_problem {
	char path[256]; /* inside the entry: "packages.0.transport.url" */
	char rule[256]; /* "must match ^https?://[^\s]+$" */
	char value[256]; /* the invalid value as JSON, cut; "" if absent */
};

/* Texts, each once. */
struct rules_texts {
	const char **at;
	size_t count;
};

/*
 * Facts of one entry.  Strings are NUL-terminated and borrowed until the next
 * entry is checked.
 */
struct rules_entry {
	const char *name; /* server: name; else "namespace/name" */
	const char *version;
	const char *title; /* NULL when absent or empty */
	const char *description;
	/*
	 * Skill, plugin: as given, else "active".  Server: NULL, unless its
	 * schema is an early one, in which a server has a status.
	 */
	const char *status;
	const char **tags; /* server: from publisher-provided, 4.3 */
	size_t tag_count;
	struct rules_texts registry_types; /* of packages */
	struct rules_texts transports; /* server: of packages and remotes */
};

/* Where an entry comes from. */
enum rules_level {
	RULES_AUTHORED, /* written by its author for a registry */
	/*
	 * From a registry's API.  The same rules hold, except those for
	 * publishing: the form of names, and the length of titles and
	 * descriptions.
	 */
	RULES_SERVED,
	RULES_STORED /* from the database: only its facts are needed */
};

struct rules;

/*
 * Creates a checker, whose memory is reused from entry to entry.
 * ${max_meta_size} limits a server's publisher-provided object, in bytes
 * without white space.
 */
struct rules *rules_new(size_t max_meta_size);
void rules_free(struct rules *r);

enum rules_verdict {
	RULES_BROKEN = -1,
	RULES_KEPT = 0,
	RULES_NOTED = 1
};

/*
 * Checks one entry of ${kind} by the rules of ${level}.  ${json} is captured
 * text (lib/document/jscan.h), with a NUL after its ${len} bytes.
 *
 * RULES_KEPT: valid; ${facts} is set.
 * RULES_NOTED: valid enough to be served; ${facts} is set, and ${problem} says
 * which rule of the format is broken and may trouble clients.
 * RULES_BROKEN: rejected; ${problem} is set, and of ${facts} only the name and
 * the version, NULL if they could not be read.
 *
 * A server is rejected if its name or version is missing or invalid, if a
 * member outside of _meta has a wrong JSON type, or if it exceeds a limit.  An
 * optional member that is null or empty counts as absent.
 */
enum rules_verdict rules_check(struct rules *r, enum entry_kind kind,
    enum rules_level level, const char *json, size_t len,
    struct rules_entry *facts, struct rules_problem *problem);

/*
 * The status of ${kind} named by the ${len} bytes at ${text}, compared without
 * case; NULL if there is no such status.
 */
const char *rules_status(enum entry_kind kind, const char *text, size_t len);
/* "must be one of: active, deprecated, ...". */
const char *rules_status_rule(enum entry_kind kind);

/*
 * Checks that clients can read the valid ${json}: numbers in range, no NUL, no
 * half of a surrogate pair.  -1 with ${problem} set.
 */
int rules_check_text(struct rules *r, const char *json, size_t len,
    struct rules_problem *problem);

#endif
