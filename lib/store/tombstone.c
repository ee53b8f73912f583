/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting tombstones. */
#include "lib/store/tombstone.h"

#include "lib/clock.h"
#include "lib/store/blocks.h"
#include "lib/store/compose.h"
#include "lib/store/heads.h"
#include "lib/store/instant.h"

static int
note_old(struct db *db, int64_t before, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_TOMBSTONES_OLD);

	stmt_bind_int(s, SQL_TOMBSTONES_OLD_P_BEFORE, before);
	return stmt_run(s, e);
}

static int
note_excess(int64_t *excess, struct db *db, int64_t most, struct err *e)
{
	struct stmt *s;
	int64_t all;

	*excess = 0;
	if (most == TOMBSTONE_ANY)
		return 0;
	if (stmt_number(&all, db_stmt(db, SQL_TOMBSTONES_COUNT), e) == -1)
		return -1;
	if (all <= most)
		return 0;
	if (db_prepare(db, SQL_SET_RARE, e) == -1)
		return -1;
	s = db_stmt(db, SQL_TOMBSTONES_EXCESS);
	stmt_bind_int(s, SQL_TOMBSTONES_EXCESS_P_MOST, most);
	if (stmt_run(s, e) == -1)
		return -1;
	*excess = db_changes(db);
	return 0;
}

/* Deletes what is noted in the temporary table expired. */
static int
delete_noted(struct db *db, struct err *e)
{
	static const enum sql_id steps[] = { SQL_TOUCH_EXPIRED,
		SQL_EXPIRED_DOCUMENTS_DELETE, SQL_EXPIRED_VERSIONS_DELETE,
		SQL_EXPIRED_CLEAR };
	const struct instant none = INSTANT_NONE;
	struct instant at;
	bool renumbered; /* never: there are no new entries */

	if (db_prepare(db, SQL_SET_RARE, e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (stmt_run(db_stmt(db, steps[i]), e) == -1)
			return -1;
	if (instant_take(&at, db, e) == -1 ||
	    heads_update(db, &none, &renumbered, e) == -1 ||
	    compose_after_touched(db, at.changed, e) == -1 ||
	    heads_show(db, at.changed, e) == -1 || heads_forget(db, e) == -1)
		return -1;
	return blocks_update(db, e);
}

int
tombstone_expire(
    int64_t *excess, struct db *db, int64_t before, int64_t most, struct err *e)
{
	int64_t nothing;

	if (note_old(db, before, e) == -1 ||
	    note_excess(excess, db, most, e) == -1 ||
	    stmt_number(&nothing, db_stmt(db, SQL_EXPIRED_IS_EMPTY), e) == -1)
		return -1;
	return nothing != 0 ? 0 : delete_noted(db, e);
}
