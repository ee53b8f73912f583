/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document of any shape: every entry is JSON without white space between
 * tokens, and reading it again gives the same facts.
 */
#include "lib/document/catalog.h"
#include "lib/document/jscan.h"
#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static enum jscan_action
capture_root(void *ctx, const struct jscan_place *p)
{
	(void)ctx;
	(void)p;
	return JSCAN_CAPTURE;
}

struct expected {
	const char *json;
	size_t len;
};

static int
compare(void *ctx, const struct jscan_place *p, const struct jscan_capture *c,
    struct err *e)
{
	const struct expected *x = ctx;

	(void)p;
	(void)e;
	FUZZ_HOLDS(!c->too_large && !c->too_deep);
	FUZZ_HOLDS(c->len == x->len && memcmp(c->json, x->json, c->len) == 0);
	return 0;
}

static int
take(void *ctx, const struct catalog_entry *entry, struct err *e)
{
	struct expected x = { entry->json, entry->json_len };
	const struct jscan_handler handler = { &x, LIMIT_ENTRY, capture_root,
		compare };
	struct reader reader;
	size_t *count = ctx;

	++*count;
	if (entry->problem != NULL) {
		FUZZ_HOLDS(entry->problem->rule[0] != '\0');
		return 0;
	}
	FUZZ_HOLDS(entry->json_len == strlen(entry->json));
	FUZZ_HOLDS(entry->facts.name != NULL && entry->facts.name[0] != '\0');
	FUZZ_HOLDS(
	    entry->facts.version != NULL && entry->facts.version[0] != '\0');
	reader_from_memory(&reader, entry->json, entry->json_len);
	FUZZ_HOLDS(jscan_run(&reader, &handler, e) == 0);
	return 0;
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct catalog_options options = { .max_meta_size =
					       LIMIT_META_DEFAULT };
	struct catalog_summary summary = { 0 };
	struct err e = ERR_INIT;
	struct reader reader;
	size_t count = 0;

	reader_from_memory(&reader, data, len);
	if (shape_detect(&options.shape, &options.seems, &reader, &e) == -1) {
		FUZZ_HOLDS(e.code != ERR_NONE && e.text[0] != '\0');
		return;
	}
	if (options.shape == SHAPE_FOREIGN)
		return;
	reader_from_memory(&reader, data, len);
	if (catalog_read(&summary, &reader, &options, take, &count, &e) == 0)
		FUZZ_HOLDS(count ==
			   summary.servers + summary.skills + summary.plugins);
	else
		FUZZ_HOLDS(e.code != ERR_NONE && e.text[0] != '\0');
}
