/* SPDX-License-Identifier: Apache-2.0 */
/* Making, protecting and removing the cache directories of sources. */
#include "sync/fetch/fetch_cache.h"

#include "lib/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Follows the name of a source; no entry of an earlier layout ends so. */
#define SUFFIX ".d"
/* Deeper than any directory of a bare repository. */
#define REMOVE_DEPTH 64

int
fetch_cache_each(int dirfd, const char *path,
    int (*visit)(void *ctx, int fd, const char *name), void *ctx)
{
	int fd = openat(
	    dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int rc = -1;

	if (dir == NULL)
		goto out;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    visit(ctx, fd, entry->d_name) == -1)
			goto out;
	}
	rc = 0;
out:
	if (dir != NULL)
		closedir(dir);
	else if (fd != -1)
		close(fd);
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
	    fetch_cache_each(fd, name, remove_entry, &below) == -1)
		return -1;
	return unlinkat(fd, name, AT_REMOVEDIR);
}

int
fetch_cache_empty(int fd)
{
	int depth = 0;

	return fetch_cache_each(fd, ".", remove_entry, &depth);
}

int
fetch_cache_own(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to look at %s", path);
		return -1;
	}
	if (st.st_uid != geteuid()) {
		err_set(e, ERR_FETCH,
		    "cache directory %s belongs to user id %ld, not to %ld",
		    path, (long)st.st_uid, (long)geteuid());
		return -1;
	}
	if ((st.st_mode & 077) != 0 && fchmod(fd, 0700) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to protect %s", path);
		return -1;
	}
	return 0;
}

int
fetch_cache_open(char **path, const char *root, const char *name, struct err *e)
{
	char *own = xasprintf("%s/%s" SUFFIX, root, name);
	int fd = -1;
	int rc = -1;

	*path = NULL;
	/* The configuration checks names, too; here an invalid one would do
	 * harm. */
	if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL) {
		err_set(e, ERR_INPUT, "source name \"%s\" cannot name a cache",
		    name);
		goto out;
	}
	if (mkdir(own, 0700) == -1 && errno != EEXIST) {
		err_set_errno(e, ERR_FETCH, errno,
		    "failed to make cache directory %s", own);
		goto out;
	}
	fd = open(own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1) {
		err_set_errno(e, ERR_FETCH, errno,
		    "failed to open cache directory %s", own);
		goto out;
	}
	if (fetch_cache_own(fd, own, e) == -1)
		goto out;
	*path = own;
	own = NULL;
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	free(own);
	return rc;
}

static bool
belongs_to_source(const char *entry, const struct conf *conf)
{
	size_t len = strlen(entry), end = strlen(SUFFIX);

	if (len <= end || strcmp(entry + len - end, SUFFIX) != 0)
		return false;
	len -= end;
	for (size_t i = 0; i < conf->source_count; i++) {
		const char *name = conf->sources[i].name;

		if (strlen(name) == len && memcmp(entry, name, len) == 0)
			return true;
	}
	return false;
}

static bool
ends_in(const char *text, const char *end)
{
	size_t len = strlen(text);

	return len > strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

/*
 * Whether the sync made the entry ${name} of ${dirfd}: any other program may
 * have called its directory "cache", too.  The directories of the sync are
 * closed to other users.
 */
static bool
is_ours(int dirfd, const char *name)
{
	static const char *const earlier[] = { "api-", ".spool-" };
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_uid != geteuid() ||
	    (S_ISDIR(st.st_mode) && (st.st_mode & 077) != 0))
		return false;
	for (size_t i = 0; i < sizeof earlier / sizeof *earlier; i++)
		if (strncmp(name, earlier[i], strlen(earlier[i])) == 0)
			return true;
	return ends_in(name, SUFFIX) || strcmp(name, "git") == 0;
}

struct prune {
	const char *root;
	const struct conf *conf;
	bool failed;
	struct err *e;
};

static int
prune_entry(void *ctx, int fd, const char *name)
{
	struct prune *p = ctx;
	int depth = 0;

	if (!is_ours(fd, name) || belongs_to_source(name, p->conf) ||
	    remove_entry(&depth, fd, name) == 0)
		return 0;
	err_set_errno(
	    p->e, ERR_STORAGE, errno, "failed to remove %s/%s", p->root, name);
	return -1;
}

int
fetch_cache_prune(const char *root, const struct conf *conf, struct err *e)
{
	struct prune p = { root, conf, false, e };
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* There may be no cache. */
	if (fd == -1)
		return 0;
	(void)fetch_cache_each(fd, ".", prune_entry, &p);
	close(fd);
	return p.failed ? -1 : 0;
}
