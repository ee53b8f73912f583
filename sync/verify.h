/* SPDX-License-Identifier: Apache-2.0 */
/* thv-registry-sync --verify and --rebuild. */
#ifndef SYNC_VERIFY_H
#define SYNC_VERIFY_H

#include <stdbool.h>

struct verify_options {
	const char *database;
	bool rebuild; /* make it anew first, and say what was wrong before */
	bool json; /* one object on standard output */
	bool quiet; /* say only what is wrong */
};

/*
 * Tells how the database is; returns the exit status: 0 all is well, with
 * ${rebuild} in the end; 1 it is not, or could not be looked at.
 */
int verify(const struct verify_options *o);

#endif
