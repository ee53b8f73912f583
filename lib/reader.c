/* SPDX-License-Identifier: Apache-2.0 */
/* Readers over descriptors and memory. */
#include "lib/reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static ssize_t
read_fd(struct reader *r, void *into, size_t len, struct err *e)
{
	ssize_t n;

	do {
		n = read(r->fd, into, len);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		err_set_errno(e, ERR_FETCH, errno, "failed to read");
	return n;
}

static void
close_fd(struct reader *r)
{
	close(r->fd);
}

static ssize_t
read_memory(struct reader *r, void *into, size_t len, struct err *e)
{
	(void)e;
	if (len > r->left)
		len = r->left;
	memcpy(into, r->at, len);
	r->at += len;
	r->left -= len;
	return (ssize_t)len;
}

void
reader_from_fd(struct reader *r, int fd, int owned)
{
	memset(r, 0, sizeof *r);
	r->read = read_fd;
	r->close = owned ? close_fd : NULL;
	r->fd = fd;
}

static ssize_t
read_range(struct reader *r, void *into, size_t len, struct err *e)
{
	ssize_t n;

	if (len > r->left)
		len = r->left;
	if (len == 0)
		return 0;
	do {
		n = pread(r->fd, into, len, (off_t)r->offset);
	} while (n == -1 && errno == EINTR);
	if (n <= 0) {
		err_set_errno(e, ERR_FETCH, n == 0 ? EIO : errno,
		    "failed to read %s", r->what);
		return -1;
	}
	r->offset += (uint64_t)n;
	r->left -= (size_t)n;
	return n;
}

void
reader_from_range(
    struct reader *r, int fd, const char *what, uint64_t offset, uint64_t len)
{
	memset(r, 0, sizeof *r);
	r->read = read_range;
	r->fd = fd;
	r->what = what;
	r->offset = offset;
	r->left = (size_t)len;
}

void
reader_from_memory(struct reader *r, const void *data, size_t len)
{
	memset(r, 0, sizeof *r);
	r->read = read_memory;
	r->at = data;
	r->left = len;
}

void
reader_close(struct reader *r)
{
	if (r->close != NULL)
		r->close(r);
	memset(r, 0, sizeof *r);
}
