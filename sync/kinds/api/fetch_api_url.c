/* SPDX-License-Identifier: Apache-2.0 */
/* From what people write as an endpoint to the URL of a page. */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static size_t
without_slashes(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] == '/')
		len--;
	return len;
}

/* Whether ${text} of ${len} bytes ends in ${end}. */
static bool
ends_with(const char *text, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len >= end_len &&
	       memcmp(text + len - end_len, end, end_len) == 0;
}

char *
fetch_api_url_root(char version[FETCH_API_VERSION_SIZE], const char *endpoint)
{
	static const char *const versions[] = { "/v0.1", "/v0" };
	size_t len = without_slashes(endpoint, strlen(endpoint));
	size_t list = len;

	*version = '\0';
	if (ends_with(endpoint, len, "/servers"))
		list = without_slashes(endpoint, len - strlen("/servers"));
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		if (!ends_with(endpoint, list, versions[i]))
			continue;
		memcpy(version, versions[i] + 1, strlen(versions[i]));
		len = without_slashes(endpoint, list - strlen(versions[i]));
		break;
	}
	return xstrndup(endpoint, len);
}

/* Everything but the unreserved characters of RFC 3986 as %XX. */
static void
add_encoded(struct buf *to, const char *text)
{
	for (; *text != '\0'; text++) {
		if (isalnum((unsigned char)*text) ||
		    strchr("-._~", *text) != NULL)
			buf_addc(to, *text);
		else
			buf_addf(to, "%%%02X", (unsigned char)*text);
	}
}

char *
fetch_api_url_page(const struct fetch_api_query *q)
{
	const struct fetch_api_list_facts *list = fetch_api_list_get(q->list);
	struct buf url = BUF_INIT(4 * LIMIT_URL + 4 * LIMIT_API_CURSOR);
	char since[CLOCK_TEXT_SIZE];
	unsigned limit = q->limit;

	if (list->most != 0 && limit > list->most)
		limit = list->most;
	buf_addf(
	    &url, "%s/%s/%s?limit=%u", q->root, q->version, list->path, limit);
	if (!q->plain && list->deleted)
		buf_adds(&url, "&include_deleted=true");
	if (q->since_us != CLOCK_NEVER) {
		clock_format(since, q->since_us);
		buf_adds(&url, "&updated_since=");
		add_encoded(&url, since);
	}
	if (q->cursor != NULL) {
		buf_adds(&url, "&cursor=");
		add_encoded(&url, q->cursor);
	}
	return buf_take(&url);
}
