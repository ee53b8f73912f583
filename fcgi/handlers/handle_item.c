/* SPDX-License-Identifier: Apache-2.0 */
/* One version of one entry. */
#include "fcgi/handlers/handle.h"
#include "fcgi/handlers/item.h"

#include <string.h>

const char *
handle_entry_name(struct exchange *x)
{
	char *const *captures = x->match.captures;
	struct buf *name = &x->scratch->name;

	if (captures[ROUTE_SERVER_NAME] != NULL)
		return captures[ROUTE_SERVER_NAME];
	buf_reset(name);
	buf_adds(name, captures[ROUTE_NAMESPACE]);
	buf_addc(name, '/');
	buf_adds(name, captures[ROUTE_NAME]);
	return buf_str(name);
}

int
handle_item(struct exchange *x, struct err *e)
{
	struct stmt *s = db_stmt(x->db, SQL_ITEM_GET);
	const char *version = x->match.captures[ROUTE_VERSION];
	bool row;

	if (version != NULL && strcmp(version, "latest") == 0)
		version = NULL;
	stmt_bind_str(s, SQL_ITEM_GET_P_VERSION, version);
	stmt_bind_int(s, SQL_ITEM_GET_P_REGISTRY, x->registry.id);
	stmt_bind_int(s, SQL_ITEM_GET_P_KIND, x->match.route->kind);
	stmt_bind_str(s, SQL_ITEM_GET_P_NAME, handle_entry_name(x));
	stmt_bind_int(s, SQL_ITEM_GET_P_DELETED, x->query->deleted);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row) {
		err_set(e, ERR_NOT_FOUND, "not found");
		return -1;
	}
	item_add(&x->response->body, s, x->match.route->kind);
	buf_addc(&x->response->body, '\n');
	stmt_done(s);
	return 0;
}
