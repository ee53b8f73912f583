/* SPDX-License-Identifier: Apache-2.0 */
/* The lock that keeps two syncs apart. */
#include "sync/lock.h"

#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

int
lock_take(int *fd, const char *database, struct err *e)
{
	char *path = xasprintf("%s.lock", database);
	int file, rc = -1;

	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (file == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	if (flock(file, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			err_set(e, ERR_BUSY, "another sync is running");
		else
			err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	*fd = file;
	file = -1;
	rc = 0;
out:
	if (file != -1)
		close(file);
	free(path);
	return rc;
}

void
lock_release(int fd)
{
	if (fd != -1)
		close(fd);
}
