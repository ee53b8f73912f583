/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock that keeps two syncs apart: flock(2) on a file beside the database.
 * The kernel gives it up when the last descriptor of it is closed, however its
 * processes end.  Who starts a sync may take the lock first and hand it over
 * as an open descriptor, whose number the environment tells.
 */
#ifndef LIB_LOCKFILE_H
#define LIB_LOCKFILE_H

#include "lib/err.h"

#include <stdint.h>

/* The number, in decimal, of a descriptor that holds the lock already. */
#define LOCKFILE_VARIABLE "THV_REGISTRY_LOCK_FD"

/*
 * Takes the lock of ${database}; *${fd} holds it until it is closed and is not
 * inherited by programs.  ERR_BUSY: another process has it.  ERR_STORAGE: the
 * file cannot be made or opened.
 */
int lockfile_take(int *fd, const char *database, struct err *e);

/*
 * As lockfile_take(), unless LOCKFILE_VARIABLE is set: then the descriptor that
 * it names, which must be open on this very file and hold the lock or be able
 * to take it.  Unsets the variable.  ERR_USAGE: it is not; the text says why.
 */
int lockfile_adopt(int *fd, const char *database, struct err *e);

/*
 * Notes in the times of the file that a run, which began at ${started_us}, has
 * failed now and could not be recorded in the database.  A disk that is full
 * still takes that, and every user who may list the directory can see it.
 */
void lockfile_note(int fd, int64_t started_us);
/*
 * The last such note of ${database}: when the run began and ended; 0 for none.
 * One that is older than the last record is history.
 */
void lockfile_noted(
    int64_t *started_us, int64_t *ended_us, const char *database);

#endif
