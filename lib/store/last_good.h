/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of what is rejected, so that the last good version of it stays: of
 * entries, and of files that could not be read.  Only hashes are kept, as
 * there may be millions of names; two of the same hash make a version stay that
 * would have been removed.
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
/* Takes back what was added since ${s} was copied to ${earlier}. */
void last_good_undo(struct last_good *s, const struct last_good *earlier);
/* A file, all that is stored of which stays. */
void last_good_add_file(struct last_good *s, const char *file);
/* A rejected entry; ${version} is NULL when it could not be read. */
void last_good_add_entry(struct last_good *s, enum entry_kind kind,
    const char *name, const char *version);

/* Call it when all were added, before asking. */
void last_good_sort(struct last_good *s);
/* Whether ${version} of an entry, or ${file} where it stood, was added. */
bool last_good_has(const struct last_good *s, enum entry_kind kind,
    const char *name, const char *version, const char *file);
bool last_good_has_name(
    const struct last_good *s, enum entry_kind kind, const char *name);

#endif
