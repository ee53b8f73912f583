/* SPDX-License-Identifier: Apache-2.0 */
/* Resolving the ..data link of a mounted ConfigMap. */
#include "sync/kinds/file/mount.h"

#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINK "..data"

/* Reads the name that ..data links to, "" if there is no such link. */
static int
read_generation(const char *path, char name[LIMIT_PATH])
{
	char *link = xasprintf("%s/" LINK, path);
	ssize_t n = readlink(link, name, LIMIT_PATH - 1);

	/* EINVAL: a directory of that name that is not a link. */
	if (n == -1 && (errno == ENOENT || errno == EINVAL))
		n = 0;
	name[n == -1 ? 0 : n] = '\0';
	free(link);
	return n == -1 ? -1 : 0;
}

int
mount_open(struct mount *m, const char *path, struct err *e)
{
	char *directory = NULL;
	int rc = -1;

	*m = (struct mount){ .path = path, .fd = AT_FDCWD };
	if (path == NULL)
		return 0;
	if (read_generation(path, m->generation) == -1) {
		err_set_errno(e, ERR_FETCH, errno, "failed to read " LINK);
		goto out;
	}
	directory = xasprintf("%s/%s", path, m->generation);
	m->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->fd == -1) {
		err_set_errno(e, ERR_FETCH, errno,
		    "failed to read " LINK " -> %s", m->generation);
		goto out;
	}
	rc = 0;
out:
	free(directory);
	return rc;
}

bool
mount_has_moved(const struct mount *m)
{
	char name[LIMIT_PATH];

	return m->path != NULL && (read_generation(m->path, name) == -1 ||
				      strcmp(name, m->generation) != 0);
}

void
mount_close(struct mount *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = AT_FDCWD;
}
