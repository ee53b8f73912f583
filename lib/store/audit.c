/* SPDX-License-Identifier: Apache-2.0 */
/* Checking a database, and rebuilding it from its facts. */
#include "lib/store/audit.h"

#include "lib/digest.h"
#include "lib/store/blocks.h"
#include "lib/store/copy.h"
#include "lib/store/derive.h"
#include "lib/store/stored.h"

#include <stdio.h>
#include <string.h>

/* The columns of the statement verify_documents. */
enum {
	COLUMN_DOCUMENT,
	COLUMN_DIGEST,
	COLUMN_BODY,
	COLUMN_UPSTREAM,
	COLUMN_CHECKABLE = COLUMN_UPSTREAM + 7,
	COLUMN_SOURCE,
	COLUMN_NAME,
	COLUMN_VERSION
};

/* A statement returns the number of problems and an example. */
static const struct {
	const char *name;
	enum sql_id id;
	bool compared;
} checks[AUDIT_CHECKS] = {
	[AUDIT_PAGES] = { "pages", SQL_VERIFY_PAGES, false },
	[AUDIT_FACTS] = { .name = "facts" },
	[AUDIT_REFERENCES] = { "references", SQL_VERIFY_REFERENCES, false },
	[AUDIT_DOCUMENTS] = { .name = "documents" },
	[AUDIT_SOURCE_COUNTS] = { "source-counts", SQL_VERIFY_SOURCE_COUNTS,
	    true },
	[AUDIT_TEXTS] = { "search-texts", SQL_VERIFY_TEXTS, true },
	[AUDIT_HEADS] = { "entries", SQL_VERIFY_HEADS, true },
	[AUDIT_ORDER] = { "order", SQL_VERIFY_ORDER, true },
	[AUDIT_MEMBERSHIP] = { "registries", SQL_VERIFY_MEMBERSHIP, true },
	[AUDIT_REGISTRY_COUNTS] = { "registry-counts",
	    SQL_VERIFY_REGISTRY_COUNTS, true },
	[AUDIT_INDEX] = { "index", SQL_VERIFY_INDEX, false },
};

const char *
audit_check_name(enum audit_check check)
{
	return checks[check].name;
}

bool
audit_is_clean(const struct audit *a)
{
	for (int i = 0; i < AUDIT_CHECKS; i++)
		if (!a->checks[i].made || a->checks[i].problems > 0)
			return false;
	return true;
}

static void
add_problem(struct audit *a, enum audit_check check, const char *example)
{
	struct audit_result *r = &a->checks[check];

	if (r->problems++ == 0 && example != NULL)
		snprintf(r->example, sizeof r->example, "%.*s",
		    AUDIT_EXAMPLE - 1, example);
}

/* A statement that fails is a finding, too. */
static void
compare(struct audit *a, struct db *db, enum audit_check check)
{
	struct audit_result *r = &a->checks[check];
	struct stmt *s = db_stmt(db, checks[check].id);
	struct err why = ERR_INIT;
	const char *example;
	bool row;

	r->made = true;
	if (stmt_step(s, &row, &why) == -1) {
		add_problem(a, check, why.text);
		return;
	}
	r->problems = row ? stmt_int(s, 0) : 0;
	example = row ? stmt_text(s, 1, NULL) : NULL;
	if (r->problems > 0 && example != NULL)
		snprintf(r->example, sizeof r->example, "%.*s",
		    AUDIT_EXAMPLE - 1, example);
	stmt_done(s);
}

/* ---- documents ---- */

/* Whether a document matches its digest. */
static bool
is_intact(struct stmt *s, struct digest *d)
{
	unsigned char made[DIGEST_RAW_SIZE];
	struct catalog_upstream upstream, *said;
	const char *body;
	const void *digest;
	size_t len, body_len;

	if (stmt_is_null(s, COLUMN_BODY))
		return false;
	if (stmt_int(s, COLUMN_CHECKABLE) == 0)
		return true;
	body = stmt_text(s, COLUMN_BODY, &body_len);
	said =
	    stored_upstream(&upstream, s, COLUMN_UPSTREAM) ? &upstream : NULL;
	digest = stmt_blob(s, COLUMN_DIGEST, &len);
	if (len != sizeof made)
		return false;
	/* It is not stored whether the entry had a note. */
	stored_digest(made, d, body, body_len, said, false);
	if (memcmp(made, digest, len) == 0)
		return true;
	stored_digest(made, d, body, body_len, said, true);
	return memcmp(made, digest, len) == 0;
}

