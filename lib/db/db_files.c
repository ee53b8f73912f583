/* SPDX-License-Identifier: Apache-2.0 */
/* The files beside a database, read without SQLite. */
#include "lib/db/db_files.h"

#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of the WAL's header (SQLite, "Database File Format", 4.1): big-endian. */
#define HEADER_SIZE 32
#define MAGIC_AT 0
#define MAGIC 0x377f0682u /* the lowest bit is the byte order of checksums */
#define PAGE_SIZE_AT 8
#define PAGE_SIZE_MIN 512u
#define PAGE_SIZE_MAX 65536u

static uint32_t
word_at(const unsigned char *from, size_t at)
{
	return (uint32_t)from[at] << 24 | (uint32_t)from[at + 1] << 16 |
	       (uint32_t)from[at + 2] << 8 | (uint32_t)from[at + 3];
}

/* Frames are valid only after such a header. */
static bool
is_header(const unsigned char header[HEADER_SIZE])
{
	uint32_t page_size = word_at(header, PAGE_SIZE_AT);

	return (word_at(header, MAGIC_AT) & ~1u) == MAGIC &&
	       page_size >= PAGE_SIZE_MIN && page_size <= PAGE_SIZE_MAX &&
	       (page_size & (page_size - 1)) == 0;
}

/* True if that cannot be determined. */
static bool
may_hold_frames(const char *wal, off_t size)
{
	unsigned char header[HEADER_SIZE];
	bool found = true;
	int fd;

	if (size <= HEADER_SIZE)
		return false;
	fd = open(wal, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return true;
	if (pread(fd, header, sizeof header, 0) == sizeof header)
		found = is_header(header);
	close(fd);
	return found;
}

bool
db_files_bare(const char *wal)
{
	struct stat st;

	return stat(wal, &st) == 0 && st.st_size >= HEADER_SIZE &&
	       !may_hold_frames(wal, st.st_size);
}

/* True if that cannot be determined. */
static bool
exists(const char *database, const char *suffix, struct stat *st)
{
	char *name = xasprintf("%s%s", database, suffix);
	bool found = stat(name, st) == 0 || errno != ENOENT;

	free(name);
	return found;
}

void
db_files_read(struct db_files *out, const char *database)
{
	char *wal = xasprintf("%s-wal", database);
	struct stat other;

	memset(out, 0, sizeof *out);
	memset(&other, 0, sizeof other);
	if (exists(database, "-wal", &out->wal))
		out->frames = may_hold_frames(wal, out->wal.st_size);
	out->bare = out->wal.st_size >= HEADER_SIZE && !out->frames;
	out->still = !exists(database, "-journal", &other) ||
		     (other.st_ino != 0 && other.st_size == 0);
	if (out->frames && exists(database, "-shm", &other))
		out->still = false;
	free(wal);
}

static bool
same_instant(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/*
 * Ignores the ctime: SQLite changes the owner of the WAL to that of the
 * database whenever root opens it, even for reading.
 */
bool
db_files_same(const struct db_files *a, const struct db_files *b)
{
	/* A WAL without frames, such as a new one, holds no content. */
	if (!a->frames && !b->frames)
		return true;
	return a->wal.st_ino == b->wal.st_ino &&
	       a->wal.st_size == b->wal.st_size &&
	       same_instant(&a->wal.st_mtim, &b->wal.st_mtim);
}
