/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `thv-registry-sync lint`: reports which clients will refuse or mangle an
 * entry, and why.  The input is documents before they are published, or the
 * database.
 */
#ifndef SYNC_LINT_LINT_H
#define SYNC_LINT_LINT_H

#include "sync/options.h"

/*
 * Runs the command.  Returns the exit status: 0 if no error was found, 1 if a
 * client will refuse an entry, 2 if the input cannot be read.
 */
int lint(const struct options *o);

#endif
