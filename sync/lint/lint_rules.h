/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of what clients refuse or mangle.  A row has the clients, the
 * reason, an advice, the places in a server's document, and the condition under
 * which a value there is wrong.  A new rule needs a row in lint_rules.c,
 * perhaps a condition in lint_checks.c or lint_text.c, a row in
 * tests/unit/test_lint.c, and an item in thv-registry-lint(1); tests compare
 * them.
 */
#ifndef SYNC_LINT_LINT_RULES_H
#define SYNC_LINT_LINT_RULES_H

#include "lib/entry.h"

#include <stdbool.h>
#include <stddef.h>

/* The clients: bits, so that a rule can name several. */
enum lint_client {
	LINT_VSCODE = 1,
	LINT_COPILOT_CLI = 2,
	LINT_JETBRAINS = 4,
	LINT_TOOLHIVE = 8,
	LINT_REFERENCE = 16, /* thv-registry-api, with this as its source */
	LINT_OFFICIAL = 32, /* the official registry, when publishing */
	LINT_SYNC = 64, /* this program */
	LINT_KIRO = 128 /* reads a file that is made from the registry */
};

#define LINT_CLIENTS 8
#define LINT_READERS \
	(LINT_VSCODE | LINT_COPILOT_CLI | LINT_JETBRAINS | LINT_TOOLHIVE)

enum lint_severity {
	LINT_ERROR, /* a client refuses */
	LINT_WARNING, /* a client mangles, or may refuse */
	LINT_INFO /* for information */
};

struct lint_at;
struct lint_server;
struct lint_sink;

/* Whether the value at ${at} is wrong. */
typedef bool lint_condition(struct lint_at *at);

#define LINT_STEPS 7
#define LINT_SPOTS 4
#define LINT_ANY "*" /* every element or member */

struct lint_spot {
	/* Members from the document to the value; NULL after the last. */
	const char *steps[LINT_STEPS];
	lint_condition *when; /* the rule applies; NULL: always */
	/* One of the two is set, or none after the last spot. */
	lint_condition *is_wrong;
	bool (*is_wrong_text)(const char *text); /* only for strings */
};

struct lint_rule {
	const char *id;
	enum lint_severity severity;
	unsigned clients; /* bits of enum lint_client */
	const char *why;
	const char *advice;
	/* None: the rule is not about one server. */
	struct lint_spot spots[LINT_SPOTS];
};

/* The subject of a finding. */
struct lint_place {
	const char *scope_kind; /* "document", "source" or "registry" */
	const char *scope; /* its name */
	const char *where; /* "data.servers.3"; NULL: unknown */
	enum entry_kind kind;
	const char *name; /* NULL: unknown, or not about one entry */
	const char *version; /* NULL: unknown, or about all of them */
};

struct lint_finding {
	const struct lint_rule *rule;
	const struct lint_place *place;
	const char *path; /* inside the entry; "" is the entry itself */
	const char *value; /* the value there; NULL: none to show */
	const char *detail; /* what is wrong, for a general rule; or NULL */
};

/* Receives findings. */
struct lint_sink {
	void (*found)(void *ctx, const struct lint_finding *f);
	void *ctx;
	const struct lint_place *place;
	const struct lint_rule *rule; /* being checked */
};

extern const struct lint_rule lint_rules_table[];
extern const size_t lint_rules_count;

/* The rule called ${id}, which exists. */
const struct lint_rule *lint_rules_find(const char *id);

/* Checks every rule about one server. */
void lint_rules_check(struct lint_sink *sink, const struct lint_server *s);

/* The client of bit ${i}: its name for people, or as JSON has it. */
const char *lint_rules_client(size_t i, bool as_id);

/* "error", "warning" or "info". */
const char *lint_rules_severity(enum lint_severity severity);

#endif
