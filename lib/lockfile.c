/* SPDX-License-Identifier: Apache-2.0 */
/* Taking the lock of a database, and taking one over. */
#include "lib/lockfile.h"

#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_MODE 0644

static char *
path_of(const char *database)
{
	return xasprintf("%s.lock", database);
}

static int
lock(int file, const char *path, struct err *e)
{
	if (flock(file, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		err_set(e, ERR_BUSY, "another sync is running");
	else
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
	return -1;
}

int
lockfile_take(int *fd, const char *database, struct err *e)
{
	char *path = path_of(database);
	int file, rc = -1;

	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, LOCK_MODE);
	if (file == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	if (lock(file, path, e) == -1)
		goto out;
	*fd = file;
	file = -1;
	rc = 0;
out:
	if (file != -1)
		close(file);
	free(path);
	return rc;
}

/* Whether ${text} is the number of an open descriptor of ${path}. */
static bool
is_descriptor_of(int *fd, const char *text, const char *path)
{
	struct stat mine, there;
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 ||
	    number <= STDERR_FILENO || number > INT_MAX ||
	    fstat((int)number, &mine) == -1 || stat(path, &there) == -1)
		return false;
	*fd = (int)number;
	return mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

int
lockfile_adopt(
    int *fd, const char *inherited, const char *database, struct err *e)
{
	char *path = path_of(database);
	int file = -1, rc = -1;

	if (inherited == NULL || !is_descriptor_of(&file, inherited, path)) {
		free(path);
		return lockfile_take(fd, database, e);
	}
	/* Changes nothing when it is held, and takes it when it was not. */
	if (lock(file, path, e) == -1)
		goto out;
	if (fcntl(file, F_SETFD, FD_CLOEXEC) == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	*fd = file;
	rc = 0;
out:
	free(path);
	return rc;
}
