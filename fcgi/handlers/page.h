/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of a list: items, their number, and the cursor of the next page if
 * there is one.
 */
#ifndef FCGI_HANDLERS_PAGE_H
#define FCGI_HANDLERS_PAGE_H

#include "fcgi/handlers/handle.h"
#include "fcgi/http/cursor.h"

/*
 * Decodes the cursor of the query, if there is one, and adds what it carries to
 * the query.  ${resumed}: there was one, and ${c} has the last item before the
 * page.
 */
int page_resume(bool *resumed, struct cursor *c, struct exchange *x,
    const struct cursor_scope *scope, struct err *e);

/* The rows of a page. */
struct page_rows {
	/* Sets ${row} to a statement whose row is an item, or to NULL. */
	int (*next)(struct page_rows *rows, struct stmt **row, struct err *e);
	void *context; /* of ${next} */
};

/* For rows->next: steps the statement rows->context. */
int page_next_row(struct page_rows *rows, struct stmt **row, struct err *e);

/*
 * Fills the response with ${rows}, at most as many as the query allows.
 * ${count}, which may be NULL, receives their number.  The caller resets the
 * statement of the rows.
 */
int page_fill(int64_t *count, struct exchange *x, struct page_rows *rows,
    const struct cursor_scope *scope, struct err *e);

/*
 * Ends a page whose array of ${count} items is open.  If there are ${more},
 * adds a cursor with the last name and version of the scratch.
 */
int page_end(struct exchange *x, struct json_out *j, int64_t count, bool more,
    const struct cursor_scope *scope, bool count_first, struct err *e);

#endif
