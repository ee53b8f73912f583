/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator of SQLite.
 *
 * Debian builds SQLite without lookaside, so every step of a statement would
 * call malloc().  This allocator rounds sizes up to classes and keeps
 * freed blocks in one list per class; after a few requests a responder uses
 * only those.  There is one thread and no lock.
 *
 * It makes a request for one version 3.8 % cheaper (bench/RESULTS.md).
 */
#include "lib/db/db_private.h"

#include <stdlib.h>
#include <string.h>

/*
 * Classes are 64 bytes to 64 KiB with four steps to each doubling, so that a
 * page with the data that SQLite adds to it does not use twice the memory.
 * Larger blocks go to malloc() and free().
 */
#define POOL_SMALLEST_SHIFT 6
#define POOL_LARGEST_SHIFT 16
#define POOL_CLASSES (4 * (POOL_LARGEST_SHIFT - POOL_SMALLEST_SHIFT) + 1)
#define POOL_HEADER 16 /* keeps the alignment malloc gives */

struct block {
	size_t size; /* usable bytes after the header */
	struct block *next;
};

static struct block *free_lists[POOL_CLASSES];

/* The class for ${size}, or POOL_CLASSES when it is too large for any. */
static unsigned
class_of(size_t size)
{
	unsigned last, shift;

	if (size <= (size_t)1 << POOL_SMALLEST_SHIFT)
		return 0;
	if (size > (size_t)1 << POOL_LARGEST_SHIFT)
		return POOL_CLASSES;
	last = (unsigned)size - 1;
	shift = 31 - (unsigned)__builtin_clz(last);
	return 4 * (shift - POOL_SMALLEST_SHIFT) + (last >> (shift - 2)) - 3;
}

static size_t
size_of(unsigned class)
{
	unsigned steps = class + 3;

	return (size_t)(steps % 4 + 5) << (steps / 4 + POOL_SMALLEST_SHIFT - 3);
}

static struct block *
block_of(void *p)
{
	return (struct block *)(void *)((char *)p - POOL_HEADER);
}

static int
pool_roundup(int size)
{
	unsigned class = class_of((size_t)size);

	return class == POOL_CLASSES ? (size + 7) & ~7 : (int)size_of(class);
}

static void *
pool_malloc(int size)
{
	unsigned class = class_of((size_t)size);
	struct block *b;

	if (class < POOL_CLASSES && free_lists[class] != NULL) {
		b = free_lists[class];
		free_lists[class] = b->next;
		return (char *)b + POOL_HEADER;
	}
	b = malloc((size_t)pool_roundup(size) + POOL_HEADER);
	if (b == NULL)
		return NULL;
	b->size = (size_t)pool_roundup(size);
	return (char *)b + POOL_HEADER;
}

static void
pool_free(void *p)
{
	struct block *b;
	unsigned class;

	if (p == NULL)
		return;
	b = block_of(p);
	class = class_of(b->size);
	if (class == POOL_CLASSES) {
		free(b);
		return;
	}
	b->next = free_lists[class];
	free_lists[class] = b;
}

static int
pool_size(void *p)
{
	return p == NULL ? 0 : (int)block_of(p)->size;
}

static void *
pool_realloc(void *p, int size)
{
	void *grown;

	if (pool_size(p) >= size)
		return p;
	grown = pool_malloc(size);
	if (grown == NULL)
		return NULL;
	memcpy(grown, p, (size_t)pool_size(p));
	pool_free(p);
	return grown;
}

static int
pool_init(void *unused)
{
	(void)unused;
	return SQLITE_OK;
}

static void
pool_shutdown(void *unused)
{
	(void)unused;
}

void
db_use_one_thread(void)
{
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

void
db_use_pool(void)
{
	static const struct sqlite3_mem_methods methods = {
		.xMalloc = pool_malloc,
		.xFree = pool_free,
		.xRealloc = pool_realloc,
		.xSize = pool_size,
		.xRoundup = pool_roundup,
		.xInit = pool_init,
		.xShutdown = pool_shutdown,
	};

	db_use_one_thread();
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
