/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every key of the configuration file; sync/kinds has those of each kind of
 * source.  A key that is in no table draws a warning, and the environment
 * reaches only keys that are.
 */
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"
#include "sync/kinds/kind.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LONGEST_KEY 48

static const struct conf_key sync_policy[] = {
	CONF_KEY("interval", CONF_STRING),
	CONF_KEY("strict", CONF_BOOL),
	CONF_KEY("allowShrink", CONF_BOOL),
	CONF_KEY_END,
};

static const struct conf_key patterns[] = {
	CONF_KEY("include", CONF_STRINGS),
	CONF_KEY("exclude", CONF_STRINGS),
	CONF_KEY_END,
};

static const struct conf_key filter[] = {
	CONF_KEY_BLOCK("names", CONF_BLOCK, patterns),
	CONF_KEY_BLOCK("tags", CONF_BLOCK, patterns),
	CONF_KEY_END,
};

#define KIND(kind) CONF_KEY_BLOCK(#kind, CONF_BLOCK, kind_##kind##_keys),
/* clang-format off */
static const struct conf_key source[] = {
	CONF_KEY("name", CONF_STRING),
	KIND_LIST(KIND)
	CONF_KEY_BLOCK("syncPolicy", CONF_BLOCK, sync_policy),
	CONF_KEY_BLOCK("filter", CONF_BLOCK, filter),
	CONF_KEY("claims", CONF_CLAIMS),
	CONF_KEY("type", CONF_STALE),
	CONF_KEY("format", CONF_STALE),
	CONF_KEY_END,
};
/* clang-format on */
#undef KIND

static const struct conf_key registry[] = {
	CONF_KEY("name", CONF_STRING),
	CONF_KEY("sources", CONF_STRINGS),
	CONF_KEY("default", CONF_BOOL),
	CONF_KEY("claims", CONF_CLAIMS),
	CONF_KEY_END,
};

static const struct conf_key database[] = {
	CONF_KEY("path", CONF_STRING),
	CONF_KEY("maxMetaSize", CONF_INT),
	CONF_KEY("tombstoneRetention", CONF_STRING),
	CONF_KEY("host", CONF_UNUSED),
	CONF_KEY("port", CONF_UNUSED),
	CONF_KEY("user", CONF_UNUSED),
	CONF_KEY("password", CONF_UNUSED),
	CONF_KEY("passwordFile", CONF_UNUSED),
	CONF_KEY("migrationUser", CONF_UNUSED),
	CONF_KEY("migrationPassword", CONF_UNUSED),
	CONF_KEY("migrationPasswordFile", CONF_UNUSED),
	CONF_KEY("database", CONF_UNUSED),
	CONF_KEY("sslMode", CONF_UNUSED),
	CONF_KEY("maxOpenConns", CONF_UNUSED),
	CONF_KEY("maxIdleConns", CONF_UNUSED),
	CONF_KEY("connMaxLifetime", CONF_UNUSED),
	CONF_KEY("dynamicAuth", CONF_UNUSED),
	CONF_KEY_END,
};

static const struct conf_key provider[] = {
	CONF_KEY("name", CONF_STRING),
	CONF_KEY("issuerUrl", CONF_STRING),
	CONF_KEY("audience", CONF_STRING),
	CONF_KEY("jwksUrl", CONF_STRING),
	CONF_KEY("introspectionUrl", CONF_STRING),
	CONF_KEY("clientId", CONF_STRING),
	CONF_KEY("clientSecretFile", CONF_STRING),
	CONF_KEY("caCertPath", CONF_STRING),
	CONF_KEY("authTokenFile", CONF_STRING),
	CONF_KEY("allowPrivateIP", CONF_BOOL),
	CONF_KEY_END,
};

