/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page of a registry API; and the same bytes as a checkpoint, which is read
 * without a syntax check, and as an endpoint.
 */
#include "lib/limits.h"
#include "sync/kinds/api/fetch_api.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void
try_page(const uint8_t *data, size_t len)
{
	struct buf text = BUF_INIT(SIZE_MAX / 2);
	struct fetch_api_page page;
	struct err e = ERR_INIT;

	buf_add(&text, data, len);
	if (fetch_api_page_read(&page, FETCH_API_SERVERS, &text, NULL, &e) ==
	    -1)
		FUZZ_HOLDS(e.text[0] != '\0');
	FUZZ_HOLDS(strlen(page.cursor) <= LIMIT_API_CURSOR);
	buf_free(&text);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char version[FETCH_API_VERSION_SIZE];
	struct fetch_api_checkpoint c;
	char *text, *root;

	try_page(data, len);
	fuzz_texts(&text, 1, data, len);
	if (fetch_api_checkpoint_read(&c, text))
		FUZZ_HOLDS(*c.version != '\0' && c.pages <= LIMIT_API_PAGES);
	root = fetch_api_url_root(version, text);
	FUZZ_HOLDS(strncmp(text, root, strlen(root)) == 0);
	free(root);
	fuzz_texts_free(&text, 1);
}
