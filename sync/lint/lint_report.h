/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printing findings as they come: for people, grouped by entry, with the
 * meaning of the rules at the end; or as one JSON object.
 */
#ifndef SYNC_LINT_LINT_REPORT_H
#define SYNC_LINT_LINT_REPORT_H

#include "sync/lint/lint_rules.h"

#include <stdbool.h>
#include <stdio.h>

struct lint_report;

struct lint_report_options {
	int json; /* int for getopt_long() */
	bool quiet; /* for people: errors only */
	bool verbose; /* for people: severity info, too */
	bool colour;
};

struct lint_report *lint_report_new(
    FILE *to, const struct lint_report_options *options);
void lint_report_free(struct lint_report *r);

void lint_report_begin(struct lint_report *r);
/* To be the found() of a struct lint_sink, with the report as its context. */
void lint_report_found(void *ctx, const struct lint_finding *f);
/* ${entries}: the number of entries that were checked. */
void lint_report_end(struct lint_report *r, size_t entries);

size_t lint_report_errors(const struct lint_report *r);

/* Prints every rule and its meaning, in the order of the table. */
void lint_report_rules(FILE *to, const struct lint_report_options *options);

#endif
