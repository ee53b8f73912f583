/* SPDX-License-Identifier: Apache-2.0 */
/* The versions of one entry, newest first. */
#include "fcgi/handlers/page.h"
#include "lib/version.h"

#include <string.h>

/* Sorts after every key of lib/version.h: no key starts with this byte. */
static const char after_all_keys[] = "\xff";

int
handle_versions(struct exchange *x, struct err *e)
{
	const struct cursor_scope scope = {
		.registry = x->registry.name,
		.kind = x->match.route->kind,
		.entry = handle_entry_name(x),
	};
	struct buf *key = &x->scratch->key;
	struct page_rows rows = { .next = page_next_row };
	struct cursor c;
	struct stmt *s;
	int64_t count;
	bool resumed;

	if (page_resume(&resumed, &c, x, &scope, e) == -1)
		return -1;
	buf_reset(key);
	if (resumed)
		version_order_key(key, c.last_version, strlen(c.last_version));
	else
		buf_adds(key, after_all_keys);
	s = db_query(x->db, SQL_ITEM_VERSIONS,
	    ARGS(BLOB(key->data, key->len), INT(x->registry.id),
		INT(scope.kind), STR(scope.entry), INT(x->query->deleted)));
	rows.context = s;
	if (page_fill(&count, x, &rows, &scope, e) == -1)
		return -1;
	stmt_done(s);
	if (count == 0 && !resumed) {
		err_set(e, ERR_NOT_FOUND, "not found");
		return -1;
	}
	return 0;
}
