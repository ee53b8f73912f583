/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creating the database and moving it from one schema to the next.
 *
 * Numbered steps change the tables of facts.  When SCHEMA_DERIVED changes, the
 * derived tables are dropped and filled again from the facts, without asking
 * any source.  Both happen in one transaction: a reader finds the old schema or
 * the new one, complete.
 */
#include "lib/store/database.h"

#include "lib/clock.h"
#include "lib/db/schema.h"
#include "lib/store/derive.h"
#include "lib/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DATABASE_ID_BYTES 8

static int
set_user_version(struct db *db, int64_t version, struct err *e)
{
	char text[64];

	snprintf(text, sizeof text, "PRAGMA user_version = %" PRId64, version);
	return db_script(db, text, e);
}

static const char drop_heads[] = "DROP TABLE IF EXISTS entry_head;";

/* From this version to that step, entry_head had a fact: shown_us. */
#define HEADS_WITH_FACTS 5005
#define STEP_SAVING_HEADS 6

/* Derived tables refer to facts, so they are dropped first. */
static int
move(struct db *db, int64_t version, struct err *e)
{
	bool keep_heads =
	    version >= HEADS_WITH_FACTS && version / 1000 < STEP_SAVING_HEADS;

	if (db_begin_write(db, e) == -1 ||
	    db_script(db, schema_drop_derived, e) == -1 ||
	    (!keep_heads && db_script(db, drop_heads, e) == -1))
		return -1;
	for (int64_t i = version / 1000; schema_durable[i] != NULL; i++) {
		if (db_script(db, schema_durable[i], e) == 0)
			continue;
		err_wrap(e, "schema step %" PRId64, i + 1);
		return -1;
	}
	if (db_script(db, schema_derived, e) == -1)
		return -1;
	return db_script(db, schema_views, e);
}

static int
make_database_id(struct db *db, struct err *e)
{
	unsigned char bytes[DATABASE_ID_BYTES];
	char text[DATABASE_ID_BYTES * 2 + 1];
	char *old = NULL;
	int rc = -1;

	if (database_setting(&old, db, "database_id", e) == -1)
		return -1;
	if (old == NULL) {
		if (getentropy(bytes, sizeof bytes) == -1) {
			err_set(e, ERR_INTERNAL, "no random bytes");
			goto out;
		}
		for (size_t i = 0; i < sizeof bytes; i++)
			snprintf(text + 2 * i, 3, "%02x", bytes[i]);
		if (database_set(db, "database_id", text, e) == -1)
			goto out;
	}
	rc = 0;
out:
	free(old);
	return rc;
}

/*
 * The write statements name the derived tables, so those have to exist before
 * the statements can be prepared, and be filled after that: one transaction
 * around it all.
 */
static int
prepare(struct db *db, int64_t version, struct err *e)
{
	bool rebuild = version != SCHEMA_VERSION;
	int rc = -1;

	if (db_script(db, schema_temporary, e) == -1)
		return -1;
	if (rebuild && move(db, version, e) == -1)
		goto out;
	if (db_prepare(db, SQL_SET_WRITE, e) == -1)
		goto out;
	if (rebuild && (make_database_id(db, e) == -1 ||
			   database_set(db, DATABASE_LAYOUT, "", e) == -1 ||
			   derive_everything(db, e) == -1 ||
			   set_user_version(db, SCHEMA_VERSION, e) == -1 ||
			   db_commit(db, e) == -1))
		goto out;
	rc = 0;
out:
	db_rollback(db);
	return rc;
}

static int
check_owner(struct db *db, int64_t version, struct err *e)
{
	int64_t id, objects;

	if (db_file_facts(db, &id, &objects, e) == -1)
		return -1;
	if (version == 0 && id == 0 && objects == 0)
		return db_script(db,
		    "PRAGMA application_id = " SCHEMA_APPLICATION_ID_TEXT, e);
	if (id != SCHEMA_APPLICATION_ID) {
		err_set(e, ERR_STORAGE, "is not a registry database");
		return -1;
	}
	if (version / 1000 > SCHEMA_DURABLE || version > SCHEMA_VERSION) {
		err_set(e, ERR_STORAGE,
		    "has schema %" PRId64 ", made by a newer program; "
		    "this one knows %d",
		    version, SCHEMA_VERSION);
		return -1;
	}
	return 0;
}

int
database_set_up(struct db *db, struct err *e)
{
	int64_t version;

	if (db_user_version(db, &version, e) == -1 ||
	    check_owner(db, version, e) == -1)
		return -1;
	return prepare(db, version, e);
}

int
database_open(struct db **out, const char *path, struct err *e)
{
	struct db *db = NULL;
	int rc = -1;

	if (db_open(&db, path, DB_WRITE, e) == -1)
		return -1;
	if (database_set_up(db, e) == -1) {
		err_wrap(e, "%s", path);
		goto out;
	}
	*out = db;
	db = NULL;
	rc = 0;
out:
	db_close(db);
	return rc;
}

int
database_recover(struct db *db, struct err *e)
{
	int rc = -1;

	if (db_begin_write(db, e) == -1)
		return -1;
	if (db_run(db, SQL_RUN_ORPHANS, ARGS(INT(clock_now())), e) == -1 ||
	    stmt_run(db_stmt(db, SQL_SOURCE_STATE_ORPHANS), e) == -1 ||
	    db_commit(db, e) == -1)
		goto out;
	rc = 0;
out:
	db_rollback(db);
	return rc;
}

int
database_setting(char **out, struct db *db, const char *key, struct err *e)
{
	struct stmt *s = db_query(db, SQL_SETTING_GET, ARGS(STR(key)));
	bool row;

	*out = NULL;
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (row)
		*out = xstrdup(stmt_text(s, 0, NULL));
	stmt_done(s);
	return 0;
}

int
database_set(struct db *db, const char *key, const char *value, struct err *e)
{
	return db_run(db, SQL_SETTING_PUT, ARGS(STR(key), STR(value)), e);
}
