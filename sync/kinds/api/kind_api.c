/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of kind api: another registry, asked page by page. */
#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"
#include "sync/kinds/api/fetch_api.h"
#include "sync/kinds/kind.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECOND_NS INT64_C(1000000000)
#define TIMEOUT_NS (10 * SECOND_NS)
#define TIMEOUT_MAX_NS (5 * 60 * SECOND_NS)
#define OVERLAP_NS (10 * 60 * SECOND_NS)
#define FULL_INTERVAL_NS (24 * 60 * 60 * SECOND_NS)
#define PAGE_SIZE 100
/* Of one fetch, which may ask for many pages. */
#define TIME_US (3600 * CLOCK_SECOND)

static const struct conf_key header_keys[] = {
	CONF_KEY_OF("name", CONF_STRING, conf_http_header, name, CONF_REQUIRED),
	CONF_KEY_OF("value", CONF_STRING, conf_http_header, value, 0),
	CONF_KEY_OF("valueFile", CONF_FILE, conf_http_header, value_file, 0),
	CONF_KEY_END,
};

#define DURATION(key, member_, initial, uses)                 \
	{                                                     \
		.name = (key), .form = CONF_DURATION,         \
		.use = CONF_READ | (uses),                    \
		.offset = offsetof(struct conf_api, member_), \
		.initial_ns = (initial)                       \
	}

const struct conf_key kind_api_keys[] = {
	CONF_KEY_OF("endpoint", CONF_STRING, conf_api, endpoint,
	    CONF_REQUIRED | CONF_PLACE | CONF_URL),
	DURATION("timeout", timeout_ns, TIMEOUT_NS, CONF_SHOWN),
	CONF_KEY("pageSize", CONF_INT),
	DURATION("overlap", overlap_ns, OVERLAP_NS, 0),
	DURATION("fullInterval", full_interval_ns, FULL_INTERVAL_NS, 0),
	CONF_KEY("allowEmpty", CONF_BOOL),
	CONF_KEY_OF("tokenFile", CONF_FILE, conf_api, token_file, 0),
	CONF_KEY_OF("caFile", CONF_FILE, conf_api, ca_file, 0),
	CONF_KEY_BLOCK("headers", CONF_BLOCKS, header_keys),
	CONF_KEY("allowPrivate", CONF_BOOL),
	CONF_KEY("requireHttps", CONF_BOOL),
	CONF_KEY_END,
};
#undef DURATION

/* ---- headers ---- */

/* A field name of RFC 9110 section 5.1. */
static bool
is_header_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789!#$%&'*+-.^_`|~";

	return strlen(name) <= LIMIT_CONFIG_HEADER &&
	       name[strspn(name, letters)] == '\0';
}

