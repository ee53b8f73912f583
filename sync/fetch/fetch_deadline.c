/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that waits for the deadline of a process. */
#include "sync/fetch/fetch_deadline.h"

#include "lib/clock.h"
#include "lib/xalloc.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

/* A fetch that notices its deadline itself can report the cause better. */
#define MARGIN (CLOCK_SECOND / 4)
#define TENTH (CLOCK_SECOND / 10)

struct wait {
	int64_t until_us;
	void (*expired)(void *ctx);
	void *ctx;
};

static void *
wait_and_expire(void *ctx)
{
	const struct wait *w = ctx;
	int64_t left;

	while ((left = w->until_us - clock_monotonic()) > 0) {
		struct timespec pause = { .tv_sec = left / CLOCK_SECOND,
			.tv_nsec = left % CLOCK_SECOND * 1000 };

		nanosleep(&pause, NULL);
	}
	w->expired(w->ctx);
	return NULL;
}

void
fetch_deadline_start(int64_t deadline_us, void (*expired)(void *ctx), void *ctx)
{
	static struct wait w;
	pthread_t thread;

	if (deadline_us == 0)
		return;
	w = (struct wait){ deadline_us + MARGIN, expired, ctx };
	/* Without the thread the parent kills the process a little later. */
	if (pthread_create(&thread, NULL, wait_and_expire, &w) == 0)
		(void)pthread_detach(thread);
}

void
fetch_deadline_error(
    struct err *e, int64_t started_us, int64_t deadline_us, const char *phase)
{
	int64_t tenths = (deadline_us - started_us + TENTH / 2) / TENTH;

	err_set(e, ERR_FETCH, "timed out after %.3gs while %s",
	    tenths > 0 ? (double)tenths / 10 : 0.0,
	    phase == NULL ? "connecting" : phase);
}
