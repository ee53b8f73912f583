/* SPDX-License-Identifier: Apache-2.0 */
/* thv-registry-sync --verify and --rebuild. */
#ifndef SYNC_VERIFY_H
#define SYNC_VERIFY_H

#include <stdbool.h>

struct verify_options {
	const char *database;
	bool rebuild; /* rebuild it first, and print what was wrong before */
	bool json; /* one object on standard output */
	bool quiet; /* say only what is wrong */
};

/*
 * Checks the database and prints the result.  Returns the exit status: 0 if it
 * is sound, after the rebuild if there is one; 1 if not, or if the check
 * failed.
 */
int verify(const struct verify_options *o);

#endif
