/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dropping the rights that a process does not need, for good: injected code can
 * open no file, reach no network and run no program.
 *
 * Landlock decides which files may be opened, a seccomp filter which system
 * calls may be made.  Where the kernel lacks one the other still holds, and
 * sandbox_now() returns what is in force; having neither is not an error.  Both
 * pass on to child processes.
 *
 * Builds with AddressSanitizer or ThreadSanitizer have no filter and may read
 * /proc: those libraries make calls of their own, most of them at the end.
 */
#ifndef LIB_SANDBOX_SANDBOX_H
#define LIB_SANDBOX_SANDBOX_H

#include <stdbool.h>

/*
 * THV_REGISTRY_SANDBOX: "off" leaves all as it is, "log" lets calls pass that
 * would end the process (the kernel's log names them); all else is "on".
 */
#define SANDBOX_VARIABLE "THV_REGISTRY_SANDBOX"

struct sandbox {
	int landlock; /* the version of its interface in use; 0: not in force */
	bool seccomp;
	/* The errno of each that was asked for and is not in force, else 0. */
	int landlock_error;
	int seccomp_error;
};

/* The restrictions of this process. */
const struct sandbox *sandbox_now(void);

/* What logs say before such a text. */
#define SANDBOX_NOT_IN_FORCE "the sandbox is not in force"
/* Room for any text of sandbox_warning(). */
#define SANDBOX_WARNING_MAX 256

/*
 * Writes which parts of a sandbox were asked for and are not in force, and why:
 * "landlock: Operation not permitted".  "" when there is nothing to warn of.
 */
void sandbox_warning(char to[SANDBOX_WARNING_MAX], const struct sandbox *s);

/*
 * For a responder, whose socket is open already: it may read files in the
 * directory of ${database} and below, and write to what is open.  No new
 * socket, no process, no program, no memory that can be executed, no core
 * file.  A database that is not there yet may come later; while its directory
 * is missing, the nearest directory above it is opened instead.
 */
void sandbox_responder(const char *database);

/*
 * Before sandbox_responder(): it keeps what taking profiles needs, which is to
 * write below ${directory}, and to have timers.  NULL: nothing of that.
 */
void sandbox_keep_profiling(const char *directory);

/*
 * Whether ${database} is now in another directory than the one that
 * sandbox_responder() allowed, so that only a new process can read it.
 */
bool sandbox_outgrown(const char *database);

/*
 * For a process that fetches: it may write below the directories ${writable},
 * read below ${readable} (files or directories; both lists end with NULL), and
 * read what libraries need to reach another machine (certificates, name
 * servers, users, libraries).  What is not there is passed over.  It may open
 * connections, but listen nowhere; system calls that no fetch needs are
 * refused.  Programs of the system it may run only if it ${runs_programs}.
 */
void sandbox_fetch(const char *const *writable, const char *const *readable,
    bool runs_programs);

/* The version of Landlock that sandbox_fetch() would use; 0: none. */
int sandbox_offered(void);

/*
 * The row of the table setting in which the sync leaves sandbox_warning() of
 * its fetches for responders.
 */
#define SANDBOX_SETTING "sandbox_warning"

#endif
