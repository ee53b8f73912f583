/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock and seccomp, the two parts of the sandbox. */
#ifndef LIB_SANDBOX_SANDBOX_PRIVATE_H
#define LIB_SANDBOX_SANDBOX_PRIVATE_H

#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZER 1
#endif
#endif
#ifndef SANDBOX_SANITIZER
#define SANDBOX_SANITIZER 0
#endif

enum sandbox_right {
	SANDBOX_READ, /* read files */
	SANDBOX_LIST, /* read files and directories */
	SANDBOX_RUN, /* read files and directories, and run programs */
	SANDBOX_WRITE /* everything */
};

struct sandbox_rule {
	const char *path;
	enum sandbox_right right;
};

enum sandbox_network {
	SANDBOX_NETWORK_OUT, /* open connections */
	SANDBOX_NETWORK_NONE
};

/* The version of Landlock that this kernel has, 0 for none. */
int sandbox_landlock_version(void);

/*
 * Allows only files below the paths of the rules; missing paths are ignored.
 * Returns the version of Landlock; 0 with errno set if it is not in force.
 */
int sandbox_landlock_enter(
    const struct sandbox_rule *rules, int count, enum sandbox_network network);

/*
 * Allows the system calls of a responder only; with ${profiling} also timers,
 * and opening files to write to them.  With ${log} others are
 * logged and allowed.  False: not in force; sets errno.
 */
bool sandbox_seccomp_enter(bool log, bool profiling);

/*
 * Refuses the system calls that no fetch needs; running programs too unless
 * ${runs_programs}.  False: not in force; sets errno.
 */
bool sandbox_seccomp_enter_fetch(bool log, bool runs_programs);

#endif
