/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /registry/status: how the sync goes, and /registry/status/history: how it
 * went.
 *
 * Each part is one statement and one table of its columns.  What the database
 * does not know is null.
 */
#include "fcgi/handlers/handle.h"
#include "fcgi/handlers/rows.h"
#include "lib/clock.h"
#include "lib/json_out.h"
#include "lib/lockfile.h"
#include "lib/sandbox/sandbox.h"
#include "lib/xalloc.h"

#include <stdlib.h>

/* Without a heartbeat for longer a run is not running. */
#define HEARTBEAT_MAX (60 * CLOCK_SECOND)

/*
 * A source is overdue if it has been due for longer than its interval and this:
 * timers that are that rare are broken.
 */
#define OVERDUE_AFTER (3600 * CLOCK_SECOND)

static const struct rows_field last_run_fields[] = {
	{ "type", ROWS_TEXT, false },
	{ "startTime", ROWS_INSTANT, false },
	{ "completionTime", ROWS_INSTANT, false },
	{ "hash", ROWS_TEXT, false },
	{ "serverCount", ROWS_NUMBER, false },
	{ "result", ROWS_TEXT, false },
	{ "attemptCount", ROWS_NUMBER, false },
	{ "errorMessage", ROWS_TEXT, false },
	{ 0 },
};

static const struct rows_field running_fields[] = {
	{ "runId", ROWS_TEXT, false },
	{ "type", ROWS_TEXT, false },
	{ "startTime", ROWS_INSTANT, false },
	{ "source", ROWS_TEXT, false },
	{ "entries", ROWS_NUMBER, false },
	{ "bytes", ROWS_NUMBER, false },
	{ 0 },
};

static const struct rows_field source_fields[] = {
	{ "name", ROWS_TEXT, false },
	{ "type", ROWS_TEXT, false },
	{ "phase", ROWS_TEXT, false },
	{ "message", ROWS_TEXT, false },
	{ "attemptCount", ROWS_NUMBER, false },
	{ "lastSync", ROWS_INSTANT, false },
	{ "lastAttempt", ROWS_INSTANT, false },
	{ "lastSuccess", ROWS_INSTANT, false },
	{ "lastCheck", ROWS_INSTANT, false },
	{ "nextDue", ROWS_INSTANT, false },
	{ "hash", ROWS_TEXT, false },
	{ "revision", ROWS_TEXT, false },
	{ "serverCount", ROWS_NUMBER, false },
	{ "skillCount", ROWS_NUMBER, false },
	{ "pluginCount", ROWS_NUMBER, false },
	{ "rejectedCount", ROWS_NUMBER, false },
	{ 0 },
};

static const struct rows_field history_fields[] = {
	{ "runId", ROWS_TEXT, false },
	{ "type", ROWS_TEXT, false },
	{ "startTime", ROWS_INSTANT, false },
	{ "completionTime", ROWS_INSTANT, false },
	{ "result", ROWS_TEXT, false },
	{ "addedCount", ROWS_NUMBER, false },
	{ "updatedCount", ROWS_NUMBER, false },
	{ "removedCount", ROWS_NUMBER, false },
	{ "unchangedCount", ROWS_NUMBER, false },
	{ "rejectedCount", ROWS_NUMBER, false },
	{ "totalCount", ROWS_NUMBER, false },
	{ "errorMessage", ROWS_TEXT, false },
	{ 0 },
};

static const struct rows_field registry_fields[] = {
	{ "name", ROWS_TEXT, false },
	{ "default", ROWS_TRUTH, false },
	{ "sources", ROWS_JSON, false },
	{ "serverCount", ROWS_NUMBER, false },
	{ "skillCount", ROWS_NUMBER, false },
	{ "pluginCount", ROWS_NUMBER, false },
	{ 0 },
};

/* The first row of ${s}, or null. */
static int
add_row(struct json_out *j, const char *key, struct stmt *s,
    const struct rows_field *fields, struct err *e)
{
	bool found;

	json_out_key(j, key);
	if (rows_add_object(&found, j, s, fields, e) == -1)
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
	json_out_key(j, "process");
	json_out_str(j, what);
	json_out_key(j, "warning");
	json_out_str(j, warning);
	json_out_close(j, '}');
}

/* Lists processes whose requested sandbox is not in force. */
static int
add_sandbox_warnings(struct json_out *j, struct db *db, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_SETTING_READ);
	char own[SANDBOX_WARNING_MAX];
	bool row;

	stmt_bind_str(s, SQL_SETTING_READ_P_KEY, SANDBOX_SETTING);
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
	struct stmt *s = db_stmt(db, SQL_STATUS_RUNNING);

	stmt_bind_int(
	    s, SQL_STATUS_RUNNING_P_ALIVE, clock_now() - HEARTBEAT_MAX);
	return s;
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
	struct stmt *s = db_stmt(db, SQL_STATUS_OVERDUE);
	char due[CLOCK_TEXT_SIZE];
	bool row;

	*before = 0;
	if (stmt_step(running, &row, e) == -1)
		return -1;
	stmt_done(running);
	if (row)
		return 0;
	*before = clock_now() - OVERDUE_AFTER;
	stmt_bind_int(s, SQL_STATUS_OVERDUE_P_BEFORE, *before);
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

/* The last run and the sources: both report what is overdue. */
static int
add_syncs(struct json_out *j, struct exchange *x, struct err *e)
{
	struct stmt *last = db_stmt(x->db, SQL_STATUS_LAST_RUN);
	struct stmt *sources = db_stmt(x->db, SQL_STATUS_SOURCES);
	char *why = NULL;
	int64_t before, started, ended;
	int rc = -1;

	if (find_overdue(&why, &before, x->db, e) == -1)
		goto out;
	lockfile_noted(&started, &ended, x->database);
	stmt_bind_int(last, SQL_STATUS_LAST_RUN_P_NOTED, ended);
	stmt_bind_int(last, SQL_STATUS_LAST_RUN_P_NOTED_START, started);
	stmt_bind_str(last, SQL_STATUS_LAST_RUN_P_OVERDUE, why);
	if (add_row(j, "lastSync", last, last_run_fields, e) == -1 ||
	    add_row(j, "running", running_run(x->db), running_fields, e) == -1)
		goto out;
	stmt_bind_int(sources, SQL_STATUS_SOURCES_P_BEFORE, before);
	json_out_key(j, "sources");
	if (rows_add_array(j, sources, source_fields, e) == -1)
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
	if (rows_add_array(&j, db_stmt(x->db, SQL_STATUS_REGISTRIES),
		registry_fields, e) == -1)
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
	struct stmt *s = db_stmt(x->db, SQL_STATUS_HISTORY);

	stmt_bind_str(s, SQL_STATUS_HISTORY_P_SOURCE, source);
	stmt_bind_int(s, SQL_STATUS_HISTORY_P_LIMIT, x->query->limit);
	return rows_add_array(j, s, history_fields, e);
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
		json_out_key(&j, "name");
		json_out_str(&j, name);
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
