/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answered connections, until the web server closes them.
 *
 * If a connection is closed while the web server still sends a request body,
 * the web server reports a failure and the answer may be lost.  So the rest of
 * the body is read and discarded for a limited time, while other requests are
 * answered: otherwise clients that send bodies slowly would block responders.
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

/* Takes ownership of ${fd}, a connection with nothing left to write. */
void parting_take(struct parting *p, int fd);

/*
 * Waits for a connection on ${listening} and serves the held connections
 * meanwhile.  Returns false if a signal that ${open} does not block arrives
 * first.  Returns at once if no connection is held.
 */
bool parting_wait(struct parting *p, int listening, const sigset_t *open);

/*
 * To be called before exit: waits until the web server has closed all held
 * connections, or their time is over.
 */
void parting_end(struct parting *p, const sigset_t *open);

#endif
