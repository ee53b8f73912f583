/* SPDX-License-Identifier: Apache-2.0 */
/* The arena behind jansson while an entry is parsed and checked. */
#include "lib/document/rules_arena.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define ALIGNMENT ((size_t)16)
#define FIRST_CHUNK (256 * KIB)
#define CHUNKS 32 /* each at least twice as large as the one before */

struct chunk {
	char *data;
	size_t size;
};

struct rules_arena {
	struct chunk chunks[CHUNKS];
	size_t count; /* the last one is handed out from */
	size_t used; /* of the last one */
	size_t total; /* size of all chunks */
	size_t max; /* of total */
};

static _Thread_local struct rules_arena *in_use;

static bool
add_chunk(struct rules_arena *a, size_t least)
{
	size_t size = FIRST_CHUNK << a->count;

	if (size < least)
		size = least;
	if (a->count == CHUNKS || size > a->max - a->total)
		return false;
	a->chunks[a->count++] = (struct chunk){ xmalloc(size), size };
	a->total += size;
	a->used = 0;
	return true;
}

static void *
allocate(size_t size)
{
	struct rules_arena *a = in_use;
	struct chunk *last;
	void *p;

	if (a == NULL)
		return malloc(size);
	if (size > a->max)
		return NULL;
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	last = &a->chunks[a->count - 1];
	if (size > last->size - a->used) {
		if (!add_chunk(a, size))
			return NULL;
		last++;
	}
	p = last->data + a->used;
	a->used += size;
	return p;
}

static void
release(void *p)
{
	const struct rules_arena *a = in_use;

	/* Pointers of different objects compare only as numbers. */
	for (size_t i = 0; a != NULL && i < a->count; i++) {
		if ((uintptr_t)p - (uintptr_t)a->chunks[i].data <
		    a->chunks[i].size)
			return;
	}
	free(p);
}

struct rules_arena *
rules_arena_new(size_t max)
{
	struct rules_arena *a = xcalloc(1, sizeof *a);

	a->max = max > FIRST_CHUNK ? max : FIRST_CHUNK;
	add_chunk(a, 0);
	json_set_alloc_funcs(allocate, release);
	return a;
}

void
rules_arena_free(struct rules_arena *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->count; i++)
		free(a->chunks[i].data);
	free(a);
}

void
rules_arena_enter(struct rules_arena *a)
{
	in_use = a;
}

void
rules_arena_leave(void)
{
	in_use = NULL;
}

void
rules_arena_reset(struct rules_arena *a)
{
	while (a->count > 1) {
		a->count--;
		a->total -= a->chunks[a->count].size;
		free(a->chunks[a->count].data);
	}
	a->used = 0;
}
