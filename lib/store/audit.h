/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a database is as it should be: SQLite's own checks, every document
 * against its digest, and all that is derived against the same made anew.  And
 * making it so again.
 */
#ifndef LIB_STORE_AUDIT_H
#define LIB_STORE_AUDIT_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

#define AUDIT_EXAMPLE 400

/* In the order in which they are made; each needs those before it. */
enum audit_check {
	AUDIT_PAGES, /* the file and its indexes */
	AUDIT_FACTS, /* tables that cannot be made anew can be read */
	AUDIT_REFERENCES, /* no row refers to one that is not there */
	AUDIT_DOCUMENTS, /* every document has the digest it came with */
	AUDIT_SOURCE_COUNTS,
	AUDIT_TEXTS, /* what is searched and filtered by, per version */
	AUDIT_HEADS, /* the newest version of each entry */
	AUDIT_ORDER, /* lists are sorted */
	AUDIT_MEMBERSHIP, /* what registries show */
	AUDIT_REGISTRY_COUNTS,
	AUDIT_INDEX, /* what filters and searches ask */
	AUDIT_CHECKS
};

struct audit_result {
	bool made; /* false: what it needs could not be read */
	int64_t problems;
	char example[AUDIT_EXAMPLE]; /* of a problem */
};

struct audit {
	struct audit_result checks[AUDIT_CHECKS];
	int64_t documents; /* looked at */
};

const char *audit_check_name(enum audit_check check);
/* Whether every check was made and found nothing. */
bool audit_is_clean(const struct audit *a);

/*
 * Looks at the database ${path}, as it is at one instant, without changing or
 * holding up anything.  -1: it could not be looked at at all; what is wrong
 * with it is in ${out}.
 */
int audit_run(struct audit *out, const char *path, struct err *e);

/*
 * Writes a new database with the same facts over ${path}, all that is derived
 * made anew, and a stand-in for each document that is damaged; sources of these
 * become due.  ${out} says what was wrong before.  -1, with nothing changed,
 * when facts cannot be read.  The caller holds the sync lock.
 */
int audit_rebuild(struct audit *out, const char *path, struct err *e);

#endif
