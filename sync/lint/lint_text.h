/* SPDX-License-Identifier: Apache-2.0 */
/* Predicates about versions, package identifiers and URLs. */
#ifndef SYNC_LINT_LINT_TEXT_H
#define SYNC_LINT_LINT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a version stands for several: ^1.2, >=1, 1.x, 1 || 2, 1 - 2. */
bool lint_text_is_range(const char *version);

/*
 * The version that a package of ${type} carries in its identifier: "2" of
 * @scope/name@2, of name==2 and of host:5000/image:2; NULL when there is none.
 * ${type} and ${identifier} may be NULL.
 */
const char *lint_text_carried_version(const char *type, const char *identifier);

bool lint_text_is_http(const char *url);
/* Whether the host is the client's own machine. */
bool lint_text_is_local(const char *url);
/* Whether the path ends in a slash. */
bool lint_text_ends_in_slash(const char *url);
/* Whether a parser of URLs would print it differently. */
bool lint_text_is_rewritten(const char *url);

#endif
