/* SPDX-License-Identifier: Apache-2.0 */
/* The sync's side of the lock: handed over by a trigger, or taken. */
#include "sync/lock.h"

#include "lib/lockfile.h"

#include <stdlib.h>
#include <unistd.h>

int
lock_take(int *fd, const char *database, struct err *e)
{
	int rc = -1;

	if (lockfile_adopt(fd, getenv(LOCKFILE_VARIABLE), database, e) == -1)
		goto out;
	rc = 0;
out:
	/*
	 * What it says is true once: the lock may be released and taken again,
	 * and what this process starts has no business with it.
	 */
	unsetenv(LOCKFILE_VARIABLE);
	return rc;
}

void
lock_release(int fd)
{
	if (fd != -1)
		close(fd);
}