static int
check_documents(struct audit *a, struct db *db, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_VERIFY_DOCUMENTS);
	struct digest *d = digest_new();
	char text[AUDIT_EXAMPLE];
	bool row;
	int rc = -1;

	a->checks[AUDIT_DOCUMENTS].made = true;
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		a->documents++;
		if (is_intact(s, d))
			continue;
		snprintf(text, sizeof text, "%.200s %.100s of source %.60s",
		    stmt_text(s, COLUMN_NAME, NULL),
		    stmt_text(s, COLUMN_VERSION, NULL),
		    stmt_text(s, COLUMN_SOURCE, NULL));
		add_problem(a, AUDIT_DOCUMENTS, text);
		if (copy_note_damaged(db, stmt_int(s, COLUMN_DOCUMENT), e) ==
		    -1)
			goto out;
	}
	rc = 0;
out:
	stmt_done(s);
	digest_free(d);
	return rc;
}

/* ---- derived tables ---- */

/* Builds a second index from the stored heads. */
static int
index_stored(struct db *db, struct err *e)
{
	static const enum sql_id steps[] = { SQL_INDEX_MEMBERSHIP_CLEAR,
		SQL_POSTINGS_CLEAR, SQL_BLOCKS_CLEAR, SQL_HEADS_CLEAR,
		SQL_STALE_CLEAR, SQL_INDEX_TAKE_HEADS,
		SQL_INDEX_TAKE_MEMBERSHIP, SQL_INDEX_TAKE_BLOCKS,
		SQL_INDEX_ALL_STALE };

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (stmt_run(db_stmt(db, steps[i]), e) == -1)
			return -1;
	return blocks_update(db, e);
}

/* Made only if the indexed tables passed their checks. */
static int
check_index(struct audit *a, struct db *db, struct err *e)
{
	struct err why = ERR_INIT;

	for (int i = 0; i < AUDIT_INDEX; i++)
		if (!a->checks[i].made || a->checks[i].problems > 0)
			return 0;
	if (db_savepoint(db, e) == -1)
		return -1;
	if (index_stored(db, &why) == -1)
		add_problem(a, AUDIT_INDEX, why.text);
	else
		compare(a, db, AUDIT_INDEX);
	a->checks[AUDIT_INDEX].made = true;
	db_savepoint_undo(db);
	return 0;
}

/* Starts a read transaction: all checks see one state of the database. */
static int
open_snapshot(struct db *db, struct err *e)
{
	bool row;

	return stmt_step(db_stmt(db, SQL_HOLD_STORED), &row, e);
}

/* Derives all tables from the copied facts. */
static int
rebuild_copy(
    struct audit *a, struct db *db, const struct copy_loss *loss, struct err *e)
{
	int rc = -1;

	if (db_begin_write(db, e) == -1)
		return -1;
	if (check_documents(a, db, e) == -1 ||
	    copy_replace_damaged(db, loss, e) == -1 ||
	    derive_everything(db, e) == -1 || db_commit(db, e) == -1)
		goto out;
	rc = 0;
out:
	db_rollback(db);
	return rc;
}

/* Makes all checks.  Afterwards ${db} is the repaired database. */
static int
check_all(struct audit *a, struct db *db, struct err *e)
{
	struct copy_loss loss;

	compare(a, db, AUDIT_PAGES);
	a->checks[AUDIT_FACTS].made = true;
	if (copy_facts(db, &loss, e) == -1) {
		add_problem(a, AUDIT_FACTS, e->text);
		return -1;
	}
	if (loss.why.code != ERR_NONE)
		add_problem(a, AUDIT_FACTS, loss.why.text);
	compare(a, db, AUDIT_REFERENCES);
	if (rebuild_copy(a, db, &loss, e) == -1)
		return -1;
	for (int i = 0; i < AUDIT_CHECKS; i++)
		if (checks[i].compared)
			compare(a, db, (enum audit_check)i);
	return check_index(a, db, e);
}

int
audit_run(struct audit *out, const char *path, struct err *e)
{
	struct db *db = NULL;
	int rc = -1;

	memset(out, 0, sizeof *out);
	if (copy_open(&db, path, e) == -1 || open_snapshot(db, e) == -1)
		goto out;
	/* Unreadable facts are a finding, not an error. */
	if (check_all(out, db, e) == -1 &&
	    out->checks[AUDIT_FACTS].problems == 0)
		goto out;
	rc = 0;
out:
	db_close(db);
	return rc;
}

int
audit_rebuild(struct audit *out, const char *path, struct err *e)
{
	struct db *db = NULL;
	int rc = -1;

	memset(out, 0, sizeof *out);
	if (copy_open(&db, path, e) == -1 || open_snapshot(db, e) == -1 ||
	    check_all(out, db, e) == -1)
		goto out;
	stmt_done(db_stmt(db, SQL_HOLD_STORED));
	if (db_write_over(db, path, e) == -1)
		goto out;
	rc = 0;
out:
	db_close(db);
	return rc;
}
