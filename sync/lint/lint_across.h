/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about several entries: colliding names and URLs, and totals.  Names,
 * versions and URLs are kept in memory, documents are not.
 */
#ifndef SYNC_LINT_LINT_ACROSS_H
#define SYNC_LINT_LINT_ACROSS_H

#include "sync/lint/lint_rules.h"

struct lint_across;

struct lint_across *lint_across_new(void);
void lint_across_free(struct lint_across *a);

/*
 * Adds one version; ${s} is NULL for a skill, a plugin or an invalid document.
 * Copies the strings of ${place}.
 */
void lint_across_add(struct lint_across *a, const struct lint_place *place,
    const struct lint_server *s, size_t size);

/*
 * Reports findings about ${scope}, of which only scope_kind and scope are used.
 * Call it once, at the end.
 */
void lint_across_check(struct lint_across *a, const struct lint_place *scope,
    struct lint_sink *sink);

#endif
