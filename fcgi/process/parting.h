/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of a web server that have their answer, until it closes them.
 *
 * One that is closed while the web server still passes on a body is taken for
 * a failure, and the answer may be lost.  So what comes is read and thrown
 * away, for a time; but nobody is kept waiting by it: a client who sends a body
 * slowly would hold up a responder, and some of them the whole registry.
 */
#ifndef FCGI_PROCESS_PARTING_H
#define FCGI_PROCESS_PARTING_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define PARTING_MAX 16 /* connections; the oldest is closed for another */

struct parting {
	struct {
		int fd;
		int64_t until_us; /* in clock_monotonic() */
	} held[PARTING_MAX]; /* oldest first */
	unsigned count;
};

/* Takes over ${fd}, a connection to which nothing will be written any more. */
void parting_take(struct parting *p, int fd);

/*
 * Waits until there is a connection to be accepted on ${listening}, and looks
 * after those that are held meanwhile; returns false if a signal that ${open}
 * lets through came first.  Returns at once when none is held.
 */
bool parting_wait(struct parting *p, int listening, const sigset_t *open);

/*
 * Before the process ends, which closes everything: waits until all that are
 * held have been closed by the other side, or their time is over.
 */
void parting_end(struct parting *p, const sigset_t *open);

#endif
