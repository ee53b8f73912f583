/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A deadline for a process that fetches, whatever system call it is blocked
 * in: when it passes, another thread reports that and exits.
 */
#ifndef SYNC_FETCH_FETCH_DEADLINE_H
#define SYNC_FETCH_FETCH_DEADLINE_H

#include "lib/err.h"

#include <stdint.h>

/*
 * From now on, when clock_monotonic() is somewhat past ${deadline_us}, calls
 * ${expired} in another thread; it must not return.  A fetch that notices its
 * deadline itself has reported it by then.  0: there is no deadline.
 */
void fetch_deadline_start(
    int64_t deadline_us, void (*expired)(void *ctx), void *ctx);

/*
 * The error of a fetch that took from ${started_us} to ${deadline_us};
 * ${phase}: what it was doing, NULL if it had not begun.
 */
void fetch_deadline_error(
    struct err *e, int64_t started_us, int64_t deadline_us, const char *phase);

#endif
