/* SPDX-License-Identifier: Apache-2.0 */
/* Pauses that grow, with some chance in them. */
#include "sync/fetch/http/http_pause.h"

#include "lib/clock.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#define FIRST_US (CLOCK_SECOND / 2) /* doubled with each try */

int64_t
http_pause_length(int next, int64_t asked_us)
{
	int64_t base = FIRST_US << (next - 2);
	uint32_t chance = 0;

	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) == -1)
		chance = (uint32_t)clock_monotonic();
	if (asked_us > 0)
		return asked_us + chance % FIRST_US;
	return base / 2 + chance % base;
}

void
http_pause(int64_t us)
{
	struct timespec left = { (time_t)(us / CLOCK_SECOND),
		(long)(us % CLOCK_SECOND) * 1000 };

	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		;
}
