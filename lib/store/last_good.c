/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table last_good. */
#include "lib/store/last_good.h"

#define KIND_FILE 0 /* in the place of an entry's kind */

int
last_good_clear(struct last_good *s, struct err *e)
{
	s->any = false;
	return stmt_run(db_stmt(s->db, SQL_LAST_GOOD_CLEAR), e);
}

static int
insert(struct last_good *s, int64_t kind, const char *name, const char *version,
    struct err *e)
{
	struct stmt *row = db_stmt(s->db, SQL_LAST_GOOD_INSERT);

	s->any = true;
	stmt_bind_int(row, SQL_LAST_GOOD_INSERT_P_KIND, kind);
	stmt_bind_str(row, SQL_LAST_GOOD_INSERT_P_NAME, name);
	stmt_bind_str(row, SQL_LAST_GOOD_INSERT_P_VERSION,
	    version == NULL ? "" : version);
	return stmt_run(row, e);
}

int
last_good_keep_file(struct last_good *s, const char *file, struct err *e)
{
	return insert(s, KIND_FILE, file, NULL, e);
}

int
last_good_keep_entry(
    struct last_good *s, const struct catalog_entry *entry, struct err *e)
{
	return insert(
	    s, entry->kind, entry->facts.name, entry->facts.version, e);
}

int
last_good_mark_seen(int64_t *count, struct last_good *s, struct err *e)
{
	/* The source is the first parameter of each. */
	static const struct {
		enum sql_id id;
		bool counts;
	} steps[] = {
		{ SQL_SEEN_LAST_GOOD, true },
		{ SQL_SEEN_LAST_GOOD_NAMES, true },
		{ SQL_WITHHELD_LAST_GOOD, false },
		{ SQL_WITHHELD_LAST_GOOD_NAMES, false },
	};

	*count = 0;
	if (!s->any)
		return 0;
	if (db_prepare(s->db, SQL_SET_RARE, e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct stmt *mark = db_stmt(s->db, steps[i].id);

		stmt_bind_int(mark, 1, s->source);
		if (stmt_run(mark, e) == -1)
			return -1;
		if (steps[i].counts)
			*count += db_changes(s->db);
	}
	return 0;
}
