/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a forked process that talks to strangers gives up first: the parent's
 * descriptors, its terminal and its signal handlers, and outliving it.
 */
#ifndef SYNC_FETCH_PROCESS_H
#define SYNC_FETCH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Call first thing in the child of ${parent}.  Afterwards it leads a session,
 * so that one kill reaches its group; of all descriptors only standard error
 * and the ${count} ones at ${keep} are open; signals do what they do by
 * default, but SIGPIPE is ignored.  When the parent has gone, the process ends;
 * when it goes later, the process is killed (on Linux).
 */
void fetch_process_isolate(pid_t parent, const int *keep, size_t count);

/*
 * Kills the child ${pid} with its group and waits for it; the status is
 * waitpid()'s.
 */
int fetch_process_end(pid_t pid);

/*
 * Makes this process the one that inherits orphans below it, which is what a
 * killed child leaves.  The other takes away those that have ended, and returns
 * whether some have not; call it when no child is waited for.
 */
void fetch_process_adopt(void);
bool fetch_process_reap(void);

#endif
