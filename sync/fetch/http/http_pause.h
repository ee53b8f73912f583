/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting before another try.  For http.c; what others need is in http.h.
 */
#ifndef SYNC_FETCH_HTTP_HTTP_PAUSE_H
#define SYNC_FETCH_HTTP_HTTP_PAUSE_H

#include <stdint.h>

/*
 * Microseconds to wait before try ${next} (2 is the first of them): what the
 * server asked for (${asked_us}, 0 when it did not), else longer each time;
 * some more or less, so that many clients that failed together do not come
 * back together.
 */
int64_t http_pause_length(int next, int64_t asked_us);

/* Sleeps, whatever signals arrive. */
void http_pause(int64_t us);

#endif
