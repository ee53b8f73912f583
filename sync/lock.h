/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sync at a time: an advisory lock on a file beside the database.  The
 * kernel releases it when the process ends, however it ends.
 */
#ifndef SYNC_LOCK_H
#define SYNC_LOCK_H

#include "lib/err.h"

/*
 * Takes the lock for ${database}, or takes over the descriptor of it that the
 * environment names (lib/lockfile.h).  On success *${fd} is held until it is
 * closed.  ERR_BUSY: another process has it.  ERR_USAGE: what the environment
 * names is not this database's lock.
 */
int lock_take(int *fd, const char *database, struct err *e);
void lock_release(int fd);

#endif
