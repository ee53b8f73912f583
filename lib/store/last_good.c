/* SPDX-License-Identifier: Apache-2.0 */
/* A list of hashes, sorted when it is complete. */
#include "lib/store/last_good.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <stdlib.h>

#define KIND_FILE 0 /* in the place of an entry's kind */

/* FNV-1a over the bytes and the NUL of ${text}. */
static uint64_t
mix(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	while (*text++ != '\0');
	return hash;
}

static uint64_t
hash_of(int kind, const char *name, const char *version)
{
	uint64_t hash =
	    mix(UINT64_C(0xcbf29ce484222325) + (uint64_t)kind, name);

	return version == NULL ? hash : mix(hash, version);
}

void
last_good_free(struct last_good *s)
{
	free(s->hashes);
	*s = (struct last_good){ 0 };
}

void
last_good_undo(struct last_good *s, const struct last_good *earlier)
{
	s->count = earlier->count;
	s->any_file = earlier->any_file;
	s->overflows = earlier->overflows;
}

static void
add(struct last_good *s, uint64_t hash)
{
	if (s->count == LIMIT_REJECTED_NAMES) {
		s->overflows = true;
		return;
	}
	if (s->count == s->room) {
		s->room = s->room == 0 ? 64 : s->room * 2;
		s->hashes =
		    xreallocarray(s->hashes, s->room, sizeof *s->hashes);
	}
	s->hashes[s->count++] = hash;
}

void
last_good_add_file(struct last_good *s, const char *file)
{
	s->any_file = true;
	add(s, hash_of(KIND_FILE, file, NULL));
}

void
last_good_add_entry(struct last_good *s, enum entry_kind kind, const char *name,
    const char *version)
{
	add(s, hash_of((int)kind, name, NULL));
	if (version != NULL)
		add(s, hash_of((int)kind, name, version));
}

static int
compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

void
last_good_sort(struct last_good *s)
{
	if (s->count > 0)
		qsort(s->hashes, s->count, sizeof *s->hashes, compare);
}

static bool
has(const struct last_good *s, uint64_t hash)
{
	return s->overflows ||
	       (s->count > 0 && bsearch(&hash, s->hashes, s->count,
				    sizeof *s->hashes, compare) != NULL);
}

bool
last_good_has(const struct last_good *s, enum entry_kind kind, const char *name,
    const char *version, const char *file)
{
	/* Rows of an earlier program do not name their file. */
	if (s->any_file &&
	    (file == NULL || has(s, hash_of(KIND_FILE, file, NULL))))
		return true;
	return has(s, hash_of((int)kind, name, version));
}

bool
last_good_has_name(
    const struct last_good *s, enum entry_kind kind, const char *name)
{
	return has(s, hash_of((int)kind, name, NULL));
}
