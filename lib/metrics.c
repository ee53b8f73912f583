/* SPDX-License-Identifier: Apache-2.0 */
/* The mapped file: opening, creating, counting. */
#include "lib/metrics.h"

#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if ATOMIC_LLONG_LOCK_FREE != 2
#error "64-bit atomics take a lock here, which no two processes would share"
#endif

#define MAGIC UINT32_C(0x54484d31) /* differs with the byte order, too */
#define FILE_MODE 0660
#define TRIES 100 /* others may be making the file at the same time */

/* The beginning of the file; cells follow. */
struct header {
	uint32_t magic;
	uint32_t layout;
	uint64_t cells;
};

struct file {
	struct header header;
	_Atomic uint64_t cells[];
};

struct metrics {
	struct file *file;
	size_t size; /* 0: not mapped */
	int fd; /* holds the lock of the seat; -1: not shared */
	int seat;
};

static size_t
size_of(unsigned cells)
{
	return sizeof(struct file) + cells * sizeof(uint64_t);
}

static int
map(struct metrics **out, int fd, size_t size)
{
	struct metrics *m;
	void *at;

	at = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    fd == -1 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -1;
	m = xcalloc(1, sizeof *m);
	m->file = at;
	m->size = size;
	m->fd = -1;
	m->seat = -1;
	*out = m;
	return 0;
}

static bool
fits(int fd, const struct header *want)
{
	struct header found;
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       st.st_size == (off_t)size_of((unsigned)want->cells) &&
	       pread(fd, &found, sizeof found, 0) == (ssize_t)sizeof found &&
	       memcmp(&found, want, sizeof found) == 0;
}

/* A file beside ${path}, complete; *${name} is the caller's to free. */
static int
make(char **name, const char *path, const struct header *want, struct err *e)
{
	char *temporary = xasprintf("%s.%ld", path, (long)getpid());
	int code, fd, rc = -1;

	(void)unlink(temporary); /* left by a killed process with the same id */
	fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (fd == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", temporary);
		goto out;
	}
	/* Other users of the group count here too, so ignore the umask. */
	(void)fchmod(fd, FILE_MODE);
	/* Allocated now: writing to a missing page would kill the process. */
	code = posix_fallocate(fd, 0, (off_t)size_of((unsigned)want->cells));
	if (code == 0 &&
	    pwrite(fd, want, sizeof *want, 0) != (ssize_t)sizeof *want)
		code = errno;
	if (code != 0) {
		err_set_errno(e, ERR_STORAGE, code, "%s", temporary);
		unlink(temporary);
		goto out;
	}
	*name = temporary;
	temporary = NULL;
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	free(temporary);
	return rc;
}

/*
 * Puts a new file in the place of the one that is open as ${old}, or of none
 * (-1).  The process that holds the lock of the old one replaces it; others
 * find the new file.
 */
static int
replace(int old, const char *path, const struct header *want, struct err *e)
{
	struct stat mine, there;
	char *name = NULL;
	int rc = -1;

	if (old != -1 &&
	    (flock(old, LOCK_EX) == -1 || fstat(old, &mine) == -1 ||
		stat(path, &there) == -1 || mine.st_ino != there.st_ino ||
		mine.st_dev != there.st_dev))
		return 0;
	if (make(&name, path, want, e) == -1)
		goto out;
	if (old == -1 ? link(name, path) == -1 && errno != EEXIST
		      : rename(name, path) == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	rc = 0;
out:
	if (name != NULL)
		(void)unlink(name);
	free(name);
	return rc;
}

/* Sets ${fd} to a file that fits, or to -1 when it was replaced: try again. */
static int
find(int *fd, const char *path, const struct header *want, struct err *e)
{
	struct stat st;
	int file, rc = -1;

	file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file == -1 && errno != ENOENT) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	if (file != -1 && (fstat(file, &st) == -1 || !S_ISREG(st.st_mode))) {
		err_set(e, ERR_STORAGE, "%s is not a regular file", path);
		goto out;
	}
	*fd = -1;
	if (file != -1 && fits(file, want)) {
		*fd = file;
		file = -1;
	} else if (replace(file, path, want, e) == -1) {
		goto out;
	}
	rc = 0;
out:
	if (file != -1)
		close(file);
	return rc;
}

