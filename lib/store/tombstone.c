/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting tombstones. */
#include "lib/store/tombstone.h"

#include "lib/store/derive.h"
#include "lib/store/ids.h"

/* Deletes the tombstones that ${s} lists; sets ${count} to their number. */
static int
delete_listed(size_t *count, struct db *db, struct stmt *s, struct err *e)
{
	static const enum sql_id steps[] = { SQL_TOUCH_DOCUMENT,
		SQL_DOCUMENT_DELETE, SQL_VERSION_DELETE };
	struct ids documents;
	int rc = -1;

	if (ids_read(&documents, s, e) == -1)
		return -1;
	*count = documents.count;
	if (*count > 0 && db_prepare(db, SQL_SET_RARE, e) == -1)
		goto out;
	for (size_t i = 0; i < documents.count; i++)
		if (ids_run_all(db, steps, 3, documents.at[i], e) == -1)
			goto out;
	rc = 0;
out:
	ids_free(&documents);
	return rc;
}

static int
delete_old(size_t *count, struct db *db, int64_t before, struct err *e)
{
	return delete_listed(
	    count, db, db_query(db, SQL_TOMBSTONES_OLD, ARGS(INT(before))), e);
}

static int
delete_excess(size_t *count, struct db *db, int64_t most, struct err *e)
{
	int64_t all;

	*count = 0;
	if (most == TOMBSTONE_ANY)
		return 0;
	if (stmt_number(&all, db_stmt(db, SQL_TOMBSTONES_COUNT), e) == -1)
		return -1;
	if (all <= most)
		return 0;
	if (db_prepare(db, SQL_SET_RARE, e) == -1)
		return -1;
	return delete_listed(
	    count, db, db_query(db, SQL_TOMBSTONES_EXCESS, ARGS(INT(most))), e);
}

int
tombstone_expire(
    int64_t *excess, struct db *db, int64_t before, int64_t most, struct err *e)
{
	const struct instant none = INSTANT_NONE;
	struct instant at;
	size_t old, more;

	if (delete_old(&old, db, before, e) == -1 ||
	    delete_excess(&more, db, most, e) == -1)
		return -1;
	*excess = (int64_t)more;
	if (old + more == 0)
		return 0;
	if (instant_get(&at, db, e) == -1)
		return -1;
	return derive_touched(db, 0, &none, at.changed, e);
}
