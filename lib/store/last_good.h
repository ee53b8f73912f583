/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping the last good version of what is rejected.  While documents are read,
 * rejected entries and unreadable files are noted in a temporary table; then
 * the stored versions of these are marked as seen, so that none is removed.
 * Inner part of lib/store/apply.c.
 */
#ifndef LIB_STORE_LAST_GOOD_H
#define LIB_STORE_LAST_GOOD_H

#include "lib/db/db.h"
#include "lib/document/catalog.h"

#include <stdbool.h>
#include <stdint.h>

struct last_good {
	struct db *db;
	int64_t source;
	bool any; /* something was noted */
};

/* Forgets all notes, those of an earlier source as well. */
int last_good_clear(struct last_good *s, struct err *e);
/* Keeps all that is stored of an unreadable file. */
int last_good_keep_file(struct last_good *s, const char *file, struct err *e);
/*
 * Keeps the stored version of a rejected entry, whose name is known; if there
 * is none, the newest version of that name unless the source offers another
 * one.
 */
int last_good_keep_entry(
    struct last_good *s, const struct catalog_entry *entry, struct err *e);
/* Marks what is kept as seen: ${count} versions. */
int last_good_mark_seen(int64_t *count, struct last_good *s, struct err *e);

#endif
