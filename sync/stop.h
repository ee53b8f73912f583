/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals: requests to exit and to read the configuration again.
 *
 * A handler only sets a flag.  Long operations test the flag; the main loop
 * waits in stop_poll(), which every signal interrupts.
 */
#ifndef SYNC_STOP_H
#define SYNC_STOP_H

#include "lib/err.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Installs the handlers.  SIGTERM and SIGINT request a stop.  SIGHUP does too,
 * or with ${reload} requests that the configuration is read again.  SIGCHLD
 * only interrupts stop_poll().
 */
int stop_install(bool reload, struct err *e);

/* Set once a stop was requested; for db_stop_on(). */
const volatile sig_atomic_t *stop_flag(void);
bool stop_requested(void);
/* Whether a reload was requested since the last call; clears the request. */
bool stop_reload_requested(void);

/*
 * poll(2) that returns at once, with 0, if a signal arrives or a request is
 * pending.  With a ${timeout_us} of 0 or less it does not wait.
 */
int stop_poll(
    struct pollfd *fds, nfds_t count, int64_t timeout_us, struct err *e);

#endif
