/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of rejected entries and of unreadable files, whose stored versions
 * stay.  Only hashes are kept, because there may be millions of names.  If two
 * names have the same hash, a version stays that should have been removed.
 */
#ifndef LIB_STORE_LAST_GOOD_H
#define LIB_STORE_LAST_GOOD_H

#include "lib/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed, it is empty. */
struct last_good {
	uint64_t *hashes;
	size_t count;
	size_t room;
	bool any_file;
	bool overflows; /* too many: everything stays */
};

void last_good_free(struct last_good *s); /* the members */
/* Removes what was added since ${s} was copied to ${earlier}. */
void last_good_undo(struct last_good *s, const struct last_good *earlier);
/* Adds a file of which all stored versions stay. */
void last_good_add_file(struct last_good *s, const char *file);
/* Adds a rejected entry; ${version} is NULL if it could not be read. */
void last_good_add_entry(struct last_good *s, enum entry_kind kind,
    const char *name, const char *version);

/* Call it after the last addition, before the functions below. */
void last_good_sort(struct last_good *s);
/* Whether ${version} of the entry was added, or ${file}, which it came from. */
bool last_good_has(const struct last_good *s, enum entry_kind kind,
    const char *name, const char *version, const char *file);
bool last_good_has_name(
    const struct last_good *s, enum entry_kind kind, const char *name);

#endif
