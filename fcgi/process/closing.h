/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answered connections, until the web server closes them.
 *
 * If a connection is closed while the web server still sends a request body,
 * the web server reports a failure and the answer may be lost.  So the rest of
 * the body is read and discarded for a limited time, while other requests are
 * answered: otherwise clients that send bodies slowly would block responders.
 */
#ifndef FCGI_PROCESS_CLOSING_H
#define FCGI_PROCESS_CLOSING_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define CLOSING_MAX 16 /* connections; the oldest is closed for another */

struct closing {
	struct {
		int fd;
		int64_t until_us; /* in clock_monotonic() */
	} held[CLOSING_MAX]; /* oldest first */
	unsigned count;
};

/* Takes ownership of ${fd}, a connection with nothing left to write. */
void closing_add(struct closing *p, int fd);

/*
 * Waits for a connection on ${listening} and serves the held connections
 * meanwhile.  Returns false if a signal that ${open} does not block arrives
 * first.  Returns at once if no connection is held.
 */
bool closing_wait(struct closing *p, int listening, const sigset_t *open);

/*
 * Call before exit: waits until the web server has closed all held connections,
 * or their time is over.
 */
void closing_finish(struct closing *p, const sigset_t *open);

#endif
