/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope around a stored document. */
#include "fcgi/item.h"

#include "lib/json_out.h"

static void
add_document(struct json_out *j, struct stmt *s)
{
	size_t len;
	const char *body = stmt_text(s, ITEM_BODY, &len);

	json_out_raw(j, body == NULL ? "{}" : body, body == NULL ? 2 : len);
}

/* A run of members of the object at hand, as the upstream had them. */
static void
add_members(struct json_out *j, struct stmt *s, int column)
{
	size_t len;
	const char *run = stmt_text(s, column, &len);

	if (run != NULL)
		json_out_raw(j, run, len);
}

static void
add_official(struct json_out *j, struct stmt *s)
{
	json_out_open(j, '{');
	json_out_key(j, "status");
	json_out_str(j, stmt_text(s, ITEM_STATUS, NULL));
	if (!stmt_is_null(s, ITEM_STATUS_MESSAGE)) {
		json_out_key(j, "statusMessage");
		json_out_str(j, stmt_text(s, ITEM_STATUS_MESSAGE, NULL));
	}
	json_out_key(j, "statusChangedAt");
	json_out_time(j, stmt_int(s, ITEM_STATUS_CHANGED));
	json_out_key(j, "publishedAt");
	json_out_time(j, stmt_int(s, ITEM_PUBLISHED));
	json_out_key(j, "updatedAt");
	json_out_time(j, stmt_int(s, ITEM_UPDATED));
	json_out_key(j, "isLatest");
	json_out_bool(j, stmt_int(s, ITEM_IS_LATEST) != 0);
	add_members(j, s, ITEM_EXTRA_OFFICIAL);
	json_out_close(j, '}');
}

void
item_add(struct buf *out, struct stmt *s, enum entry_kind kind)
{
	struct json_out j = JSON_OUT_INIT(out);

	if (kind != ENTRY_SERVER) {
		add_document(&j, s);
		return;
	}
	json_out_open(&j, '{');
	json_out_key(&j, "server");
	add_document(&j, s);
	json_out_key(&j, "_meta");
	json_out_open(&j, '{');
	json_out_key(&j, "io.modelcontextprotocol.registry/official");
	add_official(&j, s);
	add_members(&j, s, ITEM_EXTRA_META);
	json_out_close(&j, '}');
	json_out_close(&j, '}');
}
