/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking a database: SQLite's own checks, every document against its digest,
 * and the derived tables against a second derivation.  And rebuilding it.
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
	AUDIT_FACTS, /* the tables of facts can be read */
	AUDIT_REFERENCES, /* every row that is referred to exists */
	AUDIT_DOCUMENTS, /* every document matches its digest */
	AUDIT_SOURCE_COUNTS,
	AUDIT_TEXTS, /* search text and facets of each version */
	AUDIT_HEADS, /* the newest version of each entry */
	AUDIT_ORDER, /* lists are sorted */
	AUDIT_MEMBERSHIP, /* what registries show */
	AUDIT_REGISTRY_COUNTS,
	AUDIT_INDEX, /* blocks and postings */
	AUDIT_CHECKS
};

struct audit_result {
	bool made; /* false: not made, because an earlier check failed */
	int64_t problems;
	char example[AUDIT_EXAMPLE]; /* of a problem */
};

struct audit {
	struct audit_result checks[AUDIT_CHECKS];
	int64_t documents; /* checked */
};

const char *audit_check_name(enum audit_check check);
/* Whether every check was made and found nothing. */
bool audit_is_clean(const struct audit *a);

/*
 * Checks the database ${path} as it is at one instant, without changing it or
 * blocking others.  Findings are in ${out}.  -1: it could not be checked.
 */
int audit_run(struct audit *out, const char *path, struct err *e);

/*
 * Writes a new database over ${path}: the same facts, new derived tables, and a
 * placeholder for each damaged document, whose source becomes due.  ${out} has
 * the findings about the old database.  -1, with nothing changed, if facts
 * cannot be read.  The caller holds the sync lock.
 */
int audit_rebuild(struct audit *out, const char *path, struct err *e);

#endif
