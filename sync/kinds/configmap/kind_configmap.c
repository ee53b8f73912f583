/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of kind configmap: a mounted ConfigMap has a path; one that is read
 * from the API of the cluster has a name, and its kind is kind_configmap_api.
 * Names become parts of URLs and of file names, so only what Kubernetes allows
 * is accepted.
 */
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_key.h"
#include "sync/kinds/configmap/fetch_configmap.h"
#include "sync/kinds/kind.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define DOCUMENT "registry.json"
#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

#define AT(member) CONF_AT(conf_source, u.configmap.member)

const struct conf_key kind_configmap_keys[] = {
	{ "path", CONF_TEXT, AT(path), CONF_PLACE },
	{ "namespace", CONF_TEXT, AT(namespace_name), CONF_PLACE },
	{ "name", CONF_TEXT, AT(name), CONF_PLACE },
	{ "key", CONF_TEXT, AT(key), CONF_PLACE },
	{ "server", CONF_URL, AT(server),
	    CONF_BARE | CONF_PLACE | CONF_ADDRESS },
	{ "tokenFile", CONF_FILE, AT(token_file), CONF_LATER },
	{ "caFile", CONF_FILE, AT(ca_file), CONF_LATER },
	CONF_KEY_END,
};

/* Labels of letters, digits and hyphens with dots between them. */
static bool
is_object_name(const char *name)
{
	size_t len = strlen(name);

	return len <= LIMIT_CONFIGMAP_NAME && len > 0 &&
	       strspn(name, LOWER "-.") == len && strchr(".-", *name) == NULL &&
	       strchr(".-", name[len - 1]) == NULL &&
	       strstr(name, "..") == NULL && strstr(name, ".-") == NULL &&
	       strstr(name, "-.") == NULL;
}

static bool
is_key(const char *key)
{
	size_t len = strlen(key);

	return len <= LIMIT_CONFIGMAP_NAME &&
	       strspn(key, LOWER UPPER "-._") == len && strcmp(key, ".") != 0 &&
	       strncmp(key, "..", 2) != 0;
}

/* Of a mounted one these keys have no meaning. */
static void
check_mounted(const struct conf_at *at)
{
	static const char *const of_the_api[] = { "name", "namespace", "server",
		"tokenFile", "caFile" };
	size_t count = sizeof of_the_api / sizeof of_the_api[0];

	for (size_t i = 0; i < count; i++) {
		if (!conf_present(at, of_the_api[i]))
			continue;
		conf_error(at, "path",
		    "configmap.path and configmap.%s are mutually exclusive",
		    of_the_api[i]);
		break;
	}
}

/* A token must not be sent over plain http. */
static void
check_server(const struct conf_at *at, const char *server)
{
	bool plain = strncasecmp(server, "http:", 5) == 0;
	char shown[CONF_SHOWN_SIZE];
	struct err ignored = ERR_INIT;
	struct conf_url u;

	conf_show(shown, server);
	if (conf_url_parse(&u, server, &ignored) == -1)
		return;
	if (plain && !u.is_loopback)
		conf_error(at, "server",
		    "configmap.server must be an https URL, or http to this "
		    "machine (without a token), found '%s'",
		    shown);
	else if (strchr(server, '@') != NULL)
		conf_error(at, "server",
		    "configmap.server must have no user, query or fragment, "
		    "found '%s'",
		    shown);
	else if (plain && conf_present(at, "tokenFile"))
		conf_error(at, "tokenFile",
		    "configmap.tokenFile needs an https configmap.server");
}

static void
check_names(const struct conf_at *at, const struct conf_configmap *c)
{
	char shown[CONF_SHOWN_SIZE];

	if (c->name != NULL && !is_object_name(c->name))
		conf_error(at, "name",
		    "configmap.name must be the name of a ConfigMap "
		    "(lower-case letters, digits, hyphens and dots, at most "
		    "%d), found '%s'",
		    LIMIT_CONFIGMAP_NAME, conf_show(shown, c->name));
	if (c->namespace_name != NULL && !conf_name_is_label(c->namespace_name))
		conf_error(at, "namespace", "invalid namespace name: %s",
		    conf_show(shown, c->namespace_name));
	if (c->key != NULL && strcmp(c->key, "*") != 0 && !is_key(c->key))
		conf_error(at, "key",
		    "configmap.key must be a key of a ConfigMap (letters, "
		    "digits, '-', '_' and '.', at most %d) or '*', found '%s'",
		    LIMIT_CONFIGMAP_NAME, conf_show(shown, c->key));
}

static void
check(struct conf_source *s, const struct conf_at *at)
{
	struct conf_configmap *c = &s->u.configmap;

	if (c->key == NULL && c->path == NULL)
		c->key = xstrdup(DOCUMENT);
	check_names(at, c);
	if (c->server != NULL)
		check_server(at, c->server);
	if (conf_present(at, "path")) {
		check_mounted(at);
		return;
	}
	s->kind = &kind_configmap_api;
	if (!conf_present(at, "name"))
		conf_error(at, NULL,
		    "configmap.path or configmap.name is required: configMap "
		    "name cannot be empty");
}

static char *
watched(const struct conf_source *s)
{
	const struct conf_configmap *c = &s->u.configmap;
	struct stat st;

	if (c->key != NULL && strcmp(c->key, "*") != 0 &&
	    stat(c->path, &st) == 0 && S_ISDIR(st.st_mode))
		return xasprintf("%s/%s", c->path, c->key);
	return xstrdup(c->path);
}

static void
needs(struct kind_needs *n, const struct conf_source *s)
{
	static const char *const of_a_pod[] = { "KUBERNETES_SERVICE_HOST",
		"KUBERNETES_SERVICE_PORT", NULL };

	(void)s;
	n->variables = of_a_pod;
	/* The directory, because its files are links that change. */
	kind_needs_file(n, FETCH_CONFIGMAP_SERVICE_ACCOUNT);
}

const struct source_kind kind_configmap = {
	.name = "configmap",
	.keys = kind_configmap_keys,
	.check = check,
	.fetch = fetch_configmap,
	.watched = watched,
};

const struct source_kind kind_configmap_api = {
	.name = "configmap",
	.keys = kind_configmap_keys,
	.fetch = fetch_configmap_api,
	.remote = true,
	.needs = needs,
};
