/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files may be the configuration: any with an absolute path.  A relative
 * path must stay below the working directory once symbolic links are followed,
 * unless it goes through a link with an absolute target.
 */
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40

/* Adds ${name} of ${len} bytes to the path ${done}; ".." removes a name. */
static int
step(char done[LIMIT_PATH], const char *name, size_t len)
{
	char *slash = strrchr(done, '/');
	char *last = slash == NULL ? done : slash + 1;
	size_t used = strlen(done);

	if (len == 1 && *name == '.')
		return 0;
	if (len == 2 && strncmp(name, "..", 2) == 0 && used > 0 &&
	    strcmp(last, "..") != 0) {
		*(slash == NULL ? done : slash) = '\0';
		return 0;
	}
	if (used + len + 2 > LIMIT_PATH) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(done + used, LIMIT_PATH - used, "%s%.*s", used == 0 ? "" : "/",
	    (int)len, name);
	return 0;
}

/*
 * Follows the relative ${path} from ${done}, which becomes the path without
 * links.  Sets ${absolute} at a link with an absolute target, and stops.  -1
 * with errno if something on the way does not exist.
 */
static int
follow(char done[LIMIT_PATH], bool *absolute, const char *path, int *links)
{
	char target[LIMIT_PATH];
	struct stat st;

	while (*path != '\0' && !*absolute) {
		size_t len = strcspn(path, "/");
		ssize_t n;

		if (step(done, path, len) == -1 ||
		    lstat(*done == '\0' ? "." : done, &st) == -1)
			return -1;
		path += len;
		path += strspn(path, "/");
		if (!S_ISLNK(st.st_mode))
			continue;
		n = readlink(done, target, sizeof target - 1);
		if (n == -1)
			return -1;
		target[n] = '\0';
		*absolute = *target == '/';
		if (++*links > LINKS_MAX) {
			errno = ELOOP;
			return -1;
		}
		(void)step(done, "..", 2);
		if (!*absolute && follow(done, absolute, target, links) == -1)
			return -1;
	}
	return 0;
}

static int
check_path(const char *file, struct err *e)
{
	char done[LIMIT_PATH] = "";
	bool absolute = false;
	int links = 0;

	if (*file == '\0') {
		err_set(e, ERR_CONFIG, "path is required");
		return -1;
	}
	if (*file != '/' && follow(done, &absolute, file, &links) == -1) {
		err_set_errno(e, ERR_CONFIG, errno,
		    "failed to evaluate symlinks: %s", file);
		return -1;
	}
	if (!absolute && strncmp(done, "..", 2) == 0 &&
	    (done[2] == '\0' || done[2] == '/')) {
		err_set(e, ERR_CONFIG,
		    "path is not local or contains invalid traversal: %s",
		    file);
		return -1;
	}
	return 0;
}

int
conf_path_read(char **out, size_t *len, const char *file, struct err *e)
{
	/* Growing the buffer would leave copies of secrets in freed memory. */
	char *text = xmalloc(LIMIT_CONFIG_FILE + 1);
	size_t got = 0;
	ssize_t n;
	int fd = -1, rc = -1;

	if (check_path(file, e) == -1)
		goto out;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		err_set_errno(e, ERR_CONFIG, errno, "%s: %s",
		    errno == ENOENT || errno == ELOOP || errno == ENOTDIR
			? "failed to evaluate symlinks"
			: "failed to read config file",
		    file);
		goto out;
	}
	while ((n = read(fd, text + got, LIMIT_CONFIG_FILE + 1 - got)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			err_set_errno(e, ERR_CONFIG, errno,
			    "failed to read config file: %s", file);
			goto out;
		}
		got += (size_t)n;
		if (got > LIMIT_CONFIG_FILE) {
			err_set(e, ERR_LIMIT,
			    "failed to read config file: %s is over %zu bytes",
			    file, (size_t)LIMIT_CONFIG_FILE);
			goto out;
		}
	}
	text[got] = '\0';
	*len = got;
	*out = text;
	text = NULL;
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	free(text);
	return rc;
}
