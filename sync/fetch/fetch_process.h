/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a process that connects to other machines.  It keeps neither the
 * parent's descriptors nor its terminal nor its signal handlers, and does not
 * outlive it.
 */
#ifndef SYNC_FETCH_FETCH_PROCESS_H
#define SYNC_FETCH_FETCH_PROCESS_H

#include "lib/err.h"

#include <stddef.h>
#include <sys/types.h>

/* Exit status of a process that cannot close the parent's descriptors. */
#define FETCH_PROCESS_NOT_CLOSED 71

struct fetch_process {
	pid_t pid; /* 0 in the process itself */
	int fd; /* of the pipe: the process writes, the parent reads */
};

/*
 * Starts a process with a pipe to this one.  The process leads a session, so
 * that one kill reaches its group.  Only standard error, its end of the pipe
 * and
 * ${keep} are open.  Signals have their default actions, but SIGPIPE is
 * ignored. On Linux it is killed when the parent exits.  The parent closes its
 * end of the pipe and calls fetch_process_end().
 */
int fetch_process_start(struct fetch_process *p, int keep, struct err *e);

/*
 * Kills the child ${pid} with its group and waits for it; the status is
 * waitpid()'s.
 */
int fetch_process_end(pid_t pid);

/*
 * Makes this process the parent of orphaned descendants, which a killed child
 * leaves behind.
 */
void fetch_process_adopt(void);
/*
 * Reaps processes that have exited.  Not to be called while there is a child
 * that fetch_process_end() will wait for.
 */
void fetch_process_reap(void);

#endif
