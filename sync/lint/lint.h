/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `thv-registry-sync lint`: which clients will refuse or mangle an entry, and
 * why; for documents before they are published, and for the database.
 */
#ifndef SYNC_LINT_LINT_H
#define SYNC_LINT_LINT_H

#include "sync/options.h"

/*
 * Runs the command.  Returns the exit status: 0 no error was found, 1 a client
 * will refuse an entry, 2 the input cannot be read.
 */
int lint(const struct options *o);

#endif
