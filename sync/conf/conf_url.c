/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs of the configuration, as much of RFC 3986 as the rules need, and what
 * must not be sent over plain http.
 */
#include "sync/conf/conf_private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The length of the scheme in front of ':', 0 when there is none. */
static size_t
scheme_length(const char *text)
{
	size_t len = 0;

	if (!isalpha((unsigned char)*text))
		return 0;
	while (isalnum((unsigned char)text[len]) ||
	       (text[len] != '\0' && strchr("+-.", text[len]) != NULL))
		len++;
	return text[len] == ':' ? len : 0;
}

static bool
is_loopback(const char *host, size_t len)
{
	static const char *const names[] = { "localhost", "127.0.0.1",
		"[::1]" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == len &&
		    strncasecmp(host, names[i], len) == 0)
			return true;
	return false;
}

/* Parses user, host and port of ${len} bytes.  NULL, or what is wrong. */
static const char *
parse_authority(struct conf_url *out, const char *text, size_t len)
{
	const char *host = text, *end = text + len, *port;
	size_t name;

	for (const char *p = text; p < end; p++)
		if (*p == '@')
			host = p + 1;
	name = strcspn(host, ":/?#");
	if (*host == '[')
		name = strcspn(host, "]") + 1;
	if (host + name > end)
		return "missing ']' in host";
	if (strcspn(host, " <>\"\\^`{|}") < name)
		return "invalid character in host name";
	port = host + name;
	if (port < end && *port != ':')
		return "invalid host";
	if (port < end && port + 1 + strspn(port + 1, "0123456789") < end)
		return "invalid port after host";
	out->has_user = host > text;
	out->has_host = host < end;
	out->is_loopback = is_loopback(host, name);
	return NULL;
}

static const char *
parse_url(struct conf_url *out, const char *text)
{
	size_t scheme = scheme_length(text);
	const char *rest = text + (scheme > 0 ? scheme + 1 : 0);

	for (const char *p = text; *p != '\0'; p++) {
		if (iscntrl((unsigned char)*p))
			return "control character in URL";
		if (*p == '%' && (!isxdigit((unsigned char)p[1]) ||
				     !isxdigit((unsigned char)p[2])))
			return "invalid URL escape";
	}
	if (*text == ':')
		return "missing protocol scheme";
	for (size_t i = 0; i < scheme && scheme < sizeof out->scheme; i++)
		out->scheme[i] = (char)tolower((unsigned char)text[i]);
	return strncmp(rest, "//", 2) == 0
		   ? parse_authority(out, rest + 2, strcspn(rest + 2, "/?#"))
		   : NULL;
}

int
conf_url_parse(struct conf_url *out, const char *text, struct err *e)
{
	const char *problem;

	memset(out, 0, sizeof *out);
	problem = parse_url(out, text);
	if (problem == NULL)
		return 0;
	err_set(e, ERR_CONFIG, "%s", problem);
	return -1;
}

/* Whether ${url} is plain http to another machine, which is not allowed. */
static bool
is_exposed(const struct conf_at *at, const char *url)
{
	struct err ignored = ERR_INIT;
	struct conf_url u;

	return !conf_allows_insecure(at) &&
	       conf_url_parse(&u, url, &ignored) == 0 &&
	       strcmp(u.scheme, "http") == 0 && !u.is_loopback;
}

void
conf_url_check_secret(const struct conf_at *at, const char *key,
    const char *what, const char *url)
{
	char shown[CONF_SHOWN_SIZE];

	if (is_exposed(at, url))
		conf_error(at, key,
		    "%s must not be sent over plain http (set "
		    "THV_REGISTRY_INSECURE_URL=true to allow it): %s",
		    what, conf_show(shown, url));
}

void
conf_url_check_user(const struct conf_at *at, const char *key, const char *url)
{
	struct err ignored = ERR_INIT;
	struct conf_url u;

	if (conf_url_parse(&u, url, &ignored) == 0 && u.has_user)
		conf_url_check_secret(at, key, "the user name in the URL", url);
}

static void
check_plain(
    const struct conf_at *at, const char *key, const char *url, bool https_only)
{
	char shown[CONF_SHOWN_SIZE];

	conf_show(shown, url);
	if (https_only && strncasecmp(url, "http:", 5) == 0)
		conf_error(at, key, "%s is plain http, but requireHttps is set",
		    shown);
	/* The reference accepts plain http for any host. */
	else if (is_exposed(at, url))
		conf_warn(at, key,
		    "%s is plain http: the response can be changed in transit",
		    shown);
}

void
conf_http_check(struct conf_http *http, const struct conf_at *at,
    const char *key, const char *url, const char *secret)
{
	http->insecure = conf_allows_insecure(at);
	if (url == NULL)
		return;
	if (secret != NULL)
		conf_url_check_secret(at, key, secret, url);
	conf_url_check_user(at, key, url);
	check_plain(at, key, url, http->https_only);
}
