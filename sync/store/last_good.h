/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last good version of what was rejected stays: notes on entries and files
 * while they are read, and afterwards what is stored of them, marked as seen.
 * Inner part of sync/store/apply.c.
 */
#ifndef SYNC_LAST_GOOD_H
#define SYNC_LAST_GOOD_H

#include "lib/db.h"
#include "sync/document/catalog.h"

#include <stdbool.h>
#include <stdint.h>

struct last_good {
	struct db *db;
	int64_t source;
	bool any; /* something was noted */
};

/* Forgets all notes, those of an earlier source as well. */
int last_good_clear(struct last_good *s, struct err *e);
/* Notes a file that could not be read: all that is stored of it stays. */
int last_good_keep_file(struct last_good *s, const char *file, struct err *e);
/*
 * Notes an entry whose name is known: its version stays if it is stored, else
 * the newest one unless another of the name is offered.
 */
int last_good_keep_entry(
    struct last_good *s, const struct catalog_entry *entry, struct err *e);
/* Marks what stays as offered; ${count} versions that were not. */
int last_good_mark_seen(int64_t *count, struct last_good *s, struct err *e);

#endif
