/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a request that starts a sync: its path and method, who sends it,
 * which sources it names, and then the start.
 */
#include "fcgi/admin/admin.h"

#include "fcgi/access/access.h"
#include "fcgi/admin/trigger.h"
#include "fcgi/answer/store.h"
#include "fcgi/observe/endpoint.h"
#include "fcgi/routes.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/log/log.h"
#include "lib/trace.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCEPTED 202
#define STATUS_URL "/registry/status"
#define METHODS (REQUEST_OPTIONS | REQUEST_POST | REQUEST_PUT)

struct admin {
	char *path;
	char *program;
	bool stays;
	struct store store;
	struct request request;
	unsigned endpoint; /* the only one */
	bool failing; /* so ended the last request; each change is logged */
};

/* What a request names; the texts are owned. */
struct names {
	char *list[LIMIT_TRIGGER_SOURCES];
	size_t count;
};

struct admin *
admin_new(const char *path, bool stays)
{
	struct admin *a = xcalloc(1, sizeof *a);

	a->path = xstrdup(path);
	a->program = trigger_program();
	a->stays = stays;
	a->endpoint = endpoint_named("/registry/sync");
	store_init(&a->store, a->path);
	return a;
}

void
admin_free(struct admin *a)
{
	if (a == NULL)
		return;
	store_close(&a->store);
	free(a->program);
	free(a->path);
	free(a);
}

static int
check_path(const struct request *r, struct err *e)
{
	if (r->segment_count == 2 &&
	    strcmp(r->segments[0].text, "registry") == 0 &&
	    strcmp(r->segments[1].text, "sync") == 0)
		return 0;
	err_set(e, ERR_NOT_FOUND, "not found");
	return -1;
}

static int
read_names(struct names *names, const char *uri, struct err *e)
{
	char *value = xmalloc(LIMIT_REQUEST_URI + 1);
	bool found;
	int rc = -1;

	for (;;) {
		if (request_next_value(value, &found, &uri, "source", e) == -1)
			goto out;
		if (!found)
			break;
		if (*value == '\0' || names->count == LIMIT_TRIGGER_SOURCES) {
			err_set(e, ERR_INPUT,
			    *value == '\0' ? "source cannot be empty"
					   : "too many sources");
			goto out;
		}
		names->list[names->count++] = xstrdup(value);
	}
	rc = 0;
out:
	free(value);
	return rc;
}

/* A setting of the database; the caller frees it, NULL when there is none. */
static int
read_setting(char **out, struct db *db, const char *key, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_SETTING_READ);
	bool row;

	stmt_bind_str(s, SQL_SETTING_READ_P_KEY, key);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	*out = row ? xstrdup(stmt_str(s, 0)) : NULL;
	stmt_done(s);
	return 0;
}

static int
check_access(struct db *db, const struct request_input *in, struct err *e)
{
	enum trigger_access access = TRIGGER_LOOPBACK;
	char *word = NULL, *file = NULL;
	int rc = -1;

	if (db != NULL &&
	    (read_setting(&word, db, TRIGGER_SETTING_ACCESS, e) == -1 ||
		read_setting(&file, db, TRIGGER_SETTING_TOKEN_FILE, e) == -1))
		goto out;
	if (word != NULL && trigger_access_from_name(&access, word) == -1) {
		err_set(e, ERR_UNAVAILABLE, "setting %s is '%s'",
		    TRIGGER_SETTING_ACCESS, word);
		goto out;
	}
	if (access_check(access, file == NULL ? "" : file, in, e) == -1)
		goto out;
	rc = 0;
out:
	free(word);
	free(file);
	return rc;
}

static int
check_names(struct db *db, const struct names *names, struct err *e)
{
	for (size_t i = 0; i < names->count; i++) {
		struct stmt *s;
		bool row;

		if (db == NULL) {
			err_set(e, ERR_UNAVAILABLE,
			    "which sources there are is known after the first "
			    "sync");
			return -1;
		}
		s = db_stmt(db, SQL_SOURCE_NAMED);
		stmt_bind_str(s, SQL_SOURCE_NAMED_P_NAME, names->list[i]);
		if (stmt_step(s, &row, e) == -1)
			return -1;
		stmt_done(s);
		if (!row) {
			err_set(e, ERR_NOT_FOUND, "source not found: %s",
			    names->list[i]);
			return -1;
		}
	}
	return 0;
}

