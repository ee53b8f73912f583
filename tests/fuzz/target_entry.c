/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry: a byte for its kind and strictness, and its JSON.  A valid entry
 * has facts, a rejected one a broken rule, and the lint checks both without
 * crashing. The same bytes as a legacy entry are converted to a server that is
 * JSON.
 */
#include "lib/document/legacy.h"
#include "lib/document/rules.h"
#include "lib/limits.h"
#include "sync/lint/lint_across.h"
#include "sync/lint/lint_checks.h"
#include "sync/lint/lint_rules.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const enum entry_kind kinds[] = { ENTRY_SERVER, ENTRY_SKILL,
	ENTRY_PLUGIN };

static enum jscan_action
capture_root(void *ctx, const struct jscan_place *p)
{
	(void)ctx;
	(void)p;
	return JSCAN_CAPTURE;
}

/* What jscan hands over of the bytes, as the walk through documents does. */
static int
take(void *ctx, const struct jscan_place *p, const struct jscan_capture *c,
    struct err *e)
{
	struct buf *minified = ctx;

	(void)p;
	(void)e;
	if (!c->too_large && !c->too_deep)
		buf_add(minified, c->json, c->len);
	return 0;
}

static bool
minify(struct buf *out, const uint8_t *data, size_t len)
{
	const struct jscan_handler handler = { out, LIMIT_ENTRY, capture_root,
		take };
	struct err e = ERR_INIT;
	struct reader reader;

	reader_from_memory(&reader, data, len);
	return jscan_run(&reader, &handler, &e) == 0 && out->len > 0;
}

static void
check_rules(enum entry_kind kind, enum rules_level level, const struct buf *b)
{
	struct rules_problem problem;
	struct rules_entry facts;
	static struct rules *rules;
	enum rules_verdict verdict;

	if (rules == NULL)
		rules = rules_new(LIMIT_META_DEFAULT);
	verdict =
	    rules_check(rules, kind, level, b->data, b->len, &facts, &problem);
	if (verdict != RULES_KEPT)
		FUZZ_HOLDS(problem.rule[0] != '\0');
	if (verdict == RULES_BROKEN)
		return;
	FUZZ_HOLDS(facts.name != NULL && facts.name[0] != '\0' &&
		   strlen(facts.name) <= LIMIT_IDENTITY);
	FUZZ_HOLDS(facts.version != NULL && facts.version[0] != '\0' &&
		   strlen(facts.version) <= LIMIT_VERSION_BYTES);
	for (size_t i = 0; i < facts.tag_count; i++)
		FUZZ_HOLDS(facts.tags[i] != NULL);
	FUZZ_HOLDS(rules_check_text(rules, b->data, b->len, &problem) == 0);
	/* What a person may write a registry may serve, and it can be stored.
	 */
	for (int l = RULES_SERVED; l <= RULES_STORED; l++)
		FUZZ_HOLDS(
		    rules_check(rules, kind, (enum rules_level)l, b->data,
			b->len, &facts, &problem) != RULES_BROKEN);
}

static void
found(void *ctx, const struct lint_finding *f)
{
	size_t *count = ctx;

	FUZZ_HOLDS(f->rule != NULL && f->place != NULL && f->path != NULL);
	++*count;
}

static void
check_lint(const struct buf *b)
{
	static struct lint_server server;
	struct lint_across *across = lint_across_new();
	struct lint_place place = { "document", "a", "b", ENTRY_SERVER, NULL,
		NULL };
	size_t count = 0;
	struct lint_sink sink = { found, &count, &place, NULL };

	if (lint_checks_read(&server, b->data, b->len)) {
		lint_rules_check(&sink, &server);
		place.name = lint_checks_text(&server, "name");
		place.version = lint_checks_text(&server, "version");
		lint_across_add(across, &place, &server, b->len);
		lint_across_add(across, &place, &server, b->len);
		lint_across_check(across, &place, &sink);
	}
	lint_across_free(across);
}

static void
check_legacy(bool remote, const struct buf *b)
{
	struct buf out = BUF_INIT(LIMIT_ENTRY);
	struct rules_problem problem = { .rule = "" };

	if (legacy_convert(&out, "key", 3, remote, b->data, b->len, &problem) ==
	    -1)
		FUZZ_HOLDS(problem.rule[0] != '\0');
	else if (!out.bad)
		FUZZ_HOLDS(fuzz_is_json(buf_str(&out), out.len));
	buf_free(&out);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct buf minified = BUF_INIT(LIMIT_ENTRY);
	enum rules_level level;
	enum entry_kind kind;

	if (len == 0)
		return;
	kind = kinds[data[0] % COUNT(kinds)];
	level = (data[0] & 8) != 0 ? RULES_SERVED : RULES_AUTHORED;
	if (minify(&minified, data + 1, len - 1)) {
		check_rules(kind, level, &minified);
		check_lint(&minified);
		check_legacy((data[0] & 16) != 0, &minified);
	}
	buf_free(&minified);
}
