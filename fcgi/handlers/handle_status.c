/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /registry/status: how the sync goes, and /registry/status/history: how it
 * went.
 *
 * Each part is one statement whose columns are written under the names of a
 * table, in order; what the database does not know is null.
 */
#include "fcgi/handlers/handle.h"
#include "lib/clock.h"
#include "lib/json_out.h"
#include "lib/lockfile.h"
#include "lib/sandbox/sandbox.h"
#include "lib/xalloc.h"

#include <stdlib.h>

/* A run whose process has not been heard of for longer is not running. */
#define HEARTBEAT_MAX (60 * CLOCK_SECOND)

/*
 * Sources that are due longer than their interval and this are overdue: timers
 * may come seldom, but not so seldom.
 */
#define OVERDUE_AFTER (3600 * CLOCK_SECOND)

enum form {
	TEXT,
	NUMBER,
	INSTANT,
	TRUTH
};

struct field {
	const char *key;
	enum form form;
};

static const struct field last_run_fields[] = {
	{ "type", TEXT },
	{ "startTime", INSTANT },
	{ "completionTime", INSTANT },
	{ "hash", TEXT },
	{ "serverCount", NUMBER },
	{ "result", TEXT },
	{ "attemptCount", NUMBER },
	{ "errorMessage", TEXT },
};

static const struct field running_fields[] = {
	{ "runId", TEXT },
	{ "type", TEXT },
	{ "startTime", INSTANT },
	{ "source", TEXT },
	{ "entries", NUMBER },
	{ "bytes", NUMBER },
};

static const struct field source_fields[] = {
	{ "name", TEXT },
	{ "type", TEXT },
	{ "phase", TEXT },
	{ "message", TEXT },
	{ "attemptCount", NUMBER },
	{ "lastSync", INSTANT },
	{ "lastAttempt", INSTANT },
	{ "lastSuccess", INSTANT },
	{ "lastCheck", INSTANT },
	{ "nextDue", INSTANT },
	{ "hash", TEXT },
	{ "revision", TEXT },
	{ "serverCount", NUMBER },
	{ "skillCount", NUMBER },
	{ "pluginCount", NUMBER },
	{ "rejectedCount", NUMBER },
};

static const struct field history_fields[] = {
	{ "runId", TEXT },
	{ "type", TEXT },
	{ "startTime", INSTANT },
	{ "completionTime", INSTANT },
	{ "result", TEXT },
	{ "addedCount", NUMBER },
	{ "updatedCount", NUMBER },
	{ "removedCount", NUMBER },
	{ "unchangedCount", NUMBER },
	{ "rejectedCount", NUMBER },
	{ "totalCount", NUMBER },
	{ "errorMessage", TEXT },
};

/* The members of a registry; its sources come after the first two. */
static const struct field registry_fields[] = {
	{ "name", TEXT },
	{ "default", TRUTH },
	{ "serverCount", NUMBER },
	{ "skillCount", NUMBER },
	{ "pluginCount", NUMBER },
};
#define REGISTRY_SOURCES_AT 2
#define REGISTRY_ID 5 /* the column behind the fields */

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static void
add_fields(struct json_out *j, struct stmt *s, const struct field *fields,
    int from, int to)
{
	for (int i = from; i < to; i++) {
		json_out_key(j, fields[i].key);
		if (stmt_is_null(s, i))
			json_out_null(j);
		else if (fields[i].form == TEXT)
			json_out_str(j, stmt_text(s, i, NULL));
		else if (fields[i].form == NUMBER)
			json_out_int(j, stmt_int(s, i));
		else if (fields[i].form == INSTANT)
			json_out_time(j, stmt_int(s, i));
		else
			json_out_bool(j, stmt_int(s, i) != 0);
	}
}

/* The first row of ${s} as an object, null without one. */
static int
add_object(struct json_out *j, struct stmt *s, const struct field *fields,
    int count, struct err *e)
{
	bool row;

	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row) {
		json_out_null(j);
		return 0;
	}
	json_out_open(j, '{');
	add_fields(j, s, fields, 0, count);
	json_out_close(j, '}');
	stmt_done(s);
	return 0;
}

/* All rows of ${s} as an array of objects. */
static int
add_objects(struct json_out *j, struct stmt *s, const struct field *fields,
    int count, struct err *e)
{
	bool row;

	json_out_open(j, '[');
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		json_out_open(j, '{');
		add_fields(j, s, fields, 0, count);
		json_out_close(j, '}');
	}
	json_out_close(j, ']');
	return 0;
}

int
handle_add_source_names(
    struct json_out *j, struct db *db, int64_t registry, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_STATUS_REGISTRY_SOURCES);
	bool row;

	stmt_bind_int(s, SQL_STATUS_REGISTRY_SOURCES_P_REGISTRY, registry);
	json_out_key(j, "sources");
	json_out_open(j, '[');
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		json_out_str(j, stmt_text(s, 0, NULL));
	}
	json_out_close(j, ']');
	return 0;
}

static int
add_registries(struct json_out *j, struct db *db, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_STATUS_REGISTRIES);
	bool row;

	json_out_open(j, '[');
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		json_out_open(j, '{');
		add_fields(j, s, registry_fields, 0, REGISTRY_SOURCES_AT);
		if (handle_add_source_names(
			j, db, stmt_int(s, REGISTRY_ID), e) == -1)
			return -1;
		add_fields(j, s, registry_fields, REGISTRY_SOURCES_AT,
		    COUNT(registry_fields));
		json_out_close(j, '}');
	}
	json_out_close(j, ']');
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
 * Sets *${before} to the time before which a source has to have fallen due, an
 * interval ago, to be overdue; 0: a run may be about to try it.  *${why} names
 * the first such source; the caller frees it.
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

/* The last run, and the sources: both say what is overdue. */
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
	json_out_key(j, "lastSync");
	if (add_object(j, last, last_run_fields, COUNT(last_run_fields), e) ==
	    -1)
		goto out;
	json_out_key(j, "running");
	if (add_object(j, running_run(x->db), running_fields,
		COUNT(running_fields), e) == -1)
		goto out;
	stmt_bind_int(sources, SQL_STATUS_SOURCES_P_BEFORE, before);
	json_out_key(j, "sources");
	if (add_objects(j, sources, source_fields, COUNT(source_fields), e) ==
	    -1)
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
	if (add_registries(&j, x->db, e) == -1)
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
	stmt_bind_int(s, SQL_STATUS_HISTORY_P_LIMIT, x->query.limit);
	return add_objects(j, s, history_fields, COUNT(history_fields), e);
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
