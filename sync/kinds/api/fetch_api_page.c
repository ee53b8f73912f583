/* SPDX-License-Identifier: Apache-2.0 */
/* The one scan of a page: its entries, and the cursor of the next page. */
#include "sync/kinds/api/fetch_api.h"

#include "lib/document/catalog.h"
#include "lib/document/jscan.h"
#include "lib/limits.h"

#include <string.h>

static const char the_page[] = "the page";

struct page {
	struct fetch_api_page *out;
	struct fetch_api_log *log; /* NULL: entries are only counted */
	const char *member; /* that holds the entries */
	size_t arrays; /* how often that member occurs */
	/* The member of the wrong type, NULL for none; and its first byte. */
	const char *wrong;
	char first;
};

static void
note_wrong(struct page *p, const char *what, char first)
{
	if (p->wrong != NULL)
		return;
	p->wrong = what;
	p->first = first;
}

/* A member of the page itself. */
static enum jscan_action
decide_member(struct page *p, const struct jscan_place *at)
{
	if (jscan_step_is(&at->steps[0], p->member)) {
		p->arrays++;
		if (at->first == '[')
			return JSCAN_DESCEND;
		if (at->first != 'n')
			note_wrong(p, p->member, at->first);
	} else if (jscan_step_is(&at->steps[0], "metadata")) {
		if (at->first == '{')
			return JSCAN_DESCEND;
		if (at->first != 'n')
			note_wrong(p, "metadata", at->first);
	}
	return JSCAN_SKIP;
}

static enum jscan_action
decide(void *ctx, const struct jscan_place *at)
{
	struct page *p = ctx;

	if (at->depth == 0) {
		if (at->first != '{')
			note_wrong(p, the_page, at->first);
		return JSCAN_DESCEND;
	}
	if (at->depth == 1 && at->steps[0].key != NULL)
		return decide_member(p, at);
	if (at->depth != 2 || at->steps[0].key == NULL)
		return JSCAN_SKIP;
	if (at->steps[1].key == NULL) {
		p->out->entries++;
		return p->log != NULL ? JSCAN_CAPTURE : JSCAN_SKIP;
	}
	if (!jscan_step_is(&at->steps[1], "nextCursor") &&
	    !jscan_step_is(&at->steps[1], "next_cursor"))
		return JSCAN_SKIP;
	if (at->first == '"')
		return JSCAN_CAPTURE;
	if (at->first != 'n')
		note_wrong(p, "metadata.nextCursor", at->first);
	return JSCAN_SKIP;
}

static int
captured(void *ctx, const struct jscan_place *at, const struct jscan_capture *c,
    struct err *e)
{
	struct page *p = ctx;
	size_t len = c->len;
	char *cursor;

	if (at->steps[1].key == NULL)
		return fetch_api_log_add(p->log,
		    c->too_deep ? CATALOG_TOO_DEEP : c->json,
		    c->too_deep ? strlen(CATALOG_TOO_DEEP) : c->len, e);
	if (c->too_large || len > LIMIT_API_CURSOR) {
		err_set(e, ERR_LIMIT, "the cursor is longer than %zu bytes",
		    LIMIT_API_CURSOR);
		return -1;
	}
	cursor = jscan_unquote(c->json, &len);
	if (strlen(cursor) != len) {
		err_set(e, ERR_INPUT, "the cursor has a NUL character");
		return -1;
	}
	memcpy(p->out->cursor, cursor, len + 1);
	return 0;
}

static const char *
type_name(char first)
{
	switch (first) {
	case '{':
		return "an object";
	case '[':
		return "an array";
	case '"':
		return "a text";
	case 't':
	case 'f':
		return "a truth value";
	case 'n':
		return "null";
	default:
		return "a number";
	}
}

int
fetch_api_page_read(struct fetch_api_page *out, enum fetch_api_list list,
    const struct buf *text, struct fetch_api_log *log, struct err *e)
{
	struct page p = {
		.out = out, .log = log, .member = fetch_api_list_name(list)
	};
	const struct jscan_handler handler = { .ctx = &p,
		.capture_max = LIMIT_ENTRY,
		.decide = decide,
		.captured = captured };
	const char *quote;
	struct reader r;

	*out = (struct fetch_api_page){ .size = (int64_t)text->len };
	reader_from_memory(&r, buf_str(text), text->len);
	if (jscan_run(&r, &handler, e) == -1)
		return -1;
	if (p.wrong != NULL) {
		quote = p.wrong == the_page ? "" : "\"";
		err_set(e, ERR_INPUT, "%s%s%s is %s: not a list of %s", quote,
		    p.wrong, quote, type_name(p.first), p.member);
		return -1;
	}
	if (p.arrays != 1) {
		err_set(e, ERR_INPUT, "\"%s\" is %s: not a list of %s",
		    p.member, p.arrays == 0 ? "missing" : "given twice",
		    p.member);
		return -1;
	}
	return 0;
}
