/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table duration_total. */
#include "lib/store/duration_totals.h"

static int
add(struct db *db, const char *what, const char *kind, const char *source,
    const char *outcome, int64_t us, struct err *e)
{
	/* If the clock was set back meanwhile, it took no time. */
	return db_run(db, SQL_DURATION_TOTAL_ADD,
	    ARGS(STR(what), STR(kind), STR(source), STR(outcome),
		INT(us < 0 ? 0 : us)),
	    e);
}

int
duration_totals_add_sync(struct db *db, const char *kind, const char *source,
    const char *outcome, int64_t us, struct err *e)
{
	if (add(db, "sync", kind, source, outcome, us, e) == -1)
		return -1;
	return add(db, "sync", kind, "", outcome, us, e);
}

int
duration_totals_add_reload(
    struct db *db, const char *outcome, int64_t us, struct err *e)
{
	return add(db, "reload", "", "", outcome, us, e);
}

int
duration_totals_prune(struct db *db, struct err *e)
{
	return stmt_run(db_stmt(db, SQL_DURATION_TOTAL_PRUNE), e);
}