int
metrics_open(struct metrics **out, const char *path, uint32_t layout,
    unsigned cells, struct err *e)
{
	const struct header want = { MAGIC, layout, cells };
	int fd = -1, rc = -1;

	for (int i = 0; i < TRIES && fd == -1; i++)
		if (find(&fd, path, &want, e) == -1)
			goto out;
	if (fd == -1) {
		err_set(e, ERR_STORAGE, "%s: other processes keep replacing it",
		    path);
		goto out;
	}
	if (map(out, fd, size_of(cells)) == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	(*out)->fd = fd;
	fd = -1;
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	return rc;
}

struct metrics *
metrics_private(unsigned cells)
{
	struct metrics *m;

	if (map(&m, -1, size_of(cells)) == -1) {
		m = xcalloc(1, sizeof *m);
		m->file = xcalloc(1, size_of(cells));
		m->fd = m->seat = -1;
	}
	return m;
}

void
metrics_close(struct metrics *m)
{
	if (m == NULL)
		return;
	if (m->size > 0)
		munmap(m->file, m->size);
	else
		free(m->file);
	if (m->fd != -1)
		close(m->fd);
	free(m);
}

bool
metrics_is_shared(const struct metrics *m)
{
	return m->fd != -1;
}

void
metrics_add(struct metrics *m, unsigned cell, uint64_t n)
{
	atomic_fetch_add_explicit(
	    &m->file->cells[cell], n, memory_order_relaxed);
}

void
metrics_set(struct metrics *m, unsigned cell, uint64_t n)
{
	atomic_store_explicit(&m->file->cells[cell], n, memory_order_relaxed);
}

uint64_t
metrics_get(const struct metrics *m, unsigned cell)
{
	return atomic_load_explicit(
	    &m->file->cells[cell], memory_order_relaxed);
}

_Atomic uint64_t *
metrics_at(struct metrics *m, unsigned cell)
{
	return &m->file->cells[cell];
}

/* ---- rows ---- */

static unsigned
key_cell(const struct metrics_table *t, unsigned row)
{
	return t->first + row * (t->width + 1);
}

/* Whether the row is the one of ${key}, or was free and now is. */
static bool
claim(struct metrics *m, unsigned cell, uint64_t key)
{
	uint64_t found = metrics_get(m, cell);

	return found == key ||
	       (found == 0 && (atomic_compare_exchange_strong(
				   &m->file->cells[cell], &found, key) ||
				  found == key));
}

/* The row of ${key}, or a free one, from row ${at} on. */
static unsigned
search_row(
    struct metrics *m, const struct metrics_table *t, unsigned at, uint64_t key)
{
	for (unsigned i = 0; i < t->rows; i++) {
		unsigned cell = key_cell(t, (at + i) & (t->rows - 1));

		if (claim(m, cell, key))
			return cell + 1;
	}
	return key_cell(t, t->rows) + 1;
}

unsigned
metrics_row(struct metrics *m, const struct metrics_table *t, uint64_t key)
{
	/* Fibonacci hashing: the upper half is well mixed. */
	unsigned at = (unsigned)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	unsigned cell = key_cell(t, at & (t->rows - 1));

	/* The usual case. */
	if (metrics_get(m, cell) == key)
		return cell + 1;
	return search_row(m, t, at, key);
}

unsigned
metrics_row_at(const struct metrics *m, const struct metrics_table *t,
    unsigned i, uint64_t *key)
{
	unsigned cell = key_cell(t, i);

	*key = metrics_get(m, cell);
	return cell + 1;
}

/* ---- seats ---- */

/* A lock on one byte of the file at the offset of the seat's number. */
static struct flock
lock_of(int seat)
{
	const struct flock lock = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = seat,
		.l_len = 1 };

	return lock;
}

int
metrics_take_seat(struct metrics *m, const struct metrics_seats *s)
{
	int count = m->fd == -1 ? 1 : (int)s->count;

	for (int i = 0; i < count && m->seat == -1; i++) {
		struct flock lock = lock_of(i);

		if (m->fd == -1 || fcntl(m->fd, F_SETLK, &lock) == 0)
			m->seat = i;
	}
	return m->seat;
}

bool
metrics_is_taken(const struct metrics *m, int seat)
{
	struct flock lock = lock_of(seat);

	if (seat == m->seat)
		return true; /* a process does not conflict with its own lock */
	return m->fd != -1 && fcntl(m->fd, F_GETLK, &lock) == 0 &&
	       lock.l_type != F_UNLCK;
}

bool
metrics_lock_seat(struct metrics *m, int seat)
{
	struct flock lock = lock_of(seat);

	return seat != m->seat && m->fd != -1 &&
	       fcntl(m->fd, F_SETLK, &lock) == 0;
}

void
metrics_unlock_seat(struct metrics *m, int seat)
{
	struct flock lock = lock_of(seat);

	lock.l_type = F_UNLCK;
	(void)fcntl(m->fd, F_SETLK, &lock);
}

unsigned
metrics_seat_cell(const struct metrics_seats *s, int seat)
{
	return s->first + (unsigned)seat * s->width;
}
