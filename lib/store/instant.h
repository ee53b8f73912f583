/* SPDX-License-Identifier: Apache-2.0 */
/* The two instants that date a change to the database. */
#ifndef LIB_STORE_INSTANT_H
#define LIB_STORE_INSTANT_H

#include "lib/clock.h"
#include "lib/db/db.h"

#include <stdbool.h>
#include <stdint.h>

struct instant {
	/*
	 * The present, for first_seen_us and removed_us.  It equals changed,
	 * unless the clock was far ahead once.
	 */
	int64_t now;
	/*
	 * The present, but later than every stored change.  So a client that
	 * asks for changes after the last one it knows misses nothing, even if
	 * two sources are applied within a tick of the clock, or if the clock
	 * was set back.
	 */
	int64_t changed;
};

/* CLOCK_NEVER for both: clients need not be sent the change. */
#define INSTANT_NONE                                       \
	{                                                  \
		.now = CLOCK_NEVER, .changed = CLOCK_NEVER \
	}

/* Call it inside the transaction of the change. */
int instant_get(struct instant *out, struct db *db, struct err *e);

/* Whether a stored change is dated more than a minute in the future. */
bool instant_is_ahead(const struct instant *at);

#endif
