/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock by its system calls.  Its header may be older than the kernel, so
 * the numbers are defined here (Documentation/userspace-api/landlock.rst).
 */
#include "lib/sandbox/sandbox_private.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#if defined(__linux__)

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef O_PATH /* only with _GNU_SOURCE */
#define O_PATH 010000000
#endif

/* The same on all architectures. */
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446
#define ASK_VERSION 1u
#define RULE_PATH_BENEATH 1

#define FILE_EXECUTE (UINT64_C(1) << 0)
#define FILE_WRITE (UINT64_C(1) << 1)
#define FILE_READ (UINT64_C(1) << 2)
#define DIRECTORY_READ (UINT64_C(1) << 3)
#define FILES_UP_TO_1 ((UINT64_C(1) << 13) - 1)
#define RENAME (UINT64_C(1) << 13) /* to another directory; version 2 */
#define TRUNCATE (UINT64_C(1) << 14) /* 3 */
#define DEVICE (UINT64_C(1) << 15) /* ioctl() on devices; 5 */
#define TCP_BIND (UINT64_C(1) << 0) /* 4 */
#define TCP_CONNECT (UINT64_C(1) << 1) /* 4 */
#define SCOPE_ALL UINT64_C(3) /* abstract sockets, signals; 6 */
/* The rights that a rule for a file may have. */
#define OF_FILES (FILE_EXECUTE | FILE_WRITE | FILE_READ | TRUNCATE | DEVICE)

struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scope;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

static uint64_t
files_of(int version)
{
	uint64_t files = FILES_UP_TO_1;

	if (version >= 2)
		files |= RENAME;
	if (version >= 3)
		files |= TRUNCATE;
	if (version >= 5)
		files |= DEVICE;
	return files;
}

static uint64_t
rights_of(enum sandbox_right right)
{
	switch (right) {
	case SANDBOX_READ:
		return FILE_READ;
	case SANDBOX_LIST:
		return FILE_READ | DIRECTORY_READ;
	case SANDBOX_RUN:
		return FILE_READ | DIRECTORY_READ | FILE_EXECUTE | DEVICE;
	default:
		return ~UINT64_C(0);
	}
}

static bool
add_rule(int ruleset, const struct sandbox_rule *rule, uint64_t files)
{
	struct path_rule raw = { .allowed = rights_of(rule->right) & files };
	bool done = false;
	struct stat st;
	int error;

	raw.parent = open(rule->path, O_PATH | O_CLOEXEC);
	if (raw.parent == -1)
		return true;
	if (fstat(raw.parent, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			raw.allowed &= OF_FILES;
		done = syscall(
			   ADD_RULE, ruleset, RULE_PATH_BENEATH, &raw, 0u) == 0;
	}
	error = errno;
	close(raw.parent);
	errno = error;
	return done;
}

static void
set_network(struct ruleset *set, int version, enum sandbox_network network)
{
	if (version >= 4)
		set->network = network == SANDBOX_NETWORK_OUT
				   ? TCP_BIND
				   : TCP_BIND | TCP_CONNECT;
	if (version >= 6)
		set->scope = SCOPE_ALL;
}

int
sandbox_landlock_version(void)
{
	int version =
	    (int)syscall(CREATE_RULESET, NULL, (size_t)0, ASK_VERSION);

	return version < 1 ? 0 : version;
}

int
sandbox_landlock_enter(
    const struct sandbox_rule *rules, int count, enum sandbox_network network)
{
	struct ruleset set = { .files = 0 };
	int version = sandbox_landlock_version();
	bool done = true;
	size_t size;
	int fd, error;

	if (version < 1)
		return 0;
	set.files = files_of(version);
	set_network(&set, version, network);
	size = version >= 6   ? sizeof set
	       : version >= 4 ? 2 * sizeof set.files
			      : sizeof set.files;
	fd = (int)syscall(CREATE_RULESET, &set, size, 0u);
	if (fd == -1)
		return 0;
	for (int i = 0; done && i < count; i++)
		done = add_rule(fd, &rules[i], set.files);
	done = done && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(RESTRICT_SELF, fd, 0u) == 0;
	error = errno;
	close(fd);
	errno = error;
	return done ? version : 0;
}

#else

int
sandbox_landlock_version(void)
{
	return 0;
}

int
sandbox_landlock_enter(
    const struct sandbox_rule *rules, int count, enum sandbox_network network)
{
	(void)rules;
	(void)count;
	(void)network;
	errno = ENOSYS;
	return 0;
}

#endif