static const struct conf_key oauth[] = {
	CONF_KEY("resourceUrl", CONF_STRING),
	CONF_KEY("realm", CONF_STRING),
	CONF_KEY_BLOCK("providers", CONF_BLOCKS, provider),
	CONF_KEY("scopesSupported", CONF_STALE),
	CONF_KEY_END,
};

/* Lists of claim maps; the reference does not check them either. */
static const struct conf_key roles[] = {
	CONF_KEY("superAdmin", CONF_ANY),
	CONF_KEY("manageSources", CONF_ANY),
	CONF_KEY("manageRegistries", CONF_ANY),
	CONF_KEY("manageEntries", CONF_ANY),
	CONF_KEY_END,
};

static const struct conf_key authz[] = {
	CONF_KEY_BLOCK("roles", CONF_BLOCK, roles),
	CONF_KEY_END,
};

static const struct conf_key auth[] = {
	CONF_KEY("mode", CONF_STRING),
	CONF_KEY("publicPaths", CONF_STRINGS),
	CONF_KEY_BLOCK("oauth", CONF_BLOCK, oauth),
	CONF_KEY_BLOCK("authz", CONF_BLOCK, authz),
	CONF_KEY("claims", CONF_STRING),
	CONF_KEY_END,
};

static const struct conf_key tracing[] = {
	CONF_KEY("enabled", CONF_BOOL),
	CONF_KEY("sampling", CONF_FLOAT),
	CONF_KEY_END,
};

static const struct conf_key metrics[] = {
	CONF_KEY("enabled", CONF_BOOL),
	CONF_KEY_END,
};

static const struct conf_key telemetry[] = {
	CONF_KEY("enabled", CONF_BOOL),
	CONF_KEY("serviceName", CONF_STRING),
	CONF_KEY("serviceVersion", CONF_STRING),
	CONF_KEY("endpoint", CONF_STRING),
	CONF_KEY("insecure", CONF_BOOL),
	CONF_KEY_BLOCK("tracing", CONF_BLOCK, tracing),
	CONF_KEY_BLOCK("metrics", CONF_BLOCK, metrics),
	CONF_KEY_END,
};

static const struct conf_key audit[] = {
	CONF_KEY("enabled", CONF_BOOL),
	CONF_KEY("logFile", CONF_STRING),
	CONF_KEY("eventTypes", CONF_STRINGS),
	CONF_KEY("excludeEventTypes", CONF_STRINGS),
	CONF_KEY("includeRequestData", CONF_BOOL),
	CONF_KEY("maxDataSize", CONF_INT),
	CONF_KEY_END,
};

static const struct conf_key trigger[] = {
	CONF_KEY("access", CONF_STRING),
	CONF_KEY("tokenFile", CONF_STRING),
	CONF_KEY("minPause", CONF_STRING),
	CONF_KEY_END,
};

static const struct conf_key sync_run[] = {
	CONF_KEY("deadline", CONF_STRING),
	CONF_KEY_END,
};

const struct conf_key conf_keys_top[] = {
	CONF_KEY_BLOCK("sources", CONF_BLOCKS, source),
	CONF_KEY_BLOCK("registries", CONF_BLOCKS, registry),
	CONF_KEY_BLOCK("database", CONF_BLOCK, database),
	CONF_KEY_BLOCK("sync", CONF_BLOCK, sync_run),
	CONF_KEY_BLOCK("auth", CONF_BLOCK, auth),
	CONF_KEY_BLOCK("telemetry", CONF_BLOCK, telemetry),
	CONF_KEY_BLOCK("audit", CONF_BLOCK, audit),
	CONF_KEY_BLOCK("trigger", CONF_BLOCK, trigger),
	CONF_KEY("insecure_url", CONF_SWITCH),
	CONF_KEY("compress_response", CONF_SWITCH),
	CONF_KEY("watch_namespace", CONF_STRING),
	CONF_KEY("leader_election_id", CONF_STRING),
	CONF_KEY("registryName", CONF_STALE),
	CONF_KEY_END,
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
