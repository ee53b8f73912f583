/* SPDX-License-Identifier: Apache-2.0 */
/* Making ids of runs. */
#include "lib/run_id.h"

#include "lib/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

int
run_id_make(char out[RUN_ID_SIZE], struct err *e)
{
	uint32_t random;

	if (getentropy(&random, sizeof random) == -1) {
		err_set_errno(
		    e, ERR_INTERNAL, errno, "failed to get random bytes");
		return -1;
	}
	snprintf(out, RUN_ID_SIZE, "%" PRId64 "-%08" PRIx32,
	    clock_now() / CLOCK_SECOND, random);
	return 0;
}