/* Headers that the fetcher sets itself, or that frame the request. */
static bool
is_reserved(const char *name)
{
	static const char *const names[] = { "Host", "Accept",
		"Accept-Encoding", "Connection", "Content-Length",
		"If-Modified-Since", "If-None-Match", "Transfer-Encoding",
		"Upgrade" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

static void
check_header_name(const struct conf_http_header *h, const struct conf_at *at)
{
	char shown[CONF_SHOWN_SIZE];

	if (!is_header_name(h->name))
		conf_message_error(at, "name", "'%s' is no name of a header",
		    conf_message_show(shown, h->name));
	else if (is_reserved(h->name))
		conf_message_error(at, "name",
		    "the header %s is set by the program itself", h->name);
}

static void
read_header(struct conf_http_header *h, const struct conf_at *at)
{
	conf_block_read(h, header_keys, at, "api.headers");
	if (h->name != NULL)
		check_header_name(h, at);
	if (conf_value_present(at, "value") ==
	    conf_value_present(at, "valueFile"))
		conf_message_error(at, NULL,
		    "exactly one of value and valueFile must be specified");
	if (h->value != NULL && !conf_http_is_header_value(h->value))
		conf_message_error(
		    at, "value", "control character in the value of a header");
}

static void
read_headers(struct conf_api *a, const struct conf_at *at)
{
	size_t count = conf_value_block_count(at, "headers");

	if (count > LIMIT_CONFIG_HEADERS) {
		conf_message_error(at, "headers",
		    "found %zu headers, expected at most %d", count,
		    LIMIT_CONFIG_HEADERS);
		return;
	}
	a->headers = xcalloc(count, sizeof *a->headers);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_tree *node =
		    conf_value_block(at, "headers", i);
		char *path = xasprintf("%s.headers[%zu]", at->path, i);
		struct conf_at block = { at->reader, node, path, at->label,
			node->line };

		a->header_count++;
		if (!node->bad)
			read_header(&a->headers[i], &block);
		free(path);
	}
}

/* ---- the block ---- */

static void
check_endpoint(const struct conf_api *a, const struct conf_at *at)
{
	char shown[CONF_SHOWN_SIZE];
	struct err e = ERR_INIT;
	struct conf_url u;

	conf_message_show(shown, a->endpoint);
	if (conf_url_parse(&u, a->endpoint, &e) == -1) {
		conf_message_error(at, "endpoint",
		    "api.endpoint is invalid: %s: %s", e.text, shown);
		return;
	}
	if (!u.has_host ||
	    (strcmp(u.scheme, "http") != 0 && strcmp(u.scheme, "https") != 0))
		conf_message_error(at, "endpoint",
		    "api.endpoint must be an http or https URL with host, "
		    "found '%s'",
		    shown);
	if (strpbrk(a->endpoint, "?#") != NULL)
		conf_message_error(at, "endpoint",
		    "api.endpoint must have no query and no fragment, found "
		    "'%s'",
		    shown);
	if (a->token_file != NULL || a->header_count > 0)
		conf_http_check_secret(at, "endpoint",
		    a->token_file != NULL ? "api.tokenFile" : "api.headers",
		    a->endpoint);
}

static void
check_times(const struct conf_api *a, const struct conf_at *at)
{
	if (a->timeout_ns <= 0)
		conf_message_error(
		    at, "timeout", "api.timeout must be greater than zero");
	else if (a->timeout_ns > TIMEOUT_MAX_NS)
		conf_message_error(
		    at, "timeout", "api.timeout must not exceed 5m0s");
	if (a->overlap_ns < 0)
		conf_message_error(
		    at, "overlap", "api.overlap must not be negative");
	if (a->full_interval_ns < 0)
		conf_message_error(at, "fullInterval",
		    "api.fullInterval must not be negative");
}

static void
read_page_size(struct conf_api *a, const struct conf_at *at)
{
	const struct yaml_tree *size = conf_value_get(at, "pageSize");
	int64_t n = PAGE_SIZE;

	if (size != NULL &&
	    (!conf_value_int(&n, size) || n < 1 || n > LIMIT_API_PAGE_SIZE)) {
		conf_message_error(at, "pageSize",
		    "api.pageSize must be between 1 and %d",
		    LIMIT_API_PAGE_SIZE);
		n = PAGE_SIZE;
	}
	a->page_size = (unsigned)n;
}

static void
check(struct conf_source *s, const struct conf_at *at)
{
	struct conf_api *a = &s->u.api;

	a->insecure = at->reader->insecure_url;
	s->allow_empty = conf_value_flag(at, "allowEmpty");
	read_headers(a, at);
	check_times(a, at);
	read_page_size(a, at);
	if (a->endpoint == NULL)
		return;
	check_endpoint(a, at);
	conf_http_read_rules(
	    &a->public_only, &a->https_only, at, "endpoint", a->endpoint);
}

static void
wipe(struct conf_source *s)
{
	for (size_t i = 0; i < s->u.api.header_count; i++)
		conf_block_wipe(&s->u.api.headers[i], header_keys);
	free(s->u.api.headers);
}

/* A tenant's header may decide what there is to see, and may be secret. */
static void
identify(struct json_out *j, const struct conf_source *s)
{
	const struct conf_api *a = &s->u.api;
	struct digest *d;
	char hex[DIGEST_HEX_SIZE];

	if (a->header_count == 0)
		return;
	d = digest_new();
	for (size_t i = 0; i < a->header_count; i++) {
		const struct conf_http_header *h = &a->headers[i];
		const char *value = h->value != NULL ? h->value : h->value_file;

		digest_add(d, h->name, strlen(h->name) + 1);
		if (value != NULL)
			digest_add(d, value, strlen(value) + 1);
	}
	digest_hex(d, hex);
	digest_free(d);
	json_out_key(j, "headers");
	json_out_str(j, hex);
}

static void
needs(struct kind_needs *n, const struct conf_source *s)
{
	for (size_t i = 0; i < s->u.api.header_count; i++)
		kind_needs_file(n, s->u.api.headers[i].value_file);
}

const struct source_kind kind_api = {
	.name = "api",
	.keys = kind_api_keys,
	.check = check,
	.wipe = wipe,
	.identify = identify,
	.fetch = fetch_api,
	.remote = true,
	.time_us = TIME_US,
	.needs = needs,
};
