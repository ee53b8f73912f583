/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of lists. */
#include "fcgi/handlers/page.h"

#include "fcgi/handlers/item.h"
#include "lib/json_out.h"

int
page_next_row(struct page_rows *rows, struct stmt **row, struct err *e)
{
	bool any;

	if (stmt_step(rows->context, &any, e) == -1)
		return -1;
	*row = any ? rows->context : NULL;
	return 0;
}

int
page_resume(bool *resumed, struct cursor *c, struct exchange *x,
    const struct cursor_scope *scope, struct err *e)
{
	*resumed = x->query->cursor != NULL;
	if (!*resumed)
		return 0;
	if (cursor_decode(
		c, &x->scratch->cursor_in, x->query->cursor, scope, e) == -1)
		return -1;
	return query_resume(x->query, c, e);
}

static void
copy_text(struct buf *b, struct stmt *s, int column)
{
	size_t len;
	const char *text = stmt_text(s, column, &len);

	/* A cursor without a name would restart the list. */
	if (text == NULL)
		text = stmt_str(s, column);
	buf_reset(b);
	buf_add(b, text, len);
}

/* Adds rows until the page is full; ${more}: there are others. */
static int
add_rows(int64_t *count, bool *more, struct exchange *x, struct page_rows *rows,
    struct err *e)
{
	struct buf *out = &x->response->body;
	struct stmt *s;
	bool full = false;

	*count = 0;
	*more = false;
	for (;;) {
		if (rows->next(rows, &s, e) == -1)
			return -1;
		if (s == NULL)
			return 0;
		if (full)
			break;
		if (*count > 0)
			buf_addc(out, ',');
		item_add(out, s, x->match.route->kind);
		full =
		    ++*count == x->query->limit || out->len > LIMIT_PAGE_BYTES;
		if (full) {
			copy_text(&x->scratch->last_name, s, ITEM_NAME);
			copy_text(&x->scratch->last_version, s, ITEM_VERSION);
		}
	}
	*more = true;
	return 0;
}

static const char *
make_cursor(struct exchange *x, const struct cursor_scope *scope)
{
	struct cursor next = {
		.limit = x->query->limit,
		.since = x->query->since,
		.deleted = x->query->deleted,
		.last_name = buf_str(&x->scratch->last_name),
		.last_version = buf_str(&x->scratch->last_version),
	};

	parameter_copy(&next.filters, &x->query->filters);
	buf_reset(&x->scratch->cursor_out);
	/* All rows have been read, so the key buffer is free. */
	cursor_encode(&x->scratch->cursor_out, &x->scratch->key, &next, scope);
	return buf_str(&x->scratch->cursor_out);
}

static const char *
array_name(enum entry_kind kind)
{
	return kind == ENTRY_SERVER  ? "servers"
	       : kind == ENTRY_SKILL ? "skills"
				     : "plugins";
}

int
page_end(struct exchange *x, struct json_out *j, int64_t count, bool more,
    const struct cursor_scope *scope, bool count_first, struct err *e)
{
	json_out_close(j, ']');
	json_out_key(j, "metadata");
	json_out_open(j, '{');
	if (count_first)
		json_out_member_int(j, "count", count);
	if (more) {
		json_out_member_str(j, "nextCursor", make_cursor(x, scope));
	}
	if (!count_first)
		json_out_member_int(j, "count", count);
	json_out_close(j, '}');
	json_out_close(j, '}');
	buf_addc(j->to, '\n');
	if (j->to->bad || (more && x->scratch->cursor_out.bad)) {
		err_set(
		    e, ERR_INTERNAL, "the response or its cursor is too long");
		return -1;
	}
	return 0;
}

int
page_fill(int64_t *count, struct exchange *x, struct page_rows *rows,
    const struct cursor_scope *scope, struct err *e)
{
	enum entry_kind kind = x->match.route->kind;
	struct json_out j = JSON_OUT_INIT(&x->response->body);
	int64_t items;
	bool more;

	json_out_open(&j, '{');
	json_out_key(&j, array_name(kind));
	json_out_open(&j, '[');
	if (add_rows(&items, &more, x, rows, e) == -1)
		return -1;
	if (count != NULL)
		*count = items;
	/* The reference has the two members in this order. */
	return page_end(x, &j, items, more, scope, kind != ENTRY_SERVER, e);
}
