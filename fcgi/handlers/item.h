/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One version of an entry in the format of the API, from a row of a statement
 * with these columns (sql/read.sql).
 */
#ifndef FCGI_HANDLERS_ITEM_H
#define FCGI_HANDLERS_ITEM_H

#include "lib/buf.h"
#include "lib/db/db.h"
#include "lib/entry.h"

/* The columns. */
enum item_column {
	ITEM_NAME,
	ITEM_VERSION,
	ITEM_STATUS,
	ITEM_STATUS_MESSAGE,
	ITEM_STATUS_CHANGED,
	ITEM_PUBLISHED,
	ITEM_UPDATED,
	ITEM_IS_LATEST,
	ITEM_BODY,
	ITEM_EXTRA_META,
	ITEM_EXTRA_OFFICIAL,
	ITEM_FACETS /* only in the statements of filtered lists */
};

/*
 * Appends the item in the current row of ${s}.  A server has an envelope with
 * the data of the registry; skills and plugins have none.
 */
void item_add(struct buf *out, struct stmt *s, enum entry_kind kind);

#endif
