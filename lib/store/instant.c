/* SPDX-License-Identifier: Apache-2.0 */
/* Dating changes. */
#include "lib/store/instant.h"

#include "lib/clock.h"

/*
 * A change this far in the future is normal: several sources are applied within
 * a tick of the clock, and clocks are adjusted.
 */
#define TOLERANCE (60 * CLOCK_SECOND)

bool
instant_is_ahead(const struct instant *at)
{
	return at->changed - at->now > TOLERANCE;
}

int
instant_get(struct instant *out, struct db *db, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_NEWEST_CHANGE);
	bool row;

	out->now = out->changed = clock_now();
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (row && !stmt_is_null(s, 0) && stmt_int(s, 0) >= out->now)
		out->changed = stmt_int(s, 0) + 1;
	stmt_done(s);
	if (!instant_is_ahead(out))
		out->now = out->changed;
	return 0;
}
