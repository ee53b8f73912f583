/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /registry/status, the state of the sync, and /registry/status/history, its
 * last runs.  Each part is the rows of one statement.  What the database does
 * not know is null.
 */
#include "fcgi/handlers/handle.h"
#include "fcgi/handlers/rows.h"
#include "lib/clock.h"
#include "lib/json_out.h"
#include "lib/lockfile.h"
#include "lib/sandbox/sandbox.h"
#include "lib/xalloc.h"

#include <stdlib.h>

/* A run without a heartbeat for longer is not running. */
#define HEARTBEAT_MAX (60 * CLOCK_SECOND)

/*
 * A source is overdue if it has been due for longer than its interval and this
 * time.
 */
#define OVERDUE_AFTER (3600 * CLOCK_SECOND)

/* Writes the first row of ${s}, or null. */
static int
add_row(struct json_out *j, const char *key, struct stmt *s, struct err *e)
{
	bool found;

	json_out_key(j, key);
	if (rows_add_object(&found, j, s, e) == -1)
		return -1;
	if (!found)
		json_out_null(j);
	return 0;
}

static void
add_warning(struct json_out *j, const char *what, const char *warning)
{
	if (warning == NULL || *warning == '\0')
		return;
	json_out_open(j, '{');
	json_out_member_str(j, "process", what);
	json_out_member_str(j, "warning", warning);
	json_out_close(j, '}');
}

/* Lists processes whose requested sandbox is not in force. */
static int
add_sandbox_warnings(struct json_out *j, struct db *db, struct err *e)
{
	struct stmt *s =
	    db_query(db, SQL_SETTING_READ, ARGS(STR(SANDBOX_SETTING)));
	char own[SANDBOX_WARNING_MAX];
	bool row;

	if (stmt_step(s, &row, e) == -1)
		return -1;
	sandbox_warning(own, sandbox_now());
	json_out_open(j, '[');
	add_warning(j, "fetch", row ? stmt_text(s, 0, NULL) : NULL);
	add_warning(j, "responder", own);
	json_out_close(j, ']');
	stmt_done(s);
	return 0;
}

static struct stmt *
running_run(struct db *db)
{
	return db_query(
	    db, SQL_STATUS_RUNNING, ARGS(INT(clock_now() - HEARTBEAT_MAX)));
}

/*
 * Sets *${before}: a source is overdue if it was due an interval before that;
 * 0: none is, since a run is active.  *${why} names the first such source; the
 * caller frees it.
 */
static int
find_overdue(char **why, int64_t *before, struct db *db, struct err *e)
{
	struct stmt *running = running_run(db);
	struct stmt *s;
	char due[CLOCK_TEXT_SIZE];
	bool row;

	*before = 0;
	if (stmt_step(running, &row, e) == -1)
		return -1;
	stmt_done(running);
	if (row)
		return 0;
	*before = clock_now() - OVERDUE_AFTER;
	s = db_query(db, SQL_STATUS_OVERDUE, ARGS(INT(*before)));
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (row) {
		clock_format(due, stmt_int(s, 1));
		*why = xasprintf(
		    "no run has tried source '%s' since it fell due at %s",
		    stmt_text(s, 0, NULL), due);
	}
	stmt_done(s);
	return 0;
}

/* The last run, the active run and the sources. */
static int
add_syncs(struct json_out *j, struct exchange *x, struct err *e)
{
	struct stmt *last, *sources;
	char *why = NULL;
	int64_t before, started, ended;
	int rc = -1;

	if (find_overdue(&why, &before, x->db, e) == -1)
		goto out;
	lockfile_noted(&started, &ended, x->database);
	last = db_query(x->db, SQL_STATUS_LAST_RUN,
	    ARGS(INT(ended), INT(started), STR(why)));
	if (add_row(j, "lastSync", last, e) == -1 ||
	    add_row(j, "running", running_run(x->db), e) == -1)
		goto out;
	sources = db_query(x->db, SQL_STATUS_SOURCES, ARGS(INT(before)));
	json_out_key(j, "sources");
	if (rows_add_array(j, sources, e) == -1)
		goto out;
	rc = 0;
out:
	free(why);
	return rc;
}

int
handle_status(struct exchange *x, struct err *e)
{
	struct json_out j = JSON_OUT_INIT(&x->response->body);

	json_out_open(&j, '{');
	if (add_syncs(&j, x, e) == -1)
		return -1;
	json_out_key(&j, "registries");
	if (rows_add_array(&j, db_stmt(x->db, SQL_STATUS_REGISTRIES), e) == -1)
		return -1;
	json_out_key(&j, "sandboxWarnings");
	if (add_sandbox_warnings(&j, x->db, e) == -1)
		return -1;
	json_out_close(&j, '}');
	buf_addc(&x->response->body, '\n');
	return 0;
}

static int
add_history(
    struct json_out *j, struct exchange *x, const char *source, struct err *e)
{
	struct stmt *s = db_query(
	    x->db, SQL_STATUS_HISTORY, ARGS(STR(source), INT(x->query->limit)));

	return rows_add_array(j, s, e);
}

int
handle_history(struct exchange *x, struct err *e)
{
	struct json_out j = JSON_OUT_INIT(&x->response->body);
	struct stmt *s = db_stmt(x->db, SQL_STATUS_SOURCES);
	bool row;

	json_out_open(&j, '{');
	json_out_key(&j, "sources");
	json_out_open(&j, '[');
	for (;;) {
		const char *name;

		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		name = stmt_str(s, 0);
		json_out_open(&j, '{');
		json_out_member_str(&j, "name", name);
		json_out_key(&j, "runs");
		if (add_history(&j, x, name, e) == -1)
			return -1;
		json_out_close(&j, '}');
	}
	json_out_close(&j, ']');
	json_out_close(&j, '}');
	buf_addc(&x->response->body, '\n');
	return 0;
}
