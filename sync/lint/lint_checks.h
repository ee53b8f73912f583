/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server's document, and conditions of the table of rules.  A member of the
 * wrong type counts as missing, so that invalid entries can be checked, too.
 */
#ifndef SYNC_LINT_LINT_CHECKS_H
#define SYNC_LINT_LINT_CHECKS_H

#include "sync/lint/lint_rules.h"

#include <stdbool.h>
#include <stddef.h>

#define LINT_CHECKS_PUBLISHER \
	"io.modelcontextprotocol.registry/publisher-provided"

struct lint_server {
	void *tree; /* the parsed document; NULL: none */
	size_t publisher_size; /* of the publisher-provided object; 0: none */
};

/*
 * Parses ${json}, which is minified.  ${out} must be zeroed before its first
 * use; the next call frees its content.  Returns false, with an empty ${out},
 * if the text is not a JSON object.
 */
bool lint_checks_read(struct lint_server *out, const char *json, size_t len);
void lint_checks_free(struct lint_server *s); /* the members, not ${s} */

/* A text member of ${s}; NULL: missing.  Borrowed from ${s}. */
const char *lint_checks_text(const struct lint_server *s, const char *member);
size_t lint_checks_remotes(const struct lint_server *s);
/* The URL of remote ${i}; NULL: it has none.  Borrowed from ${s}. */
const char *lint_checks_url(const struct lint_server *s, size_t i);

/* Reports each wrong value at ${spot} as a finding of sink->rule. */
void lint_checks_try(struct lint_sink *sink, const struct lint_server *s,
    const struct lint_spot *spot);

/* Of texts. */
lint_condition lint_checks_blank;
lint_condition lint_checks_missing;
/* Of members of a package. */
lint_condition lint_checks_executable;
lint_condition lint_checks_twice;
lint_condition lint_checks_hint;
lint_condition lint_checks_identifier_range;
lint_condition lint_checks_floating;
/* Of the entry as a whole. */
lint_condition lint_checks_nothing_to_run;
lint_condition lint_checks_toolhive;
lint_condition lint_checks_copilot;
lint_condition lint_checks_no_picture;
lint_condition lint_checks_scalar;
lint_condition lint_checks_large;
/* Of Kiro; the first three say when the others apply. */
lint_condition lint_checks_one_remote;
lint_condition lint_checks_one_package;
lint_condition lint_checks_kiro_starts;
lint_condition lint_checks_kiro_ways;
lint_condition lint_checks_kiro_remote;
lint_condition lint_checks_kiro_header_value;
lint_condition lint_checks_kiro_type;
lint_condition lint_checks_kiro_version;
lint_condition lint_checks_kiro_transport;
lint_condition lint_checks_kiro_argument_type;
lint_condition lint_checks_kiro_argument_value;
lint_condition lint_checks_kiro_variable_default;

#endif
