/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles of all responders of a machine together, for /debug/pprof.
 *
 * Profiling is off unless THV_REGISTRY_PROFILE_DIR names a directory.  Then a
 * program restarts itself with gperftools (fcgi/profile/profile_tool.h) and
 * maps a file in that directory.  Between requests, and four times a second
 * while there are none, it checks there whether a profile is wanted.  The
 * process that got the request for it waits, and makes one profile of the dumps
 * that all processes have left in the directory
 * (fcgi/profile/profile_encode.h).
 *
 * The heap is watched from the start, and only if THV_REGISTRY_PROFILE_HEAP is
 * set as well: each allocation then walks up the stack, and libfcgi makes some
 * thirty a request.
 */
#ifndef FCGI_PROFILE_PROFILE_H
#define FCGI_PROFILE_PROFILE_H

#include "lib/buf.h"
#include "lib/err.h"

#include <stdbool.h>

#define PROFILE_VARIABLE "THV_REGISTRY_PROFILE_DIR"
#define PROFILE_VARIABLE_HEAP "THV_REGISTRY_PROFILE_HEAP"

enum profile_kind {
	PROFILE_CPU,
	PROFILE_HEAP
};

/* Call first in main(): may restart the program. */
void profile_load(char **argv);

/*
 * Makes this process one that can be profiled.  Call it before
 * sandbox_responder(), which needs profile_directory().  Fails if profiling is
 * requested and impossible; the program continues without.
 */
int profile_join(struct err *e);
void profile_leave(void);

/* Whether this process can be profiled. */
bool profile_is_on(void);
/* Whether heap profiles are possible: the other variable is set, too. */
bool profile_watches_heap(void);
/* The reason why it cannot, and what to do: a text for the client. */
const char *profile_why_off(void);
/* NULL when it is off. */
const char *profile_directory(void);

/* Call between requests: takes part in profiles. */
void profile_poll(void);

/*
 * Appends to ${out} the profile of all responders, in the format of pprof:
 * CPU time of the next ${seconds}, or the heap as it is.  ERR_BUSY: another one
 * is being taken, or this process got a signal to end; ERR_INTERNAL: a dump of
 * another process is invalid.
 */
int profile_take(
    struct buf *out, enum profile_kind kind, int seconds, struct err *e);

#endif
