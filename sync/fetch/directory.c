/* SPDX-License-Identifier: Apache-2.0 */
/* One loop over directories, for lists of files, caches and watches. */
#include "sync/fetch/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper than any directory of a bare repository. */
#define REMOVE_DEPTH 64

int
directory_each(int base, const char *path, int flags,
    int (*visit)(void *ctx, int fd, const char *name), void *ctx)
{
	int fd = openat(base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int rc = -1, number;

	if (dir == NULL)
		goto out;
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    visit(ctx, fd, entry->d_name) == -1)
			goto out;
	}
	if (errno != 0)
		goto out;
	rc = 0;
out:
	number = errno;
	if (dir != NULL)
		closedir(dir);
	else if (fd != -1)
		close(fd);
	errno = number;
	return rc;
}

static int
remove_entry(void *ctx, int fd, const char *name)
{
	const int *depth = ctx;
	int below = *depth + 1;

	if (unlinkat(fd, name, 0) == 0)
		return 0;
	if ((errno != EISDIR && errno != EPERM) || below > REMOVE_DEPTH ||
	    directory_each(fd, name, O_NOFOLLOW, remove_entry, &below) == -1)
		return -1;
	return unlinkat(fd, name, AT_REMOVEDIR);
}

int
directory_remove(int fd, const char *name)
{
	int depth = 0;

	return remove_entry(&depth, fd, name);
}

int
directory_empty(int fd)
{
	int depth = 0;

	return directory_each(fd, ".", O_NOFOLLOW, remove_entry, &depth);
}

int
directory_open_own(int *fd, const char *path, struct err *e)
{
	struct stat st;
	int rc = -1;

	*fd = -1;
	if (mkdir(path, 0700) == -1 && errno != EEXIST) {
		err_set_errno(e, ERR_FETCH, errno,
		    "failed to make cache directory %s", path);
		goto out;
	}
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd == -1 || fstat(*fd, &st) == -1) {
		err_set_errno(e, ERR_FETCH, errno,
		    "failed to open cache directory %s", path);
		goto out;
	}
	if (st.st_uid != geteuid()) {
		err_set(e, ERR_FETCH,
		    "cache directory %s belongs to user id %ld, not to %ld",
		    path, (long)st.st_uid, (long)geteuid());
		goto out;
	}
	if ((st.st_mode & 077) != 0 && fchmod(*fd, 0700) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to protect %s", path);
		goto out;
	}
	rc = 0;
out:
	if (rc == -1 && *fd != -1) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}
