/* SPDX-License-Identifier: Apache-2.0 */
/* Running statements for one row number or for a list of them. */
#include "lib/store/ids.h"

#include "lib/xalloc.h"

#include <stdlib.h>

int
ids_read(struct ids *out, struct stmt *s, struct err *e)
{
	size_t room = 0;
	bool row;

	*out = (struct ids){ NULL, 0 };
	for (;;) {
		if (stmt_step(s, &row, e) == -1) {
			ids_free(out);
			return -1;
		}
		if (!row)
			return 0;
		if (out->count == room) {
			room = room == 0 ? 16 : room * 2;
			out->at = xreallocarray(out->at, room, sizeof *out->at);
		}
		out->at[out->count++] = stmt_int(s, 0);
	}
}

void
ids_free(struct ids *ids)
{
	free(ids->at);
	*ids = (struct ids){ NULL, 0 };
}

int
ids_run(struct db *db, enum sql_id statement, int64_t id, struct err *e)
{
	struct stmt *s = db_stmt(db, statement);

	stmt_bind_int(s, 1, id);
	return stmt_run(s, e);
}

int
ids_run_all(struct db *db, const enum sql_id *statements, size_t count,
    int64_t id, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (ids_run(db, statements[i], id, e) == -1)
			return -1;
	return 0;
}

int
ids_run_listed(struct db *db, struct stmt *list, const enum sql_id *statements,
    size_t count, struct err *e)
{
	struct ids ids;
	int rc = -1;

	if (ids_read(&ids, list, e) == -1)
		return -1;
	for (size_t i = 0; i < ids.count; i++)
		if (ids_run_all(db, statements, count, ids.at[i], e) == -1)
			goto out;
	rc = 0;
out:
	ids_free(&ids);
	return rc;
}
