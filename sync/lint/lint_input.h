/* SPDX-License-Identifier: Apache-2.0 */
/* Where the lint gets entries from: documents on this machine, the database. */
#ifndef SYNC_LINT_LINT_INPUT_H
#define SYNC_LINT_LINT_INPUT_H

#include "lib/err.h"
#include "sync/lint/lint_report.h"

#include <stddef.h>

/*
 * Looks at the documents at ${paths}, files or directories of *.json, as if
 * they were one source.  A document that cannot be read to its end is a
 * finding; a file that cannot be opened is an error.  ${entries} is counted up.
 */
int lint_input_documents(struct lint_report *report, size_t *entries,
    char *const *paths, size_t count, struct err *e);

/*
 * Looks at what is stored in the database ${path}: of the sources ${names},
 * each as a whole, or when there are none of all of them, and at what each
 * registry shows.
 */
int lint_input_database(struct lint_report *report, size_t *entries,
    const char *path, char *const *names, size_t count, struct err *e);

#endif
