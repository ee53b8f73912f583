/* SPDX-License-Identifier: Apache-2.0 */
/* The arena behind jansson while an entry is parsed and checked. */
#include "sync/rules_arena.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#define ALIGNMENT ((size_t)16)
/* A block that was used further than this is given back to the system. */
#define KEPT (4 * MIB)

struct rules_arena {
	char *block; /* pages of it exist only once they are written to */
	size_t used;
	size_t max;
};

static _Thread_local struct rules_arena *in_use;

static void *
allocate(size_t size)
{
	struct rules_arena *a = in_use;
	void *p;

	if (a == NULL)
		return malloc(size);
	if (size > a->max - a->used)
		return NULL;
	p = a->block + a->used;
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	a->used = size > a->max - a->used ? a->max : a->used + size;
	return p;
}

static void
release(void *p)
{
	const struct rules_arena *a = in_use;

	/* Pointers of different objects compare only as numbers. */
	if (a != NULL && (uintptr_t)p >= (uintptr_t)a->block &&
	    (uintptr_t)p < (uintptr_t)a->block + a->max)
		return;
	free(p);
}

struct rules_arena *
rules_arena_new(size_t max)
{
	struct rules_arena *a = xcalloc(1, sizeof *a);

	a->max = max;
	a->block = xmalloc(max);
	json_set_alloc_funcs(allocate, release);
	return a;
}

void
rules_arena_free(struct rules_arena *a)
{
	if (a == NULL)
		return;
	free(a->block);
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
	if (a->used > KEPT) {
		free(a->block);
		a->block = xmalloc(a->max);
	}
	a->used = 0;
}
