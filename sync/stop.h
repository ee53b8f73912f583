/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Being told from outside to end or to read the configuration again.
 *
 * Signals only set a flag and make a descriptor readable, so that whoever waits
 * wakes up and whoever works can look now and then.
 */
#ifndef SYNC_STOP_H
#define SYNC_STOP_H

#include "lib/err.h"

#include <signal.h>
#include <stdbool.h>

/*
 * From here on SIGTERM and SIGINT ask to end.  SIGHUP does too, or with
 * ${reload} asks for the configuration to be read again.
 */
int stop_install(bool reload, struct err *e);

/* Set once the process was asked to end; for db_stop_on(). */
const volatile sig_atomic_t *stop_flag(void);
bool stop_requested(void);
/* Whether a reload was asked for since the last call. */
bool stop_take_reload(void);

/*
 * Readable when a signal came; -1 before stop_install().  stop_drain() makes it
 * quiet again.
 */
int stop_fd(void);
void stop_drain(void);

#endif
