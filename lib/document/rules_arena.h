/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for one parsed entry: handed out from the front of a few large chunks,
 * taken back all at once.
 *
 * jansson takes its memory through two functions that are set for the whole
 * process.  rules_arena_new() sets them to a pair that hands out from the
 * arena in use on the calling thread and behaves as malloc() and free() where
 * none is in use, so other users of jansson see no difference, whether their
 * values were made before or after.  A json_t made in an arena must not be
 * released outside of it, and need not be at all.
 */
#ifndef LIB_DOCUMENT_RULES_ARENA_H
#define LIB_DOCUMENT_RULES_ARENA_H

#include <stddef.h>

struct rules_arena;

/* An arena whose chunks take at most ${max} bytes.  Never NULL. */
struct rules_arena *rules_arena_new(size_t max);
void rules_arena_free(struct rules_arena *a); /* NULL is allowed */

/* Makes ${a} the source of jansson's memory until it is left. */
void rules_arena_enter(struct rules_arena *a);
void rules_arena_leave(void);

/* Takes everything back and keeps the first chunk. */
void rules_arena_reset(struct rules_arena *a);

#endif
