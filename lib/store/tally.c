/* SPDX-License-Identifier: Apache-2.0 */
/* Adding durations to their distributions. */
#include "lib/store/tally.h"

#include "lib/clock.h"

#include <stdbool.h>
#include <stddef.h>

/* Upper bounds, in microseconds; they may move: rows keep theirs. */
static const int64_t bounds[] = { CLOCK_SECOND / 10, CLOCK_SECOND / 2,
	CLOCK_SECOND, CLOCK_SECOND * 5 / 2, CLOCK_SECOND * 5, CLOCK_SECOND * 10,
	CLOCK_SECOND * 30, CLOCK_SECOND * 60, CLOCK_SECOND * 120,
	CLOCK_SECOND * 180, CLOCK_SECOND * 300, INT64_MAX };

/* Readers find all parts, also those that are empty. */
static int
add(struct db *db, const char *what, const char *kind, const char *source,
    const char *outcome, int64_t us, struct err *e)
{
	bool done = false;

	/* A clock that was set back makes nothing shorter than nothing. */
	if (us < 0)
		us = 0;
	for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
		struct stmt *s = db_stmt(db, SQL_DURATION_TOTAL_ADD);
		bool here = !done && us <= bounds[i];

		done |= here;
		stmt_bind_str(s, SQL_DURATION_TOTAL_ADD_P_WHAT, what);
		stmt_bind_str(s, SQL_DURATION_TOTAL_ADD_P_KIND, kind);
		stmt_bind_str(s, SQL_DURATION_TOTAL_ADD_P_SOURCE, source);
		stmt_bind_str(s, SQL_DURATION_TOTAL_ADD_P_OUTCOME, outcome);
		stmt_bind_int(s, SQL_DURATION_TOTAL_ADD_P_BOUND, bounds[i]);
		stmt_bind_int(s, SQL_DURATION_TOTAL_ADD_P_COUNT, here);
		stmt_bind_int(s, SQL_DURATION_TOTAL_ADD_P_US, here ? us : 0);
		if (stmt_run(s, e) == -1)
			return -1;
	}
	return 0;
}

int
tally_sync(struct db *db, const char *kind, const char *source,
    const char *outcome, int64_t us, struct err *e)
{
	if (add(db, "sync", kind, source, outcome, us, e) == -1)
		return -1;
	return add(db, "sync", kind, "", outcome, us, e);
}

int
tally_reload(struct db *db, const char *outcome, int64_t us, struct err *e)
{
	return add(db, "reload", "", "", outcome, us, e);
}

int
tally_forget(struct db *db, struct err *e)
{
	return stmt_run(db_stmt(db, SQL_DURATION_TOTAL_FORGET), e);
}
