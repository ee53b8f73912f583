/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/sources and /v1/registries: what is configured, and how the last sync of
 * each source went.  What is empty is left out.
 */
#include "fcgi/handlers/handle.h"
#include "fcgi/handlers/rows.h"

/* The columns of the statements source_all and source_named. */
static const struct rows_field source_fields[] = {
	{ "name", ROWS_TEXT, false },
	{ "type", ROWS_TEXT, false },
	{ "creationType", ROWS_TEXT, false },
	{ "sourceType", ROWS_TEXT, false },
	{ "sourceConfig", ROWS_JSON, true },
	{ "filterConfig", ROWS_JSON, true },
	{ "syncSchedule", ROWS_INTERVAL, true },
	{ "claims", ROWS_JSON, true },
	{ "syncStatus", ROWS_OPEN, false },
	{ "phase", ROWS_TEXT, false },
	{ "lastSyncTime", ROWS_INSTANT, true },
	{ "lastAttempt", ROWS_INSTANT, true },
	{ "attemptCount", ROWS_NUMBER, false },
	{ "serverCount", ROWS_NUMBER, false },
	{ "skillCount", ROWS_NUMBER, false },
	{ "pluginCount", ROWS_NUMBER, false },
	{ "message", ROWS_TEXT, true },
	{ NULL, ROWS_CLOSE, false },
	{ "createdAt", ROWS_INSTANT, true },
	{ "updatedAt", ROWS_INSTANT, true },
	{ 0 },
};

/* The columns of the statements registry_all and registry_named. */
static const struct rows_field registry_fields[] = {
	{ "name", ROWS_TEXT, false },
	{ "claims", ROWS_JSON, true },
	{ "creationType", ROWS_TEXT, false },
	{ "sources", ROWS_JSON, false },
	{ "createdAt", ROWS_INSTANT, true },
	{ "updatedAt", ROWS_INSTANT, true },
	{ 0 },
};

static int
answer_all(struct exchange *x, const char *key, struct stmt *s,
    const struct rows_field *fields, struct err *e)
{
	struct json_out j = JSON_OUT_INIT(&x->response->body);

	json_out_open(&j, '{');
	json_out_key(&j, key);
	if (rows_add_array(&j, s, fields, e) == -1)
		return -1;
	json_out_close(&j, '}');
	buf_addc(&x->response->body, '\n');
	return 0;
}

static int
answer_one(struct exchange *x, const char *noun, struct stmt *s,
    const struct rows_field *fields, struct err *e)
{
	struct json_out j = JSON_OUT_INIT(&x->response->body);
	bool found;

	if (rows_add_object(&found, &j, s, fields, e) == -1)
		return -1;
	if (!found)
		return handle_not_found(x, noun, e);
	buf_addc(&x->response->body, '\n');
	return 0;
}

int
handle_not_found(const struct exchange *x, const char *noun, struct err *e)
{
	err_set(e, ERR_NOT_FOUND, "%s not found: %s", noun,
	    x->match.captures[ROUTE_NAME]);
	return -1;
}

int
handle_sources(struct exchange *x, struct err *e)
{
	return answer_all(
	    x, "sources", db_stmt(x->db, SQL_SOURCE_ALL), source_fields, e);
}

int
handle_source(struct exchange *x, struct err *e)
{
	struct stmt *s = db_stmt(x->db, SQL_SOURCE_NAMED);

	stmt_bind_str(
	    s, SQL_SOURCE_NAMED_P_NAME, x->match.captures[ROUTE_NAME]);
	return answer_one(x, "source", s, source_fields, e);
}

int
handle_registries(struct exchange *x, struct err *e)
{
	return answer_all(x, "registries", db_stmt(x->db, SQL_REGISTRY_ALL),
	    registry_fields, e);
}

int
handle_registry(struct exchange *x, struct err *e)
{
	struct stmt *s = db_stmt(x->db, SQL_REGISTRY_NAMED);

	stmt_bind_str(
	    s, SQL_REGISTRY_NAMED_P_NAME, x->match.captures[ROUTE_NAME]);
	return answer_one(x, "registry", s, registry_fields, e);
}
