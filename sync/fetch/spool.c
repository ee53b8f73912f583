/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary files, most of them nameless. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "sync/fetch/spool.h"

#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct spool {
	int fd;
	uint64_t size;
	char *what; /* for messages: a temporary file in ... */
};

/* For file systems without O_TMPFILE. */
static int
open_and_unlink(const char *dir)
{
	char *path = xasprintf("%s/.spool-XXXXXX", dir);
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd != -1)
		unlink(path);
	free(path);
	return fd;
}

static int
open_nameless(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* File systems without the flag differ in errno. */
	if (fd == -1 &&
	    (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = open_and_unlink(dir);
	return fd;
}

int
spool_new(struct spool **out, const char *dir, struct err *e)
{
	int rc = -1;
	int fd;

	*out = NULL;
	fd = open_nameless(dir);
	if (fd == -1) {
		err_set_errno(e, ERR_FETCH, errno,
		    "failed to create a temporary file in %s", dir);
		goto out;
	}
	*out = xcalloc(1, sizeof **out);
	(*out)->fd = fd;
	(*out)->what = xasprintf("a temporary file in %s", dir);
	rc = 0;
out:
	return rc;
}

int
spool_open(struct spool **out, const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;
	int rc = -1;

	*out = NULL;
	if (fd == -1 || fstat(fd, &st) == -1) {
		err_set_errno(e, ERR_FETCH, errno, "failed to open %s", path);
		goto out;
	}
	*out = xcalloc(1, sizeof **out);
	(*out)->fd = fd;
	(*out)->size = (uint64_t)st.st_size;
	(*out)->what = xstrdup(path);
	fd = -1;
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	return rc;
}

void
spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	close(s->fd);
	free(s->what);
	free(s);
}

int
spool_add(struct spool *s, const void *data, size_t len, struct err *e)
{
	const char *at = data;
	ssize_t n;
	int rc = -1;

	while (len > 0) {
		n = write(s->fd, at, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_set_errno(e, ERR_FETCH, n == 0 ? EIO : errno,
			    "failed to write %s", s->what);
			goto out;
		}
		at += n;
		len -= (size_t)n;
		s->size += (uint64_t)n;
	}
	rc = 0;
out:
	return rc;
}

int
spool_cut(struct spool *s, uint64_t size, struct err *e)
{
	int rc = -1;

	if (ftruncate(s->fd, (off_t)size) == -1 ||
	    lseek(s->fd, (off_t)size, SEEK_SET) == -1) {
		err_set_errno(e, ERR_FETCH, errno, "failed to cut %s", s->what);
		goto out;
	}
	s->size = size;
	rc = 0;
out:
	return rc;
}

int
spool_clear(struct spool *s, struct err *e)
{
	return spool_cut(s, 0, e);
}

uint64_t
spool_size(const struct spool *s)
{
	return s->size;
}

int
spool_fd(const struct spool *s)
{
	return s->fd;
}

void
spool_part_reader(
    struct spool *s, uint64_t offset, uint64_t size, struct reader *r)
{
	reader_from_range(r, s->fd, s->what, offset, size);
}

void
spool_reader(struct spool *s, struct reader *r)
{
	spool_part_reader(s, 0, s->size, r);
}
