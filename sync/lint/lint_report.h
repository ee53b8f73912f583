/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints each finding when it is found: as text, grouped by entry, with the
 * meaning of the rules at the end; or as one JSON object.
 */
#ifndef SYNC_LINT_LINT_REPORT_H
#define SYNC_LINT_LINT_REPORT_H

#include "sync/lint/lint_rules.h"
#include "sync/options.h"

#include <stdio.h>

struct lint_report;

/* Prints to ${to} as ${o} says, in colour on a terminal.  Borrows both. */
struct lint_report *lint_report_new(FILE *to, const struct options *o);
void lint_report_free(struct lint_report *r);

void lint_report_start(struct lint_report *r);
/* The found() of a struct lint_sink; ${ctx} is the report. */
void lint_report_found(void *ctx, const struct lint_finding *f);
/* ${entries}: the number of entries that were checked. */
void lint_report_end(struct lint_report *r, size_t entries);

size_t lint_report_errors(const struct lint_report *r);

/* Prints every rule and its meaning, in the order of the table. */
void lint_report_rules(FILE *to, const struct options *o);

#endif
