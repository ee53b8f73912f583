/* SPDX-License-Identifier: Apache-2.0 */
/* thv-registry-sync --verify and --rebuild. */
#ifndef SYNC_VERIFY_H
#define SYNC_VERIFY_H

#include "sync/options.h"

/*
 * Checks ${database} and prints the result; with --rebuild it is rebuilt first,
 * and the problems before are printed, too.  Returns the exit status: 0 if the
 * database has no problem now; 1 if it has, or if the check failed.
 */
int verify(const struct options *o, const char *database);

#endif
