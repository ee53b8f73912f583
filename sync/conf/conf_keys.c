/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every key of the configuration file.  Who adds a key adds it here first: what
 * is not here draws a warning, and the environment reaches only what is here.
 */
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define END                          \
	{                            \
		NULL, CONF_ANY, NULL \
	}
#define LONGEST_KEY 48

static const struct conf_key git_auth[] = {
	{ "username", CONF_STRING, NULL },
	{ "passwordFile", CONF_STRING, NULL },
	{ "privateKeyFile", CONF_STRING, NULL },
	{ "knownHostsFile", CONF_STRING, NULL },
	END,
};

static const struct conf_key git[] = {
	{ "repository", CONF_STRING, NULL },
	{ "branch", CONF_STRING, NULL },
	{ "tag", CONF_STRING, NULL },
	{ "commit", CONF_STRING, NULL },
	{ "path", CONF_STRING, NULL },
	{ "auth", CONF_BLOCK, git_auth },
	{ "caFile", CONF_STRING, NULL },
	{ "timeout", CONF_STRING, NULL },
	{ "allowPrivate", CONF_BOOL, NULL },
	END,
};

static const struct conf_key api_header[] = {
	{ "name", CONF_STRING, NULL },
	{ "value", CONF_STRING, NULL },
	{ "valueFile", CONF_STRING, NULL },
	END,
};

static const struct conf_key api[] = {
	{ "endpoint", CONF_STRING, NULL },
	{ "timeout", CONF_STRING, NULL },
	{ "pageSize", CONF_INT, NULL },
	{ "overlap", CONF_STRING, NULL },
	{ "fullInterval", CONF_STRING, NULL },
	{ "allowEmpty", CONF_BOOL, NULL },
	{ "tokenFile", CONF_STRING, NULL },
	{ "caFile", CONF_STRING, NULL },
	{ "headers", CONF_BLOCKS, api_header },
	{ "allowPrivate", CONF_BOOL, NULL },
	{ "requireHttps", CONF_BOOL, NULL },
	END,
};

static const struct conf_key file[] = {
	{ "path", CONF_STRING, NULL },
	{ "url", CONF_STRING, NULL },
	{ "data", CONF_STRING, NULL },
	{ "timeout", CONF_STRING, NULL },
	{ "tokenFile", CONF_STRING, NULL },
	{ "caFile", CONF_STRING, NULL },
	{ "allowPrivate", CONF_BOOL, NULL },
	{ "requireHttps", CONF_BOOL, NULL },
	END,
};

static const struct conf_key managed[] = { END };

static const struct conf_key kubernetes[] = {
	{ "namespaces", CONF_STRINGS, NULL },
	END,
};

static const struct conf_key configmap[] = {
	{ "path", CONF_STRING, NULL },
	{ "namespace", CONF_STRING, NULL },
	{ "name", CONF_STRING, NULL },
	{ "key", CONF_STRING, NULL },
	{ "server", CONF_STRING, NULL },
	{ "tokenFile", CONF_STRING, NULL },
	{ "caFile", CONF_STRING, NULL },
	END,
};

static const struct conf_key sync_policy[] = {
	{ "interval", CONF_STRING, NULL },
	{ "strict", CONF_BOOL, NULL },
	{ "allowShrink", CONF_BOOL, NULL },
	END,
};

static const struct conf_key patterns[] = {
	{ "include", CONF_STRINGS, NULL },
	{ "exclude", CONF_STRINGS, NULL },
	END,
};

static const struct conf_key filter[] = {
	{ "names", CONF_BLOCK, patterns },
	{ "tags", CONF_BLOCK, patterns },
	END,
};

static const struct conf_key source[] = {
	{ "name", CONF_STRING, NULL },
	{ "git", CONF_BLOCK, git },
	{ "api", CONF_BLOCK, api },
	{ "file", CONF_BLOCK, file },
	{ "managed", CONF_BLOCK, managed },
	{ "kubernetes", CONF_BLOCK, kubernetes },
	{ "configmap", CONF_BLOCK, configmap },
	{ "syncPolicy", CONF_BLOCK, sync_policy },
	{ "filter", CONF_BLOCK, filter },
	{ "claims", CONF_CLAIMS, NULL },
	{ "type", CONF_STALE, NULL },
	{ "format", CONF_STALE, NULL },
	END,
};

static const struct conf_key registry[] = {
	{ "name", CONF_STRING, NULL },
	{ "sources", CONF_STRINGS, NULL },
	{ "default", CONF_BOOL, NULL },
	{ "claims", CONF_CLAIMS, NULL },
	END,
};

static const struct conf_key database[] = {
	{ "path", CONF_STRING, NULL },
	{ "maxMetaSize", CONF_INT, NULL },
	{ "tombstoneRetention", CONF_STRING, NULL },
	{ "host", CONF_UNUSED, NULL },
	{ "port", CONF_UNUSED, NULL },
	{ "user", CONF_UNUSED, NULL },
	{ "password", CONF_UNUSED, NULL },
	{ "passwordFile", CONF_UNUSED, NULL },
	{ "migrationUser", CONF_UNUSED, NULL },
	{ "migrationPassword", CONF_UNUSED, NULL },
	{ "migrationPasswordFile", CONF_UNUSED, NULL },
	{ "database", CONF_UNUSED, NULL },
	{ "sslMode", CONF_UNUSED, NULL },
	{ "maxOpenConns", CONF_UNUSED, NULL },
	{ "maxIdleConns", CONF_UNUSED, NULL },
	{ "connMaxLifetime", CONF_UNUSED, NULL },
	{ "dynamicAuth", CONF_UNUSED, NULL },
	END,
};

