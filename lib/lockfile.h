/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock that prevents two syncs at a time: flock(2) on a file next to the
 * database.  The kernel releases it when its last descriptor is closed, even if
 * a process is killed.  A process that starts a sync may take the lock first
 * and pass it on as an open descriptor; the environment has its number.
 */
#ifndef LIB_LOCKFILE_H
#define LIB_LOCKFILE_H

#include "lib/err.h"

#include <stdint.h>

/* The decimal number of a descriptor that already holds the lock. */
#define LOCKFILE_VARIABLE "THV_REGISTRY_LOCK_FD"

/*
 * Takes the lock of ${database}; *${fd} holds it until it is closed, and is
 * closed on exec.  ERR_BUSY: another process holds it.  ERR_STORAGE: the file
 * cannot be created or opened.
 */
int lockfile_take(int *fd, const char *database, struct err *e);

/*
 * As lockfile_take(), unless LOCKFILE_VARIABLE is set: then the descriptor that
 * it names, which must be open on this file and hold the lock or be able to
 * take it.  Unsets the variable.  ERR_USAGE: the descriptor is not valid.
 */
int lockfile_adopt(int *fd, const char *database, struct err *e);

/*
 * Notes in the times of the file that a run which started at ${started_us} has
 * failed and could not be recorded in the database.  This works on a full disk,
 * and every user who may list the directory can read it.
 */
void lockfile_note(int fd, int64_t started_us);
/*
 * The last such note of ${database}: when the run started and ended; 0: none.
 * A note older than the last record in the database is obsolete.
 */
void lockfile_noted(
    int64_t *started_us, int64_t *ended_us, const char *database);

#endif
