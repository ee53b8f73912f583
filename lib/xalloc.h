/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation that never returns NULL.
 *
 * If memory runs out, the process prints a message and aborts: the supervisor
 * restarts it and SQLite rolls back.  Therefore every size from outside has a
 * limit in lib/limits.h.  Release the memory with free().
 */
#ifndef LIB_XALLOC_H
#define LIB_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
/* xrealloc() for ${count} elements of ${size}; aborts if that overflows. */
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
/* As xstrdup(); NULL for NULL. */
char *xstrdup_null(const char *s);
/* Overwrites ${text}, which may be secret, and frees it; NULL is allowed. */
void xwipe(char *text);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
