/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and opening directories. */
#ifndef SYNC_FETCH_DIRECTORY_H
#define SYNC_FETCH_DIRECTORY_H

#include "lib/err.h"

/*
 * Calls ${visit} for each entry of the directory ${path}, relative to the open
 * directory ${base} (AT_FDCWD: to the working directory), which is open as
 * ${fd}.  ${flags} may be O_NOFOLLOW: then ${path} must not be a link.  Stops
 * when ${visit} returns -1.  0; or -1, with errno if ${visit} did not return
 * it.
 */
int directory_each(int base, const char *path, int flags,
    int (*visit)(void *ctx, int fd, const char *name), void *ctx);

/*
 * Removes the entry ${name} of the directory behind ${fd}, with all that it
 * holds: 0, or -1 with errno.
 */
int directory_remove(int fd, const char *name);
/* Removes all that the directory behind ${fd} holds: 0, or -1 with errno. */
int directory_empty(int fd);

/*
 * Opens the directory ${path}, which is created if it is missing, and closes it
 * to other users.  ERR_FETCH when it is a link, not a directory, or belongs to
 * another user.  The caller closes *${fd}.
 */
int directory_open_own(int *fd, const char *path, struct err *e);

#endif
