/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients are known to refuse or to mangle, as a table: a row says which
 * clients, why, and what to do, and its function looks at one server.  A new
 * rule is a row in lint_rules.c, a function in lint_checks.c, a row in
 * tests/unit/test_lint.c and an item in thv-registry-lint(1); tests hold them
 * together.
 */
#ifndef SYNC_LINT_LINT_RULES_H
#define SYNC_LINT_LINT_RULES_H

#include "lib/entry.h"
#include "sync/lint/lint_client.h"
#include "sync/lint/lint_server.h"

#include <stddef.h>

enum lint_severity {
	LINT_ERROR, /* a client refuses */
	LINT_WARNING, /* a client mangles, or may refuse */
	LINT_INFO /* good to know */
};

struct lint_sink;
typedef void lint_check(struct lint_sink *sink, const struct lint_server *s);

struct lint_rule {
	const char *id;
	enum lint_severity severity;
	unsigned clients; /* bits of enum lint_client */
	const char *why;
	const char *advice;
	lint_check *check; /* NULL: it is not found by looking at one server */
};

/* What a finding is about. */
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
	const char *value; /* what was found there; NULL: nothing to show */
	const char *detail; /* what is wrong, where the rule is general */
};

/* Where findings go; set up by whoever looks at entries. */
struct lint_sink {
	void (*found)(void *ctx, const struct lint_finding *f);
	void *ctx;
	const struct lint_place *place;
	const struct lint_rule *rule; /* the one being tried */
};

extern const struct lint_rule lint_rules_table[];
extern const size_t lint_rules_count;

/* The rule called ${id}, which exists. */
const struct lint_rule *lint_rules_find(const char *id);

/* Tries every rule that looks at one server. */
void lint_rules_check(struct lint_sink *sink, const struct lint_server *s);

/* "error", "warning" or "info". */
const char *lint_rules_severity(enum lint_severity severity);

#endif