static const struct conf_key provider[] = {
	{ "name", CONF_STRING, NULL },
	{ "issuerUrl", CONF_STRING, NULL },
	{ "audience", CONF_STRING, NULL },
	{ "jwksUrl", CONF_STRING, NULL },
	{ "introspectionUrl", CONF_STRING, NULL },
	{ "clientId", CONF_STRING, NULL },
	{ "clientSecretFile", CONF_STRING, NULL },
	{ "caCertPath", CONF_STRING, NULL },
	{ "authTokenFile", CONF_STRING, NULL },
	{ "allowPrivateIP", CONF_BOOL, NULL },
	END,
};

static const struct conf_key oauth[] = {
	{ "resourceUrl", CONF_STRING, NULL },
	{ "realm", CONF_STRING, NULL },
	{ "providers", CONF_BLOCKS, provider },
	{ "scopesSupported", CONF_STALE, NULL },
	END,
};

/* Lists of claim maps; the reference does not check them either. */
static const struct conf_key roles[] = {
	{ "superAdmin", CONF_ANY, NULL },
	{ "manageSources", CONF_ANY, NULL },
	{ "manageRegistries", CONF_ANY, NULL },
	{ "manageEntries", CONF_ANY, NULL },
	END,
};

static const struct conf_key authz[] = {
	{ "roles", CONF_BLOCK, roles },
	END,
};

static const struct conf_key auth[] = {
	{ "mode", CONF_STRING, NULL },
	{ "publicPaths", CONF_STRINGS, NULL },
	{ "oauth", CONF_BLOCK, oauth },
	{ "authz", CONF_BLOCK, authz },
	{ "claims", CONF_STRING, NULL },
	END,
};

static const struct conf_key tracing[] = {
	{ "enabled", CONF_BOOL, NULL },
	{ "sampling", CONF_FLOAT, NULL },
	END,
};

static const struct conf_key metrics[] = {
	{ "enabled", CONF_BOOL, NULL },
	END,
};

static const struct conf_key telemetry[] = {
	{ "enabled", CONF_BOOL, NULL },
	{ "serviceName", CONF_STRING, NULL },
	{ "serviceVersion", CONF_STRING, NULL },
	{ "endpoint", CONF_STRING, NULL },
	{ "insecure", CONF_BOOL, NULL },
	{ "tracing", CONF_BLOCK, tracing },
	{ "metrics", CONF_BLOCK, metrics },
	END,
};

static const struct conf_key audit[] = {
	{ "enabled", CONF_BOOL, NULL },
	{ "logFile", CONF_STRING, NULL },
	{ "eventTypes", CONF_STRINGS, NULL },
	{ "excludeEventTypes", CONF_STRINGS, NULL },
	{ "includeRequestData", CONF_BOOL, NULL },
	{ "maxDataSize", CONF_INT, NULL },
	END,
};

static const struct conf_key trigger[] = {
	{ "access", CONF_STRING, NULL },
	{ "tokenFile", CONF_STRING, NULL },
	{ "minPause", CONF_STRING, NULL },
	END,
};

static const struct conf_key sync_run[] = {
	{ "deadline", CONF_STRING, NULL },
	END,
};

const struct conf_key conf_keys_top[] = {
	{ "sources", CONF_BLOCKS, source },
	{ "registries", CONF_BLOCKS, registry },
	{ "database", CONF_BLOCK, database },
	{ "sync", CONF_BLOCK, sync_run },
	{ "auth", CONF_BLOCK, auth },
	{ "telemetry", CONF_BLOCK, telemetry },
	{ "audit", CONF_BLOCK, audit },
	{ "trigger", CONF_BLOCK, trigger },
	{ "insecure_url", CONF_SWITCH, NULL },
	{ "compress_response", CONF_SWITCH, NULL },
	{ "watch_namespace", CONF_STRING, NULL },
	{ "leader_election_id", CONF_STRING, NULL },
	{ "registryName", CONF_STALE, NULL },
	END,
};

const struct conf_key *
conf_keys_find(const struct conf_key *block, const char *name)
{
	for (; block->name != NULL; block++) {
		if (strcasecmp(block->name, name) == 0)
			return block;
	}
	return NULL;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Changed, added and lost letters and swapped neighbours, case aside. */
size_t
conf_keys_distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST_KEY + 1];
	size_t *two_up = rows[0], *up = rows[1], *row = rows[2], *spare;
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > LONGEST_KEY || b_len > LONGEST_KEY)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		up[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		int x = tolower((unsigned char)a[i - 1]);

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			int y = tolower((unsigned char)b[j - 1]);

			row[j] = smaller(smaller(up[j], row[j - 1]) + 1,
			    up[j - 1] + (x != y));
			if (i > 1 && j > 1 &&
			    x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				row[j] = smaller(row[j], two_up[j - 2] + 1);
		}
		spare = two_up;
		two_up = up;
		up = row;
		row = spare;
	}
	return up[b_len];
}

char *
conf_keys_nearest(const struct conf_key *block, const char *name)
{
	const struct conf_key *best = NULL;
	size_t len = strlen(name);
	/* One slip in a short word, up to three in a long one. */
	size_t best_distance = (len < 4 ? 1 : len < 9 ? 2 : 3) + 1;

	for (const struct conf_key *k = block; k->name != NULL; k++) {
		size_t distance = conf_keys_distance(name, k->name);

		if (distance < best_distance && k->form != CONF_STALE) {
			best = k;
			best_distance = distance;
		}
	}
	if (best != NULL)
		return xstrdup(best->name);
	for (const struct conf_key *k = block; k->name != NULL; k++) {
		if (k->form != CONF_BLOCK)
			continue;
		best = conf_keys_find(k->block, name);
		if (best != NULL)
			return xasprintf("%s.%s", k->name, best->name);
	}
	return NULL;
}
