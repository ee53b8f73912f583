/* SPDX-License-Identifier: Apache-2.0 */
/* Counting calls, and the functions of libc that can be made to fail. */
#define _GNU_SOURCE
#include "tests/faults/inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY ((time_t)24 * 60 * 60)
#define DAYS_BACK 10
#define DAYS_AHEAD 3650

static const struct {
	const char *name;
	enum inject_kind kind;
} kinds[] = {
	{ "alloc", INJECT_ALLOC },
	{ "eio", INJECT_EIO },
	{ "full", INJECT_FULL },
	{ "short", INJECT_SHORT },
	{ "open", INJECT_OPEN },
	{ "kill", INJECT_KILL },
	{ "store", INJECT_STORE },
	{ "power", INJECT_POWER },
	{ "clock-back", INJECT_CLOCK_BACK },
	{ "clock-ahead", INJECT_CLOCK_AHEAD },
	{ "curl", INJECT_CURL },
	{ "git", INJECT_GIT },
};

enum inject_kind inject_kind;
static struct inject_state *state;
static int64_t fault_at;

void *
inject_next(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found == NULL)
		_exit(125);
	return found;
}

/* The real function, looked up once. */
#define NEXT(name)                            \
	static __typeof__(name) *next_##name; \
	if (next_##name == NULL)              \
	*(void **)(void *)&next_##name = inject_next(#name)

__attribute__((constructor)) static void
start(void)
{
	const char *kind = getenv("FAULT_KIND");
	const char *at = getenv("FAULT_AT");
	const char *path = getenv("FAULT_STATE");
	NEXT(open);
	void *map;
	int fd;

	if (kind == NULL || at == NULL || path == NULL)
		return;
	fd = next_open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		_exit(124);
	map = mmap(
	    NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		_exit(124);
	state = map;
	fault_at = strtoll(at, NULL, 10);
	/* Last: from now on calls are counted. */
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, kind) == 0)
			inject_kind = kinds[i].kind;
}

/* What does not get better by itself. */
static bool
lasts(enum inject_kind kind)
{
	return kind == INJECT_FULL || kind == INJECT_CLOCK_BACK ||
	       kind == INJECT_CLOCK_AHEAD;
}

bool
inject_hit(enum inject_kind kind, const char *call)
{
	int64_t number;

	if (inject_kind != kind)
		return false;
	number = __atomic_add_fetch(&state->calls, 1, __ATOMIC_SEQ_CST);
	if (fault_at == 0 || number < fault_at ||
	    (number > fault_at && !lasts(kind)))
		return false;
	if (__atomic_fetch_add(&state->fired, 1, __ATOMIC_SEQ_CST) == 0)
		for (size_t i = 0; i + 1 < sizeof state->call; i++)
			if ((state->call[i] = call[i]) == '\0')
				break;
	return true;
}

