/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/sources and /v1/registries: what is configured, and how the last sync of
 * each source went.
 *
 * What the configuration says is stored as JSON and passed on as it is; what
 * is empty is left out.
 */
#include "fcgi/handlers/handle.h"

#include "lib/duration.h"
#include "lib/json_out.h"

#include <string.h>

#define NS_PER_US 1000

/* The columns of the statements source_all and source_named. */
enum source_column {
	SOURCE_NAME,
	SOURCE_KIND,
	SOURCE_CONFIG,
	SOURCE_FILTER,
	SOURCE_INTERVAL,
	SOURCE_CLAIMS,
	SOURCE_PHASE,
	SOURCE_ENDED,
	SOURCE_STARTED,
	SOURCE_ATTEMPTS,
	SOURCE_SERVERS,
	SOURCE_SKILLS,
	SOURCE_PLUGINS,
	SOURCE_MESSAGE,
	SOURCE_CREATED,
	SOURCE_UPDATED
};

/* The columns of the statements registry_all and registry_named. */
enum registry_column {
	REGISTRY_NAME,
	REGISTRY_CLAIMS,
	REGISTRY_CREATED,
	REGISTRY_UPDATED,
	REGISTRY_ID
};

static void
add_text(struct json_out *j, const char *key, struct stmt *s, int column)
{
	json_out_key(j, key);
	json_out_str(j, stmt_text(s, column, NULL));
}

static void
add_number(struct json_out *j, const char *key, struct stmt *s, int column)
{
	json_out_key(j, key);
	json_out_int(j, stmt_int(s, column));
}

static void
add_time(struct json_out *j, const char *key, struct stmt *s, int column)
{
	if (stmt_is_null(s, column))
		return;
	json_out_key(j, key);
	json_out_time(j, stmt_int(s, column));
}

/* Stored JSON; the text "null" stands for nothing, as NULL does. */
static void
add_json(struct json_out *j, const char *key, struct stmt *s, int column)
{
	size_t len;
	const char *text = stmt_text(s, column, &len);

	if (text == NULL || strcmp(text, "null") == 0)
		return;
	json_out_key(j, key);
	json_out_raw(j, text, len);
}

static void
add_interval(struct json_out *j, struct stmt *s)
{
	char text[DURATION_TEXT_SIZE];
	int64_t ns;

	if (stmt_is_null(s, SOURCE_INTERVAL) ||
	    __builtin_mul_overflow(
		stmt_int(s, SOURCE_INTERVAL), NS_PER_US, &ns))
		return;
	duration_format(text, ns);
	json_out_key(j, "syncSchedule");
	json_out_str(j, text);
}

static void
add_sync_status(struct json_out *j, struct stmt *s)
{
	const char *message = stmt_text(s, SOURCE_MESSAGE, NULL);

	json_out_key(j, "syncStatus");
	json_out_open(j, '{');
	add_text(j, "phase", s, SOURCE_PHASE);
	add_time(j, "lastSyncTime", s, SOURCE_ENDED);
	add_time(j, "lastAttempt", s, SOURCE_STARTED);
	add_number(j, "attemptCount", s, SOURCE_ATTEMPTS);
	add_number(j, "serverCount", s, SOURCE_SERVERS);
	add_number(j, "skillCount", s, SOURCE_SKILLS);
	add_number(j, "pluginCount", s, SOURCE_PLUGINS);
	if (message != NULL && *message != '\0')
		add_text(j, "message", s, SOURCE_MESSAGE);
	json_out_close(j, '}');
}

/* Everything comes from the configuration file as yet. */
static void
add_creation_type(struct json_out *j)
{
	json_out_key(j, "creationType");
	json_out_str(j, "CONFIG");
}

static int
add_source(struct json_out *j, struct stmt *s, struct db *db, struct err *e)
{
	(void)db;
	(void)e;
	json_out_open(j, '{');
	add_text(j, "name", s, SOURCE_NAME);
	add_text(j, "type", s, SOURCE_KIND);
	add_creation_type(j);
	add_text(j, "sourceType", s, SOURCE_KIND);
	add_json(j, "sourceConfig", s, SOURCE_CONFIG);
	add_json(j, "filterConfig", s, SOURCE_FILTER);
	add_interval(j, s);
	add_json(j, "claims", s, SOURCE_CLAIMS);
	add_sync_status(j, s);
	add_time(j, "createdAt", s, SOURCE_CREATED);
	add_time(j, "updatedAt", s, SOURCE_UPDATED);
	json_out_close(j, '}');
	return 0;
}

static int
add_registry(struct json_out *j, struct stmt *s, struct db *db, struct err *e)
{
	json_out_open(j, '{');
	add_text(j, "name", s, REGISTRY_NAME);
	add_json(j, "claims", s, REGISTRY_CLAIMS);
	add_creation_type(j);
	if (handle_add_source_names(j, db, stmt_int(s, REGISTRY_ID), e) == -1)
		return -1;
	add_time(j, "createdAt", s, REGISTRY_CREATED);
	add_time(j, "updatedAt", s, REGISTRY_UPDATED);
	json_out_close(j, '}');
	return 0;
}

/* All rows of ${s} as an array that is the only member, ${key}. */
static int
answer_all(struct exchange *x, const char *key, struct stmt *s,
    int (*add)(struct json_out *, struct stmt *, struct db *, struct err *),
    struct err *e)
{
	struct json_out j = JSON_OUT_INIT(&x->response->body);
	bool row;

	json_out_open(&j, '{');
	json_out_key(&j, key);
	json_out_open(&j, '[');
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		if (add(&j, s, x->db, e) == -1)
			return -1;
	}
	json_out_close(&j, ']');
	json_out_close(&j, '}');
	buf_addc(&x->response->body, '\n');
	return 0;
}

/* The one row of ${s}, or that there is no such ${noun}. */
static int
answer_one(struct exchange *x, const char *noun, struct stmt *s,
    int (*add)(struct json_out *, struct stmt *, struct db *, struct err *),
    struct err *e)
{
	struct json_out j = JSON_OUT_INIT(&x->response->body);
	bool row;

	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row) {
		err_set(e, ERR_NOT_FOUND, "%s not found: %s", noun,
		    x->match.captures[ROUTE_NAME]);
		return -1;
	}
	if (add(&j, s, x->db, e) == -1)
		return -1;
	stmt_done(s);
	buf_addc(&x->response->body, '\n');
	return 0;
}

int
handle_sources(struct exchange *x, struct err *e)
{
	return answer_all(
	    x, "sources", db_stmt(x->db, SQL_SOURCE_ALL), add_source, e);
}

int
handle_source(struct exchange *x, struct err *e)
{
	struct stmt *s = db_stmt(x->db, SQL_SOURCE_NAMED);

	stmt_bind_str(
	    s, SQL_SOURCE_NAMED_P_NAME, x->match.captures[ROUTE_NAME]);
	return answer_one(x, "source", s, add_source, e);
}

int
handle_registries(struct exchange *x, struct err *e)
{
	return answer_all(
	    x, "registries", db_stmt(x->db, SQL_REGISTRY_ALL), add_registry, e);
}

int
handle_registry(struct exchange *x, struct err *e)
{
	struct stmt *s = db_stmt(x->db, SQL_REGISTRY_NAMED);

	stmt_bind_str(
	    s, SQL_REGISTRY_NAMED_P_NAME, x->match.captures[ROUTE_NAME]);
	return answer_one(x, "registry", s, add_registry, e);
}
