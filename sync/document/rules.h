/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server, a skill or a plugin must look like to be served, and the
 * facts about it that the database keeps in columns of their own.
 */
#ifndef SYNC_RULES_H
#define SYNC_RULES_H

#include "lib/entry.h"

#include <stdbool.h>
#include <stddef.h>

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
 * Facts of one entry.  Strings are NUL-terminated and borrowed from the parsed
 * document: they live until the next entry is read.
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

/* How much of the rules an entry has to keep. */
enum rules_level {
	RULES_FULL, /* what a person wrote for a registry */
	RULES_IDENTITY /* what a registry serves: enough to be found by */
};

struct rules;

/*
 * Checks and facts share memory that is reused from entry to entry.
 * ${max_meta_size} is the most a server's publisher-provided object may take,
 * in bytes without white space.  From the first call on jansson allocates
 * through functions of ours in the whole process: like malloc() and free(),
 * except while rules_check() runs on the same thread
 * (sync/document/rules_arena.h).
 */
struct rules *rules_new(size_t max_meta_size);
void rules_free(struct rules *r);

enum rules_verdict {
	RULES_BROKEN = -1,
	RULES_KEPT = 0,
	RULES_NOTED = 1
};

/*
 * Parses and checks one entry of ${kind} as far as ${level} asks.
 * RULES_KEPT, with ${facts} filled.  RULES_NOTED, the same, and ${problem} says
 * what clients of today cannot use: a server of an earlier schema
 * (sync/document/rules_generation.h) breaks a rule of the present one, which
 * matters only where its identity is concerned.  RULES_BROKEN, with ${problem}
 * filled, and facts.name and facts.version set when they could be read, else
 * NULL.
 */
enum rules_verdict rules_check(struct rules *r, enum entry_kind kind,
    enum rules_level level, const char *json, size_t len,
    struct rules_entry *facts, struct rules_problem *problem);

/*
 * Whether ${json} can be handed to clients: numbers in range, no NUL, no half
 * of a surrogate pair, not too deep.  -1 with ${problem} filled.
 */
int rules_check_text(struct rules *r, const char *json, size_t len,
    struct rules_problem *problem);

#endif
