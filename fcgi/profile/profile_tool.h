/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gperftools, which is not linked: a process that is to be profiled has it put
 * before its own libraries, and finds it there by name.  So a program that is
 * not profiled has nothing of it, and it need not be installed.
 */
#ifndef FCGI_PROFILE_PROFILE_TOOL_H
#define FCGI_PROFILE_PROFILE_TOOL_H

#include "lib/err.h"

#include <stdbool.h>

/*
 * Starts this program anew with gperftools, in the same process, unless it is
 * there already.  Comes back then, or when that fails.  ${heap}: with what
 * watches the heap, which is another allocator, and makes each allocation dear.
 */
void profile_tool_load(char **argv, bool heap);

/* ERR_UNAVAILABLE, with words for whoever set this up: it is not there. */
int profile_tool_find(bool heap, struct err *e);

/* All below need profile_tool_find() to have found it. */

/* Notes each piece of memory that is allocated from now on. */
void profile_tool_watch_heap(void);
/* To be called before the end, or it leaves a file somewhere. */
void profile_tool_leave_heap(void);
/* What is allocated, as text; freed with free(). */
char *profile_tool_heap(void);

/* Takes samples of this process's CPU time, until it is told to stop. */
int profile_tool_start_cpu(const char *path, struct err *e);
void profile_tool_stop_cpu(void);

#endif
