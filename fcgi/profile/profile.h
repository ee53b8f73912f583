/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles of all responders of a machine together, for /debug/pprof.
 *
 * It is off unless THV_REGISTRY_PROFILE_DIR names a directory.  Then a program
 * starts itself anew with gperftools (fcgi/profile/profile_tool.h), finds the
 * others by a file there (fcgi/profile/profile_pool.h), and looks between
 * requests, and some times a second while there are none, whether a profile is
 * wanted.  The one that got the request for it waits, and makes one profile of
 * what all have left in the directory.
 *
 * The heap is watched from the start on, and only if THV_REGISTRY_PROFILE_HEAP
 * is set as well: each allocation costs a walk up the stack then, and libfcgi
 * makes some thirty a request.
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

/* To be called first in main(): may start the program anew. */
void profile_load(char **argv);

/*
 * Makes this process one that can be profiled; before sandbox_responder(),
 * which must have been told of profile_directory().  Fails if profiles are
 * asked for and cannot be had; the program goes on without.
 */
int profile_join(struct err *e);
void profile_leave(void);

/* Whether this process can be profiled. */
bool profile_is_on(void);
/* Whether profiles of the heap can be had; asked for by the other variable. */
bool profile_watches_heap(void);
/* What is to be done about it where not; a text for the client. */
const char *profile_why_off(void);
/* NULL when it is off. */
const char *profile_directory(void);

/* Between requests: takes part in what others ask for. */
void profile_attend(void);

/*
 * Appends to ${out} the profile of all responders, in the format of pprof:
 * CPU time of the next ${seconds}, or the heap as it is.  ERR_BUSY: another is
 * being taken, or this process was told to end meanwhile; ERR_INTERNAL: what
 * the others left cannot be read.
 */
int profile_take(
    struct buf *out, enum profile_kind kind, int seconds, struct err *e);

#endif
