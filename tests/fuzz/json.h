/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a text that the program wrote is JSON. */
#ifndef TESTS_FUZZ_JSON_H
#define TESTS_FUZZ_JSON_H

#include "lib/document/jscan.h"
#include "lib/reader.h"

#include <stdbool.h>

static enum jscan_action
fuzz_skip(void *ctx, const struct jscan_place *p)
{
	(void)ctx;
	(void)p;
	return JSCAN_SKIP;
}

static bool
fuzz_is_json(const char *text, size_t len)
{
	const struct jscan_handler handler = { NULL, 0, fuzz_skip, NULL };
	struct err e = ERR_INIT;
	struct reader reader;

	reader_from_memory(&reader, text, len);
	return jscan_run(&reader, &handler, &e) == 0;
}

#endif
