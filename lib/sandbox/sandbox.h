/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dropping the rights that a process does not need, for good: injected code can
 * open no file, reach no network and run no program.
 *
 * Landlock decides which files may be opened, a seccomp filter which system
 * calls may be made.  If the kernel lacks one, the other still works;
 * sandbox_now() returns what is in force.  Having neither is not an error.
 * Child processes inherit both.
 *
 * Builds with AddressSanitizer or ThreadSanitizer have no filter and may read
 * /proc: those libraries make system calls of their own, most of them at exit.
 */
#ifndef LIB_SANDBOX_SANDBOX_H
#define LIB_SANDBOX_SANDBOX_H

#include <stdbool.h>

/*
 * THV_REGISTRY_SANDBOX: "off" turns the sandbox off; "log" allows the system
 * calls that would end the process, and the kernel logs them; anything else is
 * "on".
 */
#define SANDBOX_VARIABLE "THV_REGISTRY_SANDBOX"

struct sandbox {
	int landlock; /* the version of its interface in use; 0: not in force */
	bool seccomp;
	/* The errno of each that failed, else 0. */
	int landlock_error;
	int seccomp_error;
};

/* The restrictions of this process. */
const struct sandbox *sandbox_now(void);

/* What logs say before a text of sandbox_warning(). */
#define SANDBOX_NOT_IN_FORCE "the sandbox is not in force"
/* Room for any text of sandbox_warning(). */
#define SANDBOX_WARNING_MAX 256

/*
 * Writes which parts of a sandbox are not in force, and why: "landlock:
 * Operation not permitted".  "" if none failed.
 */
void sandbox_warning(char to[SANDBOX_WARNING_MAX], const struct sandbox *s);

/*
 * For a responder, whose socket is already open: it may read files in the
 * directory of ${database} and below, and write to open descriptors.  It cannot
 * create sockets or processes, run programs, make memory executable or dump
 * core.  The database may be created later; if its directory is missing, the
 * nearest existing directory above is allowed instead.
 */
void sandbox_responder(const char *database);

/*
 * Call it before sandbox_responder() to keep the rights that profiling needs:
 * writing below ${directory}, and timers.  NULL: none.
 */
void sandbox_keep_profiling(const char *directory);

/*
 * Whether ${database} is now in another directory than the one that
 * sandbox_responder() allowed, so that only a new process can read it.
 */
bool sandbox_is_outdated(const char *database);

/*
 * For a process that fetches: it may write below the directories ${writable},
 * read below ${readable} (files or directories; both lists end with NULL), and
 * read what libraries need to reach another machine (certificates, name
 * servers, users, libraries).  Missing files are ignored.  It may open
 * connections, but not listen; system calls that no fetch needs fail.  It may
 * run programs of the system only if ${runs_programs}.
 */
void sandbox_fetch(const char *const *writable, const char *const *readable,
    bool runs_programs);

/* The version of Landlock that sandbox_fetch() would use; 0: none. */
int sandbox_landlock_available(void);

/*
 * The row of the table setting in which the sync stores the sandbox_warning()
 * of its fetches, for responders.
 */
#define SANDBOX_SETTING "sandbox_warning"

#endif
