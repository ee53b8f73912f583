/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that loses its power: what was written and not synced is kept, lost
 * or torn, sector by sector, in any order.
 *
 * Each file has its image as of the last sync and the writes since then.  When
 * the power goes, the image is put back and some of the writes are done again,
 * each with some of its sectors: a disk may well write the last one first.
 * Shared memory (-shm) is gone and is put together again from the rest.
 */
#define _GNU_SOURCE
#include "tests/faults/inject.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define FILES 32
#define LOST_PERCENT 40

struct change {
	bool truncation;
	int64_t offset; /* or the new size */
	size_t len;
	unsigned char *data;
};

struct file {
	int fd; /* 0: free */
	dev_t device;
	ino_t inode;
	unsigned char *image;
	size_t size;
	struct change *changes;
	size_t count;
};

static struct file files[FILES];

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* The kernel's own calls: none of them is to be counted. */
static int64_t
take_image(int fd, unsigned char **out, size_t *size)
{
	struct stat st;
	ssize_t got;
	size_t at = 0;

	if (fstat(fd, &st) == -1)
		_exit(123);
	*size = (size_t)st.st_size;
	*out = malloc(*size + 1);
	while (at < *size) {
		got = pread(fd, *out + at, *size - at, (off_t)at);
		if (got <= 0)
			_exit(123);
		at += (size_t)got;
	}
	return 0;
}

void
inject_power_open(int fd, const char *path)
{
	const char *directory = getenv("FAULT_DIRECTORY");
	struct stat st;
	struct file *f = NULL;

	if (directory == NULL ||
	    strncmp(path, directory, strlen(directory)) != 0 ||
	    !(ends_with(path, ".db") || ends_with(path, "-wal") ||
		ends_with(path, "-journal")) ||
	    fstat(fd, &st) == -1)
		return;
	for (size_t i = 0; i < FILES; i++) {
		if (files[i].inode == st.st_ino &&
		    files[i].device == st.st_dev) {
			/* Open a second time: what is known of it stays. */
			files[i].fd = fd;
			return;
		}
		if (f == NULL && files[i].inode == 0)
			f = &files[i];
	}
	if (f == NULL)
		_exit(123);
	f->fd = fd;
	f->device = st.st_dev;
	f->inode = st.st_ino;
	take_image(fd, &f->image, &f->size);
}

static struct file *
find(int fd)
{
	for (size_t i = 0; i < FILES; i++)
		if (files[i].inode != 0 && files[i].fd == fd)
			return &files[i];
	return NULL;
}

/* A closed file still has changes that are on no disk. */
void
inject_power_close(int fd)
{
	struct file *f = find(fd);

	if (f != NULL)
		f->fd = fcntl(fd, F_DUPFD_CLOEXEC, 100);
}

static struct change *
add_change(struct file *f)
{
	f->changes = realloc(f->changes, (f->count + 1) * sizeof *f->changes);
	if (f->changes == NULL)
		_exit(123);
	memset(&f->changes[f->count], 0, sizeof *f->changes);
	return &f->changes[f->count++];
}

void
inject_power_write(int fd, const void *data, size_t len, int64_t offset)
{
	struct file *f = find(fd);
	struct change *c;

	if (f == NULL)
		return;
	c = add_change(f);
	c->offset = offset;
	c->len = len;
	c->data = malloc(len);
	if (c->data == NULL)
		_exit(123);
	memcpy(c->data, data, len);
}

void
inject_power_truncate(int fd, int64_t size)
{
	struct file *f = find(fd);
	struct change *c;

	if (f == NULL)
		return;
	c = add_change(f);
	c->truncation = true;
	c->offset = size;
}

void
inject_power_synced(int fd)
{
	struct file *f = find(fd);

	if (f == NULL)
		return;
	for (size_t i = 0; i < f->count; i++)
		free(f->changes[i].data);
	f->count = 0;
	free(f->image);
	take_image(f->fd, &f->image, &f->size);
}

/* xorshift: the same seed loses the same. */
static uint64_t
roll(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static bool
is_lost(uint64_t *seed)
{
	return roll(seed) % 100 < LOST_PERCENT;
}

static void
apply(const struct file *f, const struct change *c, uint64_t *seed)
{
	if (c->truncation) {
		if (!is_lost(seed) && ftruncate(f->fd, c->offset) == -1)
			_exit(123);
		return;
	}
	for (size_t at = 0; at < c->len; at += SECTOR) {
		size_t len = c->len - at < SECTOR ? c->len - at : SECTOR;

		if (!is_lost(seed) && pwrite(f->fd, c->data + at, len,
					  c->offset + (int64_t)at) == -1)
			_exit(123);
	}
}

void
inject_power_lost(void)
{
	const char *text = getenv("FAULT_SEED");
	uint64_t seed = text == NULL ? 1 : strtoull(text, NULL, 10);

	inject_kind = INJECT_NONE; /* what follows is the disk's own doing */
	seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (size_t i = 0; i < FILES; i++) {
		struct file *f = &files[i];

		if (f->inode == 0 || f->count == 0)
			continue;
		if (ftruncate(f->fd, (off_t)f->size) == -1 ||
		    pwrite(f->fd, f->image, f->size, 0) != (ssize_t)f->size)
			_exit(123);
		for (size_t n = 0; n < f->count; n++)
			apply(f, &f->changes[n], &seed);
	}
	kill(getpid(), SIGKILL);
	_exit(123);
}