void
inject_moment(const char *call)
{
	if (inject_hit(INJECT_KILL, call))
		kill(getpid(), SIGKILL);
	if (inject_hit(INJECT_POWER, call))
		inject_power_lost();
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

/* ---- memory ---- */

#ifndef INJECT_WITHOUT_ALLOC
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

void *
malloc(size_t size)
{
	if (inject_hit(INJECT_ALLOC, "malloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	if (inject_hit(INJECT_ALLOC, "calloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	if (inject_hit(INJECT_ALLOC, "realloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(old, size);
}
#endif

/* ---- opening ---- */

static bool
may_write(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
}

static int
open_with(const char *name, const char *path, int flags, mode_t mode)
{
	NEXT(open);
	int fd;

	if (inject_hit(INJECT_OPEN, name))
		return fail(EMFILE);
	if ((flags & O_CREAT) != 0 && access(path, F_OK) == -1) {
		if (inject_hit(INJECT_FULL, name))
			return fail(ENOSPC);
		inject_moment(name);
	}
	fd = next_open(path, flags, mode);
	if (fd != -1 && may_write(flags) && inject_kind == INJECT_POWER)
		inject_power_open(fd, path);
	return fd;
}

#define OPEN(name)                                          \
	int name(const char *path, int flags, ...)          \
	{                                                   \
		mode_t mode = 0;                            \
		va_list ap;                                 \
                                                            \
		va_start(ap, flags);                        \
		if ((flags & (O_CREAT | __O_TMPFILE)) != 0) \
			mode = va_arg(ap, mode_t);          \
		va_end(ap);                                 \
		return open_with(#name, path, flags, mode); \
	}

OPEN(open)
OPEN(open64)

int
openat(int dir, const char *path, int flags, ...)
{
	NEXT(openat);
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if ((flags & (O_CREAT | __O_TMPFILE)) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (inject_hit(INJECT_OPEN, "openat"))
		return fail(EMFILE);
	return next_openat(dir, path, flags, mode);
}

int
close(int fd)
{
	NEXT(close);

	if (inject_kind == INJECT_POWER)
		inject_power_close(fd);
	return next_close(fd);
}

static void *
map_with(const char *name, void *at, size_t len, int protection, int flags,
    int fd, off_t offset)
{
	NEXT(mmap);
	void *map;

	if (fd != -1 && inject_hit(INJECT_OPEN, name)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	map = next_mmap(at, len, protection, flags, fd, offset);
	if (map != MAP_FAILED)
		inject_index_map(map, len, protection, fd);
	return map;
}

void *
mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	return map_with("mmap", at, len, protection, flags, fd, offset);
}

void *
mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	return map_with("mmap64", at, len, protection, flags, fd, offset);
}

int
munmap(void *at, size_t len)
{
	NEXT(munmap);

	inject_index_unmap(at);
	return next_munmap(at, len);
}

int
pipe(int fds[2])
{
	NEXT(pipe);

	return inject_hit(INJECT_OPEN, "pipe") ? fail(EMFILE) : next_pipe(fds);
}

pid_t
fork(void)
{
	NEXT(fork);

	return inject_hit(INJECT_OPEN, "fork") ? fail(EAGAIN) : next_fork();
}

int
mkdir(const char *path, mode_t mode)
{
	NEXT(mkdir);

	if (access(path, F_OK) == -1 && inject_hit(INJECT_FULL, "mkdir"))
		return fail(ENOSPC);
	return next_mkdir(path, mode);
}

int
unlink(const char *path)
{
	NEXT(unlink);

	inject_moment("unlink");
	return next_unlink(path);
}

int
rename(const char *from, const char *to)
{
	NEXT(rename);

	if (inject_hit(INJECT_FULL, "rename"))
		return fail(ENOSPC);
	inject_moment("rename");
	return next_rename(from, to);
}

/* ---- reading and writing ---- */

/* What is said on the standard streams is evidence, not a subject. */
static bool
is_file(int fd)
{
	return fd > STDERR_FILENO;
}

/* A disk can fail; a pipe to a child cannot. */
static bool
is_on_disk(int fd)
{
	struct stat st;

	return is_file(fd) && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static size_t
length_of_read(const char *name, int fd, size_t len)
{
	if (is_file(fd) && len > 1 && inject_hit(INJECT_SHORT, name))
		return len / 2;
	return len;
}

/* 0, or -1 when the write is to fail; halves ${len} when it is to be short. */
static int
before_write(const char *name, int fd, size_t *len)
{
	if (!is_file(fd))
		return 0;
	if (is_on_disk(fd) && inject_hit(INJECT_EIO, name))
		return fail(EIO);
	if (is_on_disk(fd) && inject_hit(INJECT_FULL, name))
		return fail(ENOSPC);
	if (*len > 1 && inject_hit(INJECT_SHORT, name))
		*len /= 2;
	inject_moment(name);
	return 0;
}

ssize_t
read(int fd, void *to, size_t len)
{
	NEXT(read);

	if (is_on_disk(fd) && inject_hit(INJECT_EIO, "read"))
		return fail(EIO);
	return next_read(fd, to, length_of_read("read", fd, len));
}

static ssize_t
pread_with(const char *name, int fd, void *to, size_t len, off_t offset)
{
	NEXT(pread);

	if (inject_hit(INJECT_EIO, name))
		return fail(EIO);
	return next_pread(fd, to, length_of_read(name, fd, len), offset);
}

ssize_t
pread(int fd, void *to, size_t len, off_t offset)
{
	return pread_with("pread", fd, to, len, offset);
}

ssize_t
pread64(int fd, void *to, size_t len, off_t offset)
{
	return pread_with("pread64", fd, to, len, offset);
}

ssize_t
write(int fd, const void *from, size_t len)
{
	NEXT(write);

	return before_write("write", fd, &len) == -1
		   ? -1
		   : next_write(fd, from, len);
}

static ssize_t
pwrite_with(
    const char *name, int fd, const void *from, size_t len, off_t offset)
{
	NEXT(pwrite);

	if (before_write(name, fd, &len) == -1)
		return -1;
	if (inject_kind == INJECT_POWER)
		inject_power_write(fd, from, len, offset);
	return next_pwrite(fd, from, len, offset);
}

ssize_t
pwrite(int fd, const void *from, size_t len, off_t offset)
{
	return pwrite_with("pwrite", fd, from, len, offset);
}

ssize_t
pwrite64(int fd, const void *from, size_t len, off_t offset)
{
	return pwrite_with("pwrite64", fd, from, len, offset);
}

static int
truncate_with(const char *name, int fd, off_t size)
{
	NEXT(ftruncate);

	if (inject_hit(INJECT_EIO, name))
		return fail(EIO);
	inject_moment(name);
	if (inject_kind == INJECT_POWER)
		inject_power_truncate(fd, size);
	return next_ftruncate(fd, size);
}

int
ftruncate(int fd, off_t size)
{
	return truncate_with("ftruncate", fd, size);
}

int
ftruncate64(int fd, off_t size)
{
	return truncate_with("ftruncate64", fd, size);
}

static int
sync_with(const char *name, int fd)
{
	NEXT(fsync);

	if (inject_hit(INJECT_EIO, name))
		return fail(EIO);
	inject_moment(name);
	if (next_fsync(fd) == -1)
		return -1;
	if (inject_kind == INJECT_POWER)
		inject_power_synced(fd);
	return 0;
}

int
fsync(int fd)
{
	return sync_with("fsync", fd);
}

int
fdatasync(int fd)
{
	return sync_with("fdatasync", fd);
}

/* ---- time ---- */

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	NEXT(clock_gettime);

	if (next_clock_gettime(clock, out) == -1)
		return -1;
	if (clock != CLOCK_REALTIME)
		return 0;
	if (inject_hit(INJECT_CLOCK_BACK, "clock_gettime"))
		out->tv_sec -= DAYS_BACK * DAY;
	if (inject_hit(INJECT_CLOCK_AHEAD, "clock_gettime"))
		out->tv_sec += DAYS_AHEAD * DAY;
	return 0;
}
