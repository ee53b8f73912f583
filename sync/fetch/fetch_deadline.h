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
 * deadline itself has reported it by then.  0 means no deadline.
 */
void fetch_deadline_start(
    int64_t deadline_us, void (*expired)(void *ctx), void *ctx);

/*
 * Sets ${e} for a fetch that started at ${started_us} and passed ${deadline_us}
 * during ${phase} (NULL: it had not started).
 */
void fetch_deadline_error(
    struct err *e, int64_t started_us, int64_t deadline_us, const char *phase);

#endif
