/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Showing findings as they come: grouped by entry for people, with what the
 * rules mean at the end, or as one JSON object.
 */
#ifndef SYNC_LINT_LINT_REPORT_H
#define SYNC_LINT_LINT_REPORT_H

#include "sync/lint/lint_rules.h"

#include <stdbool.h>
#include <stdio.h>

struct lint_report;

struct lint_report_options {
	int json; /* int for getopt_long() */
	bool quiet; /* people see errors only */
	bool verbose; /* people see what is good to know, too */
	bool colour;
};

struct lint_report *lint_report_new(
    FILE *to, const struct lint_report_options *options);
void lint_report_free(struct lint_report *r);

void lint_report_begin(struct lint_report *r);
/* To be the found() of a struct lint_sink, with the report as its context. */
void lint_report_found(void *ctx, const struct lint_finding *f);
/* ${entries} were looked at. */
void lint_report_end(struct lint_report *r, size_t entries);

size_t lint_report_errors(const struct lint_report *r);

/* Every rule and what it means, in the order of the table. */
void lint_report_rules(FILE *to, const struct lint_report_options *options);

#endif
