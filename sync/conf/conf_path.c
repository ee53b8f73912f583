/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files may be the configuration: any by its absolute name; by a
 * relative one only what lies below the working directory once symbolic links
 * are followed, unless a link with an absolute target leads out on purpose.
 */
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40

/* ${done}/${name}, where ".." takes a step back; the new ${done}. */
static char *
step(char *done, const char *name)
{
	char *slash = strrchr(done, '/');
	const char *last = slash == NULL ? done : slash + 1;
	char *longer;

	if (strcmp(name, "..") == 0 && *done != '\0' &&
	    strcmp(last, "..") != 0) {
		if (slash == NULL)
			*done = '\0';
		else
			*slash = '\0';
		return done;
	}
	longer = xasprintf("%s%s%s", done, *done == '\0' ? "" : "/", name);
	free(done);
	return longer;
}

/*
 * Follows the relative ${path}.  Sets ${outside} when it ends above the working
 * directory.  -1 with errno when something on the way is not there.
 */
static int
follow(const char *path, bool *outside)
{
	char *rest = xstrdup(path), *done = xstrdup(""), *longer, *at = rest;
	char target[LIMIT_PATH];
	struct stat st;
	int links = 0, rc = -1;

	*outside = false;
	while (*at != '\0') {
		size_t len = strcspn(at, "/");
		char *name = xstrndup(at, len);
		ssize_t n;

		at += len;
		at += strspn(at, "/");
		if (strcmp(name, ".") != 0)
			done = step(done, name);
		free(name);
		if (lstat(*done == '\0' ? "." : done, &st) == -1)
			goto out;
		if (!S_ISLNK(st.st_mode))
			continue;
		n = readlink(done, target, sizeof target - 1);
		if (n == -1)
			goto out;
		target[n] = '\0';
		if (*target == '/') {
			rc = 0;
			goto out;
		}
		if (++links > LINKS_MAX) {
			errno = ELOOP;
			goto out;
		}
		done = step(done, "..");
		longer = xasprintf("%s/%s", target, at);
		free(rest);
		rest = at = longer;
	}
	*outside = strcmp(done, "..") == 0 || strncmp(done, "../", 3) == 0;
	rc = 0;
out:
	free(done);
	free(rest);
	return rc;
}

static int
check_path(const char *file, struct err *e)
{
	bool outside = false;

	if (*file == '\0') {
		err_set(e, ERR_CONFIG, "path is required");
		return -1;
	}
	if (*file != '/' && follow(file, &outside) == -1) {
		err_set_errno(e, ERR_CONFIG, errno,
		    "failed to evaluate symlinks: %s", file);
		return -1;
	}
	if (outside) {
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
	/* At its full size at once: a copy that grows leaves pieces behind. */
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
