/* SPDX-License-Identifier: Apache-2.0 */
/* The input of the lint: local documents, or the database. */
#ifndef SYNC_LINT_LINT_INPUT_H
#define SYNC_LINT_LINT_INPUT_H

#include "lib/err.h"
#include "sync/lint/lint_report.h"

#include <stddef.h>

/*
 * Checks the documents at ${paths}, files or directories of *.json, as one
 * source.  An invalid document is a finding; a file that cannot be opened is an
 * error.  Adds the number of entries to *${entries}.
 */
int lint_input_documents(struct lint_report *report, size_t *entries,
    char *const *paths, size_t count, struct err *e);

/*
 * Checks the entries in the database ${path}: of the sources ${names}, each
 * compared within itself; or, without names, of all sources, compared within
 * each registry.
 */
int lint_input_database(struct lint_report *report, size_t *entries,
    const char *path, char *const *names, size_t count, struct err *e);

#endif
