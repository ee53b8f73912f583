/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of kind api: another registry, read page by page. */
#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "sync/conf/conf_key.h"
#include "sync/kinds/api/fetch_api.h"
#include "sync/kinds/kind.h"

#include <string.h>
#include <strings.h>

#define MINUTE_NS (60 * INT64_C(1000000000))
/* Of one fetch, which may request many pages. */
#define TIME_US (3600 * CLOCK_SECOND)

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

/* Headers that the fetch sets itself, or that frame the request. */
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

static bool
is_header_value(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < ' ' || *value == 0x7f)
			return false;
	return true;
}

static void
check_header(const struct conf_at *at, void *header)
{
	const struct conf_http_header *h = header;
	char shown[CONF_SHOWN_SIZE];

	if (h->name != NULL && !is_header_name(h->name))
		conf_error(at, "name", "invalid name of a header: '%s'",
		    conf_show(shown, h->name));
	else if (h->name != NULL && is_reserved(h->name))
		conf_error(at, "name",
		    "header %s is reserved: the program sets it itself",
		    h->name);
	if (conf_present(at, "value") == conf_present(at, "valueFile"))
		conf_error(at, NULL,
		    "exactly one of value and valueFile must be specified");
	if (h->value != NULL && !is_header_value(h->value))
		conf_error(
		    at, "value", "control character in the value of a header");
}

static const struct conf_key header_keys[] = {
	{ "name", CONF_TEXT, CONF_AT(conf_http_header, name),
	    .required = "api.headers.name is required" },
	{ "value", CONF_TEXT, CONF_AT(conf_http_header, value) },
	{ "valueFile", CONF_FILE, CONF_AT(conf_http_header, value_file) },
	CONF_KEY_END,
};

#define AT(member) CONF_AT(conf_source, u.api.member)

const struct conf_key kind_api_keys[] = {
	{ "endpoint", CONF_URL, AT(endpoint),
	    CONF_BARE | CONF_PLACE | CONF_ADDRESS,
	    .required = "api.endpoint is required" },
	{ "timeout", CONF_DURATION, AT(timeout_ns), CONF_SHOWN,
	    .fallback = "10s", .min = 1, .max = 5 * MINUTE_NS },
	{ "pageSize", CONF_INT, AT(page_size), .fallback = "100", .min = 1,
	    .max = LIMIT_API_PAGE_SIZE },
	{ "overlap", CONF_DURATION, AT(overlap_ns), .fallback = "10m" },
	{ "fullInterval", CONF_DURATION, AT(full_interval_ns),
	    .fallback = "24h" },
	{ "allowEmpty", CONF_BOOL, CONF_AT(conf_source, allow_empty) },
	{ "tokenFile", CONF_FILE, AT(http.token_file) },
	{ "caFile", CONF_FILE, AT(http.ca_file) },
	{ "headers", CONF_BLOCKS, AT(headers), .keys = header_keys,
	    .size = sizeof(struct conf_http_header),
	    .count = offsetof(struct conf_source, u.api.header_count),
	    .max = LIMIT_CONFIG_HEADERS, .check = check_header },
	{ "allowPrivate", CONF_BOOL, AT(http.public_only), CONF_INVERTED,
	    .fallback = "true" },
	{ "requireHttps", CONF_BOOL, AT(http.https_only) },
	CONF_KEY_END,
};

static void
check(struct conf_source *s, const struct conf_at *at)
{
	struct conf_api *a = &s->u.api;
	const char *secret = a->header_count > 0 ? "api.headers" : NULL;

	if (a->http.token_file != NULL)
		secret = "api.tokenFile";
	conf_http_check(&a->http, at, "endpoint", a->endpoint, secret);
}

/* A header may decide which entries are visible, and may be secret. */
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
	json_out_member_str(j, "headers", hex);
}

const struct source_kind kind_api = {
	.name = "api",
	.keys = kind_api_keys,
	.check = check,
	.identify = identify,
	.fetch = fetch_api,
	.remote = true,
	.time_us = TIME_US,
};
