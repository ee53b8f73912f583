/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of thv-registry-sync. */
#ifndef SYNC_OPTIONS_H
#define SYNC_OPTIONS_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>

struct options {
	const char *config; /* borrowed from argv or the environment */
	char **names; /* of --source; the array is owned */
	size_t name_count;
	char **files; /* other arguments, of lint; borrowed from argv */
	size_t file_count;
	bool lint; /* the command lint, not a sync */
	/* 1 when given; int for getopt_long() */
	int force;
	int dry_run;
	int check;
	int watch;
	int verify;
	int rebuild;
	int json;
	int quiet;
	int verbose;
	int version;
	int help;
	int rules; /* of lint */
};

/* ERR_USAGE: an invalid option.  The caller calls options_free(). */
int options_parse(struct options *out, int argc, char **argv, struct err *e);
void options_free(struct options *o);

extern const char options_help[];
extern const char options_lint_help[];

#endif
