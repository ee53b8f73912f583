/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gperftools, which is not linked: a program that is to be profiled preloads it
 * and finds its functions by name.  So it costs nothing where it is not used,
 * and need not be installed.
 */
#ifndef FCGI_PROFILE_PROFILE_TOOL_H
#define FCGI_PROFILE_PROFILE_TOOL_H

#include "lib/err.h"

#include <stdbool.h>

/*
 * Restarts this program with gperftools, in the same process, unless it is
 * loaded already.  Returns in that case, or if the restart fails.  ${heap}:
 * with the allocator that watches the heap, which makes each allocation
 * expensive.
 */
void profile_tool_load(char **argv, bool heap);

/* ERR_UNAVAILABLE: it is not loaded; the text says which package to install. */
int profile_tool_find(bool heap, struct err *e);

/* The functions below need a successful profile_tool_find(). */

/* Records allocations from now on. */
void profile_tool_watch_heap(void);
/* To be called before exit, or gperftools writes a file. */
void profile_tool_leave_heap(void);
/* What is allocated, as text; freed with free(). */
char *profile_tool_heap(void);

/* Samples this process's CPU time until profile_tool_stop_cpu(). */
int profile_tool_start_cpu(const char *path, struct err *e);
void profile_tool_stop_cpu(void);

#endif
