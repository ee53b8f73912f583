/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope around a stored document. */
#include "fcgi/handlers/item.h"

#include "lib/clock.h"
#include "lib/json_out.h"

/* Appends a literal. */
#define ADD(out, literal) buf_add((out), (literal), sizeof(literal) - 1)

static void
add_document(struct buf *out, struct stmt *s)
{
	size_t len;
	const char *body = stmt_text(s, ITEM_BODY, &len);

	if (body == NULL)
		body = stmt_str(s, ITEM_BODY);
	buf_add(out, body, len);
}

/* Adds members of the upstream to the current object, unchanged. */
static void
add_members(struct buf *out, struct stmt *s, int column)
{
	size_t len;
	const char *run = stmt_text(s, column, &len);

	if (run == NULL)
		return;
	buf_addc(out, ',');
	buf_add(out, run, len);
}

static void
add_quoted(struct buf *out, struct stmt *s, int column)
{
	size_t len;
	const char *text = stmt_text(s, column, &len);

	if (text == NULL)
		ADD(out, "null");
	else
		json_out_quote(out, text, len);
}

static void
add_time(struct buf *out, struct stmt *s, int column)
{
	int64_t us = stmt_int(s, column);
	char text[CLOCK_TEXT_SIZE + 2];
	size_t len;

	if (us == CLOCK_NEVER) {
		ADD(out, "null");
		return;
	}
	text[0] = '"';
	len = clock_format(text + 1, us) + 1;
	text[len++] = '"';
	buf_add(out, text, len);
}

static void
add_official(struct buf *out, struct stmt *s)
{
	ADD(out, "{\"status\":");
	add_quoted(out, s, ITEM_STATUS);
	if (!stmt_is_null(s, ITEM_STATUS_MESSAGE)) {
		ADD(out, ",\"statusMessage\":");
		add_quoted(out, s, ITEM_STATUS_MESSAGE);
	}
	ADD(out, ",\"statusChangedAt\":");
	add_time(out, s, ITEM_STATUS_CHANGED);
	ADD(out, ",\"publishedAt\":");
	add_time(out, s, ITEM_PUBLISHED);
	ADD(out, ",\"updatedAt\":");
	add_time(out, s, ITEM_UPDATED);
	if (stmt_int(s, ITEM_IS_LATEST) != 0)
		ADD(out, ",\"isLatest\":true");
	else
		ADD(out, ",\"isLatest\":false");
	add_members(out, s, ITEM_EXTRA_OFFICIAL);
	buf_addc(out, '}');
}

/* Written in a few pieces: most of the time of a page is spent here. */
void
item_add(struct buf *out, struct stmt *s, enum entry_kind kind)
{
	if (kind != ENTRY_SERVER) {
		add_document(out, s);
		return;
	}
	ADD(out, "{\"server\":");
	add_document(out, s);
	ADD(out, ",\"_meta\":{\"io.modelcontextprotocol.registry/official\":");
	add_official(out, s);
	add_members(out, s, ITEM_EXTRA_META);
	ADD(out, "}}");
}
