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
escapes_are_whole(const char *text)
{
	for (; (text = strchr(text, '%')) != NULL; text++) {
		if (!isxdigit((unsigned char)text[1]) ||
		    !isxdigit((unsigned char)text[2]))
			return false;
	}
	return true;
}

/* The host and port of ${len} bytes at ${host}. */
static int
check_host(struct conf_url *out, const char *host, size_t len, struct err *e)
{
	size_t name = 0, port;

	if (*host == '[')
		name = strcspn(host, "]") + 1;
	else
		name = strcspn(host, ":/?#");
	if (name > len) {
		err_set(e, ERR_CONFIG, "missing ']' in host");
		return -1;
	}
	for (size_t i = 0; i < name; i++) {
		if (strchr(" <>\"\\^`{|}", host[i]) != NULL) {
			err_set(
			    e, ERR_CONFIG, "invalid character in host name");
			return -1;
		}
	}
	if (name < len && host[name] != ':') {
		err_set(e, ERR_CONFIG, "invalid host");
		return -1;
	}
	for (port = name + 1; port < len; port++) {
		if (!isdigit((unsigned char)host[port])) {
			err_set(e, ERR_CONFIG, "invalid port after host");
			return -1;
		}
	}
	out->has_host = len > 0;
	out->is_loopback =
	    (name == 9 && strncasecmp(host, "localhost", 9) == 0) ||
	    (name == 9 && strncmp(host, "127.0.0.1", 9) == 0) ||
	    (name == 5 && strncmp(host, "[::1]", 5) == 0);
	return 0;
}

int
conf_url_parse(struct conf_url *out, const char *text, struct err *e)
{
	size_t scheme = scheme_length(text), len;
	const char *host;

	memset(out, 0, sizeof *out);
	for (const char *p = text; *p != '\0'; p++) {
		if (iscntrl((unsigned char)*p)) {
			err_set(e, ERR_CONFIG, "control character in URL");
			return -1;
		}
	}
	if (*text == ':') {
		err_set(e, ERR_CONFIG, "missing protocol scheme");
		return -1;
	}
	if (!escapes_are_whole(text)) {
		err_set(e, ERR_CONFIG, "invalid URL escape");
		return -1;
	}
	if (scheme > 0 && scheme < sizeof out->scheme) {
		for (size_t i = 0; i < scheme; i++)
			out->scheme[i] = (char)tolower((unsigned char)text[i]);
	}
	host = text + (scheme > 0 ? scheme + 1 : 0);
	if (strncmp(host, "//", 2) != 0)
		return 0;
	host += 2;
	len = strcspn(host, "/?#");
	for (size_t i = len; i > 0; i--) {
		if (host[i - 1] != '@')
			continue;
		out->has_user = true;
		host += i;
		len -= i;
		break;
	}
	return check_host(out, host, len, e);
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

void
conf_url_check_plain(
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
		    "%s is plain http: the response can be changed on its way",
		    shown);
}

bool
conf_http_is_header_value(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < ' ' || *value == 0x7f)
			return false;
	return true;
}
