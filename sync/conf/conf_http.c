/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds have in common that are fetched by HTTP. */
#include "sync/conf/conf_private.h"

#include <string.h>

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

bool
conf_http_is_header_value(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < ' ' || *value == 0x7f)
			return false;
	return true;
}
