/* SPDX-License-Identifier: Apache-2.0 */
/* Copying facts out of a database that may be damaged. */
#include "lib/store/copy.h"

#include "lib/digest.h"
#include "lib/store/database.h"
#include "lib/store/ids.h"

#include <string.h>

int
copy_open(struct db **out, const char *path, struct err *e)
{
	struct db *db = NULL;
	int rc = -1;

	if (db_open_copy(&db, path, e) == -1)
		return -1;
	if (database_set_up(db, e) == -1 ||
	    db_attach_stored(db, path, e) == -1 ||
	    db_prepare(db, SQL_SET_VERIFY, e) == -1)
		goto out;
	*out = db;
	db = NULL;
	rc = 0;
out:
	db_close(db);
	return rc;
}

int
copy_note_damaged(struct db *db, int64_t document, struct err *e)
{
	return ids_run(db, SQL_DAMAGED_INSERT, document, e);
}

/* Copies each document by itself, so that a bad page loses only its own. */
static int
copy_one_by_one(struct db *db, struct copy_loss *loss, struct err *e)
{
	struct stmt *wanted = db_stmt(db, SQL_COPY_DOCUMENTS_WANTED);
	bool row;

	if (stmt_run(db_stmt(db, SQL_COPY_DOCUMENTS_CLEAR), e) == -1)
		return -1;
	for (;;) {
		struct err ignored = ERR_INIT;

		if (stmt_step(wanted, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		if (ids_run(db, SQL_COPY_DOCUMENT, stmt_int(wanted, 0),
			&ignored) == 0 &&
		    db_changes(db) == 1)
			continue;
		loss->documents++;
		if (copy_note_damaged(db, stmt_int(wanted, 0), e) == -1)
			return -1;
	}
}

static int
copy_table(
    struct db *db, const char *name, struct copy_loss *loss, struct err *e)
{
	struct err why = ERR_INIT;

	if (db_copy_table(db, name, &why) == 0)
		return 0;
	if (strcmp(name, "withheld") == 0)
		loss->withheld = true;
	else if (strcmp(name, "document") != 0) {
		*e = why;
		return -1;
	}
	if (loss->why.code == ERR_NONE)
		loss->why = why;
	return 0;
}

static int
copy_tables(struct db *db, struct copy_loss *loss, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_FACT_TABLES);
	bool row;
	int rc = -1;

	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		if (copy_table(db, stmt_text(s, 0, NULL), loss, e) == -1)
			goto out;
	}
	rc = 0;
out:
	stmt_done(s);
	return rc;
}

int
copy_facts(struct db *db, struct copy_loss *loss, struct err *e)
{
	int64_t missing;
	int rc = -1;

	memset(loss, 0, sizeof *loss);
	/* Rows refer to tables that are copied later. */
	if (db_script(db, "PRAGMA foreign_keys = OFF", e) == -1 ||
	    stmt_run(db_stmt(db, SQL_COPY_SETTINGS_CLEAR), e) == -1 ||
	    copy_tables(db, loss, e) == -1 ||
	    stmt_number(&missing, db_stmt(db, SQL_COPY_MISSING), e) == -1)
		goto out;
	if (missing > 0 && copy_one_by_one(db, loss, e) == -1)
		goto out;
	stmt_done(db_stmt(db, SQL_COPY_DOCUMENTS_WANTED));
	if (db_script(db, "PRAGMA foreign_keys = ON", e) == -1)
		goto out;
	rc = 0;
out:
	stmt_done(db_stmt(db, SQL_COPY_DOCUMENTS_WANTED));
	return rc;
}

/* ---- damaged documents ---- */

static int
digest_placeholders(struct db *db, struct err *e)
{
	struct stmt *list = db_stmt(db, SQL_DAMAGED_LIST);
	struct digest *d = digest_new();
	unsigned char digest[DIGEST_RAW_SIZE];
	const char *body;
	size_t len;
	bool row;
	int rc = -1;

	for (;;) {
		if (stmt_step(list, &row, e) == -1)
			goto out;
		if (!row)
			break;
		body = stmt_text(list, 1, &len);
		digest_add(d, body, len);
		digest_raw(d, digest);
		if (db_run(db, SQL_DAMAGED_DIGEST,
			ARGS(BLOB(digest, sizeof digest),
			    INT(stmt_int(list, 0))),
			e) == -1)
			goto out;
	}
	rc = 0;
out:
	stmt_done(list);
	digest_free(d);
	return rc;
}

/* Makes the next fetch of each source that ${id} lists a full one. */
static int
forget_fetches(struct db *db, enum sql_id id, struct err *e)
{
	static const enum sql_id forget[] = { SQL_SOURCE_FORGET_VALIDATORS };

	return ids_run_listed(db, db_stmt(db, id), forget, 1, e);
}

int
copy_replace_damaged(struct db *db, const struct copy_loss *loss, struct err *e)
{
	if (stmt_run(db_stmt(db, SQL_DAMAGED_REPLACE), e) == -1 ||
	    digest_placeholders(db, e) == -1 ||
	    forget_fetches(db, SQL_DAMAGED_SOURCES, e) == -1)
		return -1;
	return loss->withheld ? forget_fetches(db, SQL_FILTERED_SOURCES, e) : 0;
}
