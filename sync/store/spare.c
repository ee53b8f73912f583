/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the tables spared and unread. */
#include "sync/store/spare.h"

int
spare_clear(struct spare *s, struct err *e)
{
	s->any = false;
	if (stmt_run(db_stmt(s->db, SQL_SPARED_CLEAR), e) == -1)
		return -1;
	return stmt_run(db_stmt(s->db, SQL_UNREAD_CLEAR), e);
}

int
spare_file(struct spare *s, const char *file, struct err *e)
{
	struct stmt *insert = db_stmt(s->db, SQL_UNREAD_INSERT);

	s->any = true;
	stmt_bind_str(insert, SQL_UNREAD_INSERT_P_FILE, file);
	return stmt_run(insert, e);
}

int
spare_name(struct spare *s, const struct catalog_entry *entry, struct err *e)
{
	const char *version = entry->facts.version;
	struct stmt *insert = db_stmt(s->db, SQL_SPARED_INSERT);

	s->any = true;
	stmt_bind_int(insert, SQL_SPARED_INSERT_P_KIND, entry->kind);
	stmt_bind_str(insert, SQL_SPARED_INSERT_P_NAME, entry->facts.name);
	stmt_bind_str(insert, SQL_SPARED_INSERT_P_VERSION,
	    version == NULL ? "" : version);
	return stmt_run(insert, e);
}

int
spare_mark_seen(int64_t *count, struct spare *s, struct err *e)
{
	/* The source is the first parameter of each. */
	static const struct {
		enum sql_id id;
		bool counts;
	} steps[] = {
		{ SQL_SEEN_UNREAD, true },
		{ SQL_SEEN_SPARED, true },
		{ SQL_SEEN_SPARED_NAMES, true },
		{ SQL_WITHHELD_UNREAD, false },
		{ SQL_WITHHELD_SPARED, false },
		{ SQL_WITHHELD_SPARED_NAMES, false },
	};

	*count = 0;
	for (size_t i = 0; s->any && i < sizeof steps / sizeof steps[0]; i++) {
		struct stmt *mark = db_stmt(s->db, steps[i].id);

		stmt_bind_int(mark, 1, s->source);
		if (stmt_run(mark, e) == -1)
			return -1;
		if (steps[i].counts)
			*count += db_changes(s->db);
	}
	return 0;
}
