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
	const char *version = x->match.captures[ROUTE_VERSION];
	enum entry_kind kind = x->match.route->kind;
	struct stmt *s;
	bool row;

	if (version != NULL && strcmp(version, "latest") == 0)
		version = NULL;
	s = db_query(x->db, SQL_ITEM_GET,
	    ARGS(STR(version), INT(x->registry.id), INT(kind),
		STR(handle_entry_name(x)), INT(x->query->deleted)));
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row) {
		err_set(e, ERR_NOT_FOUND, "not found");
		return -1;
	}
	item_add(&x->response->body, s, kind);
	buf_addc(&x->response->body, '\n');
	stmt_done(s);
	return 0;
}
