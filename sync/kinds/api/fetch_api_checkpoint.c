/* SPDX-License-Identifier: Apache-2.0 */
/* What the database keeps of a registry API between two syncs. */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "lib/limits.h"

#include <string.h>

#define FORM 1 /* of the text; another one is not understood */

bool
fetch_api_checkpoint_read(struct fetch_api_checkpoint *out, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);
	int64_t pages, size;

	memset(out, 0, sizeof *out);
	out->since_us = CLOCK_NEVER;
	if (text == NULL || *text != '{' ||
	    fetch_api_record_int(text, len, "form", 0) != FORM)
		return false;
	out->crawl_us = fetch_api_record_int(text, len, "crawl", CLOCK_NEVER);
	out->full_us = fetch_api_record_int(text, len, "full", CLOCK_NEVER);
	out->since_us = fetch_api_record_int(text, len, "since", CLOCK_NEVER);
	pages = fetch_api_record_int(text, len, "pages", 0);
	out->pages = pages > 0 && pages <= LIMIT_API_PAGES ? (size_t)pages : 0;
	size = fetch_api_record_int(text, len, "limit", 0);
	if (size > 0 && size <= LIMIT_API_PAGE_SIZE)
		out->page_size = (unsigned)size;
	out->plain = fetch_api_record_bool(text, len, "plain");
	for (int i = FETCH_API_SKILLS; i < FETCH_API_LISTS; i++)
		out->has[i] = fetch_api_record_bool(text, len,
		    fetch_api_list_get((enum fetch_api_list)i)->member);
	fetch_api_record_copy(
	    out->version, sizeof out->version, text, len, "version");
	fetch_api_record_copy(
	    out->delta, sizeof out->delta, text, len, "delta");
	fetch_api_record_copy(
	    out->asked, sizeof out->asked, text, len, "asked");
	return *out->version != '\0';
}

char *
fetch_api_checkpoint_write(const struct fetch_api_checkpoint *c)
{
	struct buf text = BUF_INIT(FETCH_API_RECORD_MAX);
	struct json_out j = JSON_OUT_INIT(&text);

	json_out_open(&j, '{');
	fetch_api_record_add_int(&j, "form", FORM);
	fetch_api_record_add_str(&j, "version", c->version);
	fetch_api_record_add_int(&j, "crawl", c->crawl_us);
	fetch_api_record_add_int(&j, "full", c->full_us);
	if (c->since_us != CLOCK_NEVER)
		fetch_api_record_add_int(&j, "since", c->since_us);
	fetch_api_record_add_int(&j, "pages", (int64_t)c->pages);
	if (c->page_size > 0)
		fetch_api_record_add_int(&j, "limit", c->page_size);
	if (c->plain)
		fetch_api_record_add_bool(&j, "plain", true);
	for (int i = FETCH_API_SKILLS; i < FETCH_API_LISTS; i++)
		if (c->has[i])
			fetch_api_record_add_bool(&j,
			    fetch_api_list_get((enum fetch_api_list)i)->member,
			    true);
	if (*c->delta != '\0')
		fetch_api_record_add_str(&j, "delta", c->delta);
	if (*c->asked != '\0')
		fetch_api_record_add_str(&j, "asked", c->asked);
	json_out_close(&j, '}');
	return buf_take(&text);
}
