/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of a list: items, how many they are, and the cursor that goes on
 * when there are more.
 */
#ifndef FCGI_PAGE_H
#define FCGI_PAGE_H

#include "fcgi/cursor.h"
#include "fcgi/handle.h"

/*
 * Takes the query's cursor, if it has one, and lets it continue that query.
 * ${resumed} tells whether it had one; then ${c} is where to go on.
 */
int page_resume(bool *resumed, struct cursor *c, struct exchange *x,
    const struct cursor_scope *scope, struct err *e);

/*
 * The cursor that goes on after the item whose name and version the scratch
 * has as its last; borrowed from the scratch, and bad there if it is too long.
 */
const char *page_cursor(struct exchange *x, const struct cursor_scope *scope);

/*
 * Fills the response with the rows of ${s}, a statement that makes items, at
 * most as many as the query allows.  ${count}, which may be NULL, receives
 * their number.
 */
int page_fill(int64_t *count, struct exchange *x, struct stmt *s,
    const struct cursor_scope *scope, struct err *e);

#endif
