/* SPDX-License-Identifier: Apache-2.0 */
/* Taking the lock of a database, or adopting one from the environment. */
#include "lib/lockfile.h"

#include "lib/clock.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Only the user of the sync may open the file: any process that can open it
 * could hold the lock and prevent every sync.
 */
#define LOCK_MODE 0600

static char *
path_of(const char *database)
{
	return xasprintf("%s.lock", database);
}

/* Another program may have created the file with other permissions. */
static int
restrict_mode(int file, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(file, &st) == 0 && (st.st_mode & 07777) == LOCK_MODE)
		return 0;
	if (fchmod(file, LOCK_MODE) == 0 || errno == EPERM)
		return 0;
	err_set_errno(e, ERR_STORAGE, errno, "%s", path);
	return -1;
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

/* In a new file, the times say that there is no note. */
static int
open_or_create(const char *path)
{
	static const struct timespec never[2] = { { 0 }, { 0 } };
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
	int file = open(path, flags);

	if (file == -1 && errno == ENOENT) {
		file = open(path, flags | O_CREAT, LOCK_MODE);
		if (file != -1)
			(void)futimens(file, never);
	}
	return file;
}

int
lockfile_take(int *fd, const char *database, struct err *e)
{
	char *path = path_of(database);
	int file, rc = -1;

	file = open_or_create(path);
	if (file == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	if (restrict_mode(file, path, e) == -1 || lock(file, path, e) == -1)
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

/* The number of a descriptor that may have been inherited, or -1. */
static int
parse_descriptor(const char *text)
{
	char *end;
	long number;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtol(text, &end, 10);
	if (*end != '\0' || errno != 0 || number <= STDERR_FILENO ||
	    number > INT_MAX)
		return -1;
	return (int)number;
}

static int
check_inherited(int file, const char *path, struct err *e)
{
	struct stat mine, there;

	if (file == -1) {
		err_set(e, ERR_USAGE, "invalid descriptor number");
		return -1;
	}
	if (fstat(file, &mine) == -1) {
		err_set_errno(e, ERR_USAGE, errno, "not an open descriptor");
		return -1;
	}
	if (lstat(path, &there) == -1 || !S_ISREG(mine.st_mode) ||
	    mine.st_dev != there.st_dev || mine.st_ino != there.st_ino) {
		err_set(e, ERR_USAGE, "not open on %s", path);
		return -1;
	}
	/* Succeeds if this descriptor holds the lock, or takes it. */
	if (flock(file, LOCK_EX | LOCK_NB) == -1) {
		err_set_errno(e, ERR_USAGE, errno, "does not hold the lock");
		return -1;
	}
	if (fcntl(file, F_SETFD, FD_CLOEXEC) == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		return -1;
	}
	return 0;
}

int
lockfile_adopt(int *fd, const char *database, struct err *e)
{
	const char *variable = getenv(LOCKFILE_VARIABLE);
	char *path, *inherited;
	int file, rc = -1;

	if (variable == NULL)
		return lockfile_take(fd, database, e);
	inherited = xstrdup(variable);
	/*
	 * The variable is valid once: this process may release the lock and
	 * take it again, and programs that it starts must not inherit it.
	 */
	unsetenv(LOCKFILE_VARIABLE);
	path = path_of(database);
	file = parse_descriptor(inherited);
	if (check_inherited(file, path, e) == -1) {
		err_wrap(e, LOCKFILE_VARIABLE "=%.40s", inherited);
		goto out;
	}
	*fd = file;
	rc = 0;
out:
	free(inherited);
	free(path);
	return rc;
}

void
lockfile_note(int fd, int64_t started_us)
{
	const struct timespec times[2] = {
		{ .tv_sec = started_us / CLOCK_SECOND,
		    .tv_nsec = started_us % CLOCK_SECOND * 1000 },
		{ .tv_nsec = UTIME_NOW },
	};

	/* If this fails too, /registry/status still shows overdue sources. */
	(void)futimens(fd, times);
}

static int64_t
microseconds(const struct timespec *t)
{
	return t->tv_sec * CLOCK_SECOND + t->tv_nsec / 1000;
}

void
lockfile_noted(int64_t *started_us, int64_t *ended_us, const char *database)
{
	char *path = path_of(database);
	struct stat st;

	*started_us = *ended_us = 0;
	if (stat(path, &st) == 0) {
		*started_us = microseconds(&st.st_atim);
		*ended_us = microseconds(&st.st_mtim);
	}
	free(path);
}
