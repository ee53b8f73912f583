/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kinds have in common that are fetched by HTTP, and the block of
 * registry APIs.
 */
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)
#define TIMEOUT_NS (10 * SECOND_NS)
#define TIMEOUT_MAX_NS (5 * 60 * SECOND_NS)
#define OVERLAP_NS (10 * 60 * SECOND_NS)
#define FULL_INTERVAL_NS (24 * 60 * 60 * SECOND_NS)
#define PAGE_SIZE 100

/* A key that is true unless it says otherwise. */
static bool
flag_or_true(const struct conf_at *at, const char *key)
{
	return conf_value_get(at, key) == NULL || conf_value_flag(at, key);
}

bool
conf_http_public_only(const struct conf_at *at)
{
	return !flag_or_true(at, "allowPrivate");
}

bool
conf_http_is_exposed(const struct conf_url *u)
{
	return strcmp(u->scheme, "http") == 0 && !u->is_loopback;
}

void
conf_http_check_secret(const struct conf_at *at, const char *key,
    const char *what, const char *url)
{
	char shown[CONF_SHOWN_SIZE];
	struct err ignored = ERR_INIT;
	struct conf_url u;

	if (!at->reader->insecure_url &&
	    conf_url_parse(&u, url, &ignored) == 0 && conf_http_is_exposed(&u))
		conf_message_error(at, key,
		    "%s must not be sent over plain http (set "
		    "THV_REGISTRY_INSECURE_URL=true to allow it): %s",
		    what, conf_message_show(shown, url));
}

void
conf_http_check_user(const struct conf_at *at, const char *key, const char *url)
{
	struct err ignored = ERR_INIT;
	struct conf_url u;

	if (conf_url_parse(&u, url, &ignored) == 0 && u.has_user)
		conf_http_check_secret(
		    at, key, "the user name in the URL", url);
}

void
conf_http_read_rules(bool *public_only, bool *https_only,
    const struct conf_at *at, const char *key, const char *url)
{
	struct err ignored = ERR_INIT;
	char shown[CONF_SHOWN_SIZE];
	struct conf_url u;

	*public_only = conf_http_public_only(at);
	*https_only = conf_value_flag(at, "requireHttps");
	conf_http_check_user(at, key, url);
	if (conf_url_parse(&u, url, &ignored) == -1 ||
	    strcmp(u.scheme, "http") != 0)
		return;
	if (*https_only)
		conf_message_error(at, key,
		    "%s is plain http, and requireHttps is set",
		    conf_message_show(shown, url));
	/* The reference takes plain http for any host; so do we, and say so. */
	else if (!u.is_loopback && !at->reader->insecure_url)
		conf_message_warn(at, key,
		    "%s is plain http: whoever is on the way can change what "
		    "arrives",
		    conf_message_show(shown, url));
}

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

bool
conf_http_is_header_value(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < ' ' || *value == 0x7f)
			return false;
	return true;
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
	bool value = conf_value_present(at, "value");

	h->name = conf_value_required(at, "name", "api.headers.name");
	h->value = conf_value_copy(at, "value", NULL);
	h->value_file =
	    conf_kinds_file(at, "valueFile", "api.headers.valueFile", R_OK);
	if (h->name != NULL)
		check_header_name(h, at);
	if (value == conf_value_present(at, "valueFile"))
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

/* ---- api ---- */

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
read_timeout(struct conf_api *a, const struct conf_at *at)
{
	a->timeout_ns = TIMEOUT_NS;
	if (!conf_value_duration(
		&a->timeout_ns, at, "timeout", "api.timeout", "'30s', '1m'"))
		return;
	if (a->timeout_ns <= 0)
		conf_message_error(
		    at, "timeout", "api.timeout must be greater than zero");
	else if (a->timeout_ns > TIMEOUT_MAX_NS)
		conf_message_error(
		    at, "timeout", "api.timeout must not exceed 5m0s");
}

static void
read_paging(struct conf_api *a, const struct conf_at *at)
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
	a->overlap_ns = OVERLAP_NS;
	if (conf_value_duration(
		&a->overlap_ns, at, "overlap", "api.overlap", "'10m', '1h'") &&
	    a->overlap_ns < 0)
		conf_message_error(
		    at, "overlap", "api.overlap must not be negative");
	a->full_interval_ns = FULL_INTERVAL_NS;
	if (conf_value_duration(&a->full_interval_ns, at, "fullInterval",
		"api.fullInterval", "'24h', '12h'") &&
	    a->full_interval_ns < 0)
		conf_message_error(at, "fullInterval",
		    "api.fullInterval must not be negative");
}

void
conf_http_read_api(struct conf_api *a, const struct conf_at *at)
{
	a->endpoint = conf_value_required(at, "endpoint", "api.endpoint");
	a->insecure = at->reader->insecure_url;
	a->token_file = conf_kinds_file(at, "tokenFile", "api.tokenFile", R_OK);
	a->ca_file = conf_kinds_file(at, "caFile", "api.caFile", R_OK);
	a->allow_empty = conf_value_flag(at, "allowEmpty");
	read_headers(a, at);
	read_timeout(a, at);
	read_paging(a, at);
	if (a->endpoint == NULL)
		return;
	check_endpoint(a, at);
	conf_http_read_rules(
	    &a->public_only, &a->https_only, at, "endpoint", a->endpoint);
}

void
conf_http_free_api(struct conf_api *a)
{
	for (size_t i = 0; i < a->header_count; i++) {
		xwipe(a->headers[i].name);
		xwipe(a->headers[i].value);
		xwipe(a->headers[i].value_file);
	}
	free(a->headers);
	xwipe(a->endpoint);
	xwipe(a->token_file);
	xwipe(a->ca_file);
}
