/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of rejected entries with the reasons, and notes about entries that
 * are served.  Inner part of lib/store/apply.c.
 */
#ifndef LIB_STORE_REJECT_H
#define LIB_STORE_REJECT_H

#include "lib/db/db.h"
#include "lib/document/catalog.h"

#include <stdbool.h>
#include <stdint.h>

struct reject {
	struct db *db;
	int64_t source;
	bool strict; /* the first one fails the source */
	bool silent; /* list nothing: entries were checked before */
	bool has_earlier; /* the list has rows of an earlier sync */
	int64_t ordinal; /* of the last row */
	int64_t rejected; /* all of them */
	int64_t listed; /* those with a row */
	int64_t notes; /* with a row */
};

struct reject_place {
	const char *document; /* NULL: the source has only one */
	const struct catalog_entry *entry;
};

/*
 * Empties the list.  With ${partial} reads its totals instead: rows of entries
 * that are not offered again stay.
 */
int reject_start(struct reject *r, bool partial, struct err *e);
int reject_entry(struct reject *r, const struct reject_place *place,
    const struct rules_problem *problem, struct err *e);
int reject_note(struct reject *r, const struct reject_place *place,
    const struct rules_problem *problem, struct err *e);
/* Lists ${document} as unreadable. */
int reject_document(
    struct reject *r, const char *document, const char *why, struct err *e);
/* Deletes the rows that an earlier sync wrote about ${entry}. */
int reject_delete(
    struct reject *r, const struct catalog_entry *entry, struct err *e);
/* Writes "servers/a.json: description: is required". */
void reject_text(char *into, size_t size, const struct reject_place *place,
    const struct rules_problem *problem);

#endif
