/* SPDX-License-Identifier: Apache-2.0 */
/* One request: its URL, its headers, and how large a page may be. */
#define _GNU_SOURCE /* strcasestr */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "lib/xalloc.h"
#include "sync/fetch/http/fetch_download.h"
#include "sync/fetch/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Some servers reject a page of more skills or plugins. */
#define EXTENSIONS_MOST 100
/* In an explanation a smaller number is rather a code or a minimum. */
#define NAMED_MIN 10
#define NAMED_DIGITS 4

static const struct {
	const char *name;
	const char *path; /* behind the version */
	unsigned most; /* entries of a page; 0: as configured */
	bool deleted; /* include_deleted is supported */
} lists[] = {
	[FETCH_API_SERVERS] = { "servers", "servers", 0, true },
	/* Nothing marks a deleted skill. */
	[FETCH_API_SKILLS] = { "skills", "x/dev.toolhive/skills",
	    EXTENSIONS_MOST, false },
	[FETCH_API_PLUGINS] = { "plugins", "x/dev.toolhive/plugins",
	    EXTENSIONS_MOST, false },
};

const char *
fetch_api_list_name(enum fetch_api_list list)
{
	return lists[list].name;
}

/* ---- URLs ---- */

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

/* Percent-encodes all but the unreserved characters of RFC 3986. */
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
	struct buf url = BUF_INIT(4 * LIMIT_URL + 4 * LIMIT_API_CURSOR);
	char since[CLOCK_TEXT_SIZE];
	unsigned limit = q->limit;

	if (lists[q->list].most != 0 && limit > lists[q->list].most)
		limit = lists[q->list].most;
	buf_addf(&url, "%s/%s/%s?limit=%u", q->root, q->version,
	    lists[q->list].path, limit);
	if (!q->plain && lists[q->list].deleted)
		buf_adds(&url, "&include_deleted=true");
	if (q->since_us != CLOCK_NEVER) {
		clock_format(since, q->since_us);
		buf_adds(&url, "&updated_since=");
		add_encoded(&url, since);
	}
	if (*q->cursor != '\0') {
		buf_adds(&url, "&cursor=");
		add_encoded(&url, q->cursor);
	}
	return buf_take(&url);
}

/* ---- headers ---- */

int
fetch_api_headers_read(
    struct http_policy *policy, const struct conf_api *conf, struct err *e)
{
	for (size_t i = 0; i < conf->header_count; i++) {
		const struct conf_http_header *h = &conf->headers[i];
		char *secret = NULL;

		if (h->value_file != NULL &&
		    secret_read(&secret, "the file of api.headers.valueFile",
			h->value_file, e) == -1)
			return -1;
		policy->headers[policy->header_count++] = xasprintf(
		    "%s: %s", h->name, secret != NULL ? secret : h->value);
		secret_free(secret);
	}
	return 0;
}

/* ---- rejected sizes ---- */

static bool
mentions(const char *words, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasestr(words, names[i]) != NULL)
			return true;
	return false;
}

/* The largest number below ${size}, 0 for none. */
static unsigned
find_limit(const char *words, unsigned size)
{
	unsigned best = 0, n;
	size_t len;

	for (; *words != '\0'; words += len) {
		len = strspn(words, "0123456789");
		if (len == 0) {
			len = 1;
			continue;
		}
		if (len > NAMED_DIGITS)
			continue;
		n = (unsigned)strtoul(words, NULL, 10);
		if (n >= NAMED_MIN && n < size && n > best)
			best = n;
	}
	return best;
}

bool
fetch_api_size_is_refused(
    unsigned *named, int status, const char *words, unsigned size)
{
	static const char *const sizes[] = { "limit", "page", "size", "maximum",
		"too many" };
	/* Other parameters, which may be rejected as well. */
	static const char *const others[] = { "cursor", "include_deleted",
		"updated_since" };

	*named = 0;
	if (status == 413)
		return true;
	if ((status != 400 && status != 422) || words == NULL ||
	    !mentions(words, sizes, sizeof sizes / sizeof *sizes) ||
	    mentions(words, others, sizeof others / sizeof *others))
		return false;
	*named = find_limit(words, size);
	return true;
}
