/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on versions, package identifiers, URLs and other texts. */
#ifndef SYNC_LINT_LINT_TEXT_H
#define SYNC_LINT_LINT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The schema that the reference and the official registry use. */
#define LINT_TEXT_SCHEMA "2025-12-11"

/*
 * The version that a package of ${type} carries in its identifier: "2" of
 * @scope/name@2, of name==2 and of host:5000/image:2; NULL when there is none.
 * ${type} and ${identifier} may be NULL.
 */
const char *lint_text_carried_version(const char *type, const char *identifier);

/* Of versions; a range means several: ^1.2, >=1, 1.x, 1 || 2, 1 - 2. */
bool lint_text_is_range(const char *version);
bool lint_text_is_latest(const char *version);
/* Neither empty nor latest, no range and no semantic version. */
bool lint_text_is_unordered(const char *version);
bool lint_text_needs_encoding(const char *text); /* in a URL */

bool lint_text_is_long(const char *text);
bool lint_text_is_bad_name(const char *name); /* an empty one is not */
bool lint_text_is_bad_tag(const char *tag);
bool lint_text_is_old_schema(const char *url);
bool lint_text_is_sse(const char *type);
bool lint_text_is_cargo(const char *type);
/* A type of package that VS Code does not know. */
bool lint_text_is_unknown_type(const char *type);

bool lint_text_has_variable(const char *url);
bool lint_text_starts_with_variable(const char *url);
bool lint_text_has_query(const char *url);
bool lint_text_is_http(const char *url);
bool lint_text_is_local(const char *url); /* the client's own machine */
bool lint_text_is_remote_http(const char *url); /* http, and not local */
bool lint_text_ends_in_slash(const char *url); /* its path */
/* A URL parser would print it differently. */
bool lint_text_is_rewritten(const char *url);

#endif