/*
 * What the database has to say about the request.  Without one the rule is
 * the one of a configuration that says nothing; one that cannot be read might
 * say something stricter.
 */
static int
check(struct admin *a, const struct request_input *in,
    const struct names *names, struct err *e)
{
	struct db *db = NULL;
	int rc = -1;

	if (access(a->path, F_OK) == 0 || errno != ENOENT) {
		if (store_begin(&a->store, e) == -1)
			goto out;
		db = a->store.db;
	}
	if (check_access(db, in, e) == -1 || check_names(db, names, e) == -1)
		goto out;
	rc = 0;
out:
	store_end(&a->store);
	return rc;
}

static int
start(struct admin *a, const struct request_input *in,
    const struct names *names, struct response *out, struct err *e)
{
	struct trace trace;
	const struct trigger trigger = { .program = a->program,
		.database = a->path,
		.traceparent = trace_parse(&trace, in->traceparent)
				   ? in->traceparent
				   : NULL,
		.keep_stderr = a->stays };
	struct json_out j = JSON_OUT_INIT(&out->body);
	char run_id[RUN_ID_SIZE];

	if (trigger_start(run_id, &trigger, names->list, names->count, e) == -1)
		return -1;
	out->status = ACCEPTED;
	out->line = "Location: " STATUS_URL "\r\n";
	json_out_open(&j, '{');
	json_out_key(&j, "runId");
	json_out_str(&j, run_id);
	json_out_key(&j, "status");
	json_out_str(&j, "started");
	json_out_key(&j, "statusUrl");
	json_out_str(&j, STATUS_URL);
	json_out_close(&j, '}');
	buf_addc(&out->body, '\n');
	return 0;
}

static int
answer(struct admin *a, const struct request_input *in, struct response *out,
    struct err *e)
{
	struct names names = { .count = 0 };
	int rc = -1;

	if (request_parse(&a->request, in, e) == -1)
		goto out;
	if (routes_is_planned(&a->request)) {
		response_error(out, ROUTES_PLANNED_STATUS, ROUTES_PLANNED_TEXT);
		return 0;
	}
	if (check_path(&a->request, e) == -1)
		goto out;
	out->endpoint = a->endpoint;
	if ((a->request.method & METHODS) == 0) {
		err_set(e, ERR_METHOD, "method not allowed");
		goto out;
	}
	if (a->request.method == REQUEST_OPTIONS) {
		out->status = 204;
		out->allow = METHODS;
	} else if (read_names(&names, in->uri, e) == -1 ||
		   check(a, in, &names, e) == -1 ||
		   start(a, in, &names, out, e) == -1) {
		goto out;
	}
	rc = 0;
out:
	for (size_t i = 0; i < names.count; i++)
		free(names.list[i]);
	return rc;
}

/* Why it cannot be done is for the log; logged when it begins. */
static void
answer_failure(struct admin *a, struct response *out, const struct err *e)
{
	store_close(&a->store);
	if (!a->failing)
		log_message(
		    LOG_LEVEL_ERROR, "sync cannot be triggered", e->text);
	a->failing = true;
	response_error(out, err_http_status(ERR_UNAVAILABLE),
	    "the sync cannot be started");
}

static void
answer_error(struct admin *a, struct response *out, const struct err *e)
{
	switch (e->code) {
	case ERR_METHOD:
		response_error(out, err_http_status(e->code), e->text);
		out->allow = METHODS;
		break;
	case ERR_IDENTITY:
		response_error(out, err_http_status(e->code), e->text);
		out->line = "WWW-Authenticate: Bearer\r\n";
		break;
	case ERR_BUSY:
		response_error(out, err_http_status(e->code), e->text);
		out->line = "Location: " STATUS_URL "\r\n";
		break;
	case ERR_INPUT:
	case ERR_NOT_FOUND:
	case ERR_DENIED:
		response_error(out, err_http_status(e->code), e->text);
		break;
	case ERR_LIMIT:
		response_error(out, 414, e->text);
		break;
	default:
		answer_failure(a, out, e);
		break;
	}
}

void
admin_handle(
    struct admin *a, const struct request_input *in, struct response *out)
{
	struct err e = ERR_INIT;

	response_reset(out);
	out->for_pages = false;
	if (answer(a, in, out, &e) == -1)
		answer_error(a, out, &e);
	else if (out->status == ACCEPTED)
		a->failing = false;
	out->omit_body = a->request.method == REQUEST_HEAD;
	response_finish(out);
}
