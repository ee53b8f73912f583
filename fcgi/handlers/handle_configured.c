/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/sources and /v1/registries: the configured sources, with the result of
 * their last sync, and registries.
 */
#include "fcgi/handlers/handle.h"
#include "fcgi/handlers/rows.h"

static int
answer_all(struct exchange *x, const char *key, struct stmt *s, struct err *e)
{
	struct json_out j = JSON_OUT_INIT(&x->response->body);

	json_out_open(&j, '{');
	json_out_key(&j, key);
	if (rows_add_array(&j, s, e) == -1)
		return -1;
	json_out_close(&j, '}');
	buf_addc(&x->response->body, '\n');
	return 0;
}

static int
answer_one(struct exchange *x, const char *noun, struct stmt *s, struct err *e)
{
	struct json_out j = JSON_OUT_INIT(&x->response->body);
	bool found;

	if (rows_add_object(&found, &j, s, e) == -1)
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
	return answer_all(x, "sources", db_stmt(x->db, SQL_SOURCE_ALL), e);
}

int
handle_source(struct exchange *x, struct err *e)
{
	struct stmt *s = db_query(
	    x->db, SQL_SOURCE_NAMED, ARGS(STR(x->match.captures[ROUTE_NAME])));

	return answer_one(x, "source", s, e);
}

int
handle_registries(struct exchange *x, struct err *e)
{
	return answer_all(x, "registries", db_stmt(x->db, SQL_REGISTRY_ALL), e);
}

int
handle_registry(struct exchange *x, struct err *e)
{
	struct stmt *s = db_query(x->db, SQL_REGISTRY_NAMED,
	    ARGS(STR(x->match.captures[ROUTE_NAME])));

	return answer_one(x, "registry", s, e);
}
