/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cursors: where the next page of a list starts, and of which list.
 *
 * To clients a cursor is an opaque word that needs no escape in a URL.  It
 * carries the whole query, so a client can continue the list with the cursor
 * alone.  Its checksum covers the registry and the list as well, so a damaged
 * cursor or a cursor of another list is rejected.  It is not signed: its fields
 * are checked like other input.
 *
 * The bytes before base64url: a format number (1 byte); the page size (2, big-
 * endian); whether deleted versions are included (1); the instant of
 * updated_since (8); the last name and the last version, NUL-terminated; for
 * each value of a filter the number of its parameter (1) and the value,
 * NUL-terminated; FNV-1a of all (4).  If the query names a version, the last
 * version is empty.
 */
#ifndef FCGI_HTTP_CURSOR_H
#define FCGI_HTTP_CURSOR_H

#include "fcgi/http/parameter.h"
#include "lib/buf.h"
#include "lib/entry.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

/* The list that a cursor belongs to. */
struct cursor_scope {
	const char *registry;
	enum entry_kind kind;
	const char *entry; /* whose versions are listed; NULL: entries are */
};

struct cursor {
	int64_t limit; /* 1 to LIMIT_PAGE_MAX */
	int64_t since; /* CLOCK_NEVER: none */
	bool deleted;
	struct parameter_values filters; /* only filters are set */
	/* The last item of the page; a version only if there may be several. */
	const char *last_name;
	const char *last_version;
};

/* Appends the text of ${c} to ${out}; ${scratch} is overwritten. */
void cursor_encode(struct buf *out, struct buf *scratch, const struct cursor *c,
    const struct cursor_scope *scope);

/*
 * Reads ${text}.  The texts in ${c} are borrowed from ${scratch}, which is
 * overwritten.  ERR_INPUT: it is not a cursor for ${scope}.
 */
int cursor_decode(struct cursor *c, struct buf *scratch, const char *text,
    const struct cursor_scope *scope, struct err *e);

#endif
