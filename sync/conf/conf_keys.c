/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every key of the configuration file; sync/kinds has those of each kind of
 * source.  A new key is one row here and one item in thv-registry-config(5),
 * which tests/sync/manuals.t compares.
 */
#include "lib/limits.h"
#include "lib/trigger.h"
#include "sync/conf/conf_private.h"
#include "sync/kinds/kind.h"

#include "directories.h"

#define NOT_POSTGRESQL                                                         \
	"these settings of PostgreSQL are not used: this registry stores its " \
	"data in the SQLite file at database.path"
#define OBSOLETE "this key is obsolete and ignored"

/* ---- sources and registries ---- */

static const struct conf_key sync_policy[] = {
	{ "interval", CONF_DURATION, CONF_NOT_STORED, CONF_CHECKED },
	{ "strict", CONF_BOOL, CONF_AT(conf_source, strict) },
	{ "allowShrink", CONF_BOOL, CONF_AT(conf_source, allow_shrink) },
	CONF_KEY_END,
};

static const struct conf_key filter_names[] = {
	{ "include", CONF_STRINGS, CONF_AT(filter_spec, names_include) },
	{ "exclude", CONF_STRINGS, CONF_AT(filter_spec, names_exclude) },
	CONF_KEY_END,
};

static const struct conf_key filter_tags[] = {
	{ "include", CONF_STRINGS, CONF_AT(filter_spec, tags_include) },
	{ "exclude", CONF_STRINGS, CONF_AT(filter_spec, tags_exclude) },
	CONF_KEY_END,
};

static const struct conf_key filter[] = {
	{ "names", CONF_BLOCK, .keys = filter_names },
	{ "tags", CONF_BLOCK, .keys = filter_tags },
	CONF_KEY_END,
};

#define KIND(kind) { #kind, CONF_KIND, .keys = kind_##kind##_keys },
/* clang-format off */
const struct conf_key conf_keys_source[] = {
	{ "name", CONF_NAME, CONF_AT(conf_source, name),
	    .required = "name is required", .check = conf_check_source_name },
	KIND_LIST(KIND)
	{ "syncPolicy", CONF_BLOCK, .keys = sync_policy },
	{ "filter", CONF_BLOCK, CONF_AT(conf_source, filter), .keys = filter },
	{ "claims", CONF_CLAIMS, CONF_AT(conf_source, claims) },
	{ "type", CONF_ANY, .note = OBSOLETE },
	{ "format", CONF_ANY, .note = OBSOLETE },
	CONF_KEY_END,
};
/* clang-format on */
#undef KIND

static const struct conf_key registry[] = {
	{ "name", CONF_NAME, CONF_AT(conf_registry, name),
	    .required = "name is required", .check = conf_check_registry_name },
	{ "sources", CONF_STRINGS, CONF_AT(conf_registry, source_names),
	    .required = "at least one source is required" },
	{ "default", CONF_BOOL, CONF_AT(conf_registry, is_default) },
	{ "claims", CONF_CLAIMS, CONF_AT(conf_registry, claims) },
	CONF_KEY_END,
};

/* ---- the program as a whole ---- */

static const struct conf_key database[] = {
	{ "path", CONF_TEXT, CONF_AT(conf, database_path),
	    .fallback = LOCALSTATEDIR "/lib/thv-registry/registry.db" },
	{ "maxMetaSize", CONF_INT, CONF_AT(conf, max_meta_size),
	    .fallback = "262144", .min = 1 },
	{ "tombstoneRetention", CONF_DURATION, CONF_AT(conf, tombstone_ns),
	    .fallback = "2160h" },
	{ "host", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "port", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "user", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "password", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "passwordFile", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "migrationUser", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "migrationPassword", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "migrationPasswordFile", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "database", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "sslMode", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "maxOpenConns", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "maxIdleConns", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "connMaxLifetime", CONF_ANY, .note = NOT_POSTGRESQL },
	{ "dynamicAuth", CONF_ANY, .note = NOT_POSTGRESQL },
	CONF_KEY_END,
};

static const struct conf_key sync_run[] = {
	{ "deadline", CONF_DURATION, CONF_AT(conf, deadline_ns),
	    .fallback = "1h", .note = " (0 means none)" },
	CONF_KEY_END,
};

static const struct conf_key auth[] = {
	{ "mode", CONF_TEXT, CONF_NOT_STORED, CONF_CHECKED },
	{ "claims", CONF_TEXT, CONF_NOT_STORED, CONF_CHECKED },
	{ "publicPaths", CONF_ANY, CONF_NOT_STORED },
	{ "oauth", CONF_ANY, CONF_NOT_STORED },
	{ "authz", CONF_ANY, CONF_NOT_STORED },
	CONF_KEY_END,
};

static const struct conf_key telemetry[] = {
	{ "enabled", CONF_BOOL, CONF_AT(conf, unsupported),
	    .note = "telemetry is not sent by this version; /metrics is always "
		    "available" },
	{ "*", CONF_ANY, CONF_NOT_STORED },
	CONF_KEY_END,
};

static const struct conf_key audit[] = {
	{ "enabled", CONF_BOOL, CONF_AT(conf, unsupported),
	    .note = "the audit log is not written by this version" },
	{ "*", CONF_ANY, CONF_NOT_STORED },
	CONF_KEY_END,
};

static const struct conf_key trigger[] = {
	{ "access", CONF_WORD, CONF_AT(conf, trigger_access),
	    .fallback = "loopback", .words = trigger_access_words },
	{ "tokenFile", CONF_TEXT, CONF_AT(conf, trigger_token_file) },
	{ "minPause", CONF_DURATION, CONF_AT(conf, trigger_pause_ns),
	    .fallback = "10s", .note = " (0 means none)" },
	CONF_KEY_END,
};

/* In the order of reading: sources depend on the first two. */
const struct conf_key conf_keys_top[] = {
	{ "insecure_url", CONF_SWITCH, CONF_AT(conf, insecure_url) },
	{ "auth", CONF_BLOCK, .keys = auth, .check = conf_check_auth },
	{ "sources", CONF_BLOCKS, CONF_AT(conf, sources),
	    .keys = conf_keys_source, .size = sizeof(struct conf_source),
	    .count = offsetof(struct conf, source_count),
	    .max = LIMIT_CONFIG_SOURCES, .label = "source",
	    .required = "at least one source must be configured",
	    .check = conf_check_source },
	{ "registries", CONF_BLOCKS, CONF_AT(conf, registries),
	    .keys = registry, .size = sizeof(struct conf_registry),
	    .count = offsetof(struct conf, registry_count),
	    .max = LIMIT_CONFIG_REGISTRIES, .label = "registries",
	    .required = "at least one registry must be configured",
	    .check = conf_check_registry },
	{ "database", CONF_BLOCK, .keys = database },
	{ "sync", CONF_BLOCK, .keys = sync_run },
	{ "telemetry", CONF_BLOCK, .keys = telemetry },
	{ "audit", CONF_BLOCK, .keys = audit },
	{ "trigger", CONF_BLOCK, .keys = trigger, .check = conf_check_trigger },
	{ "compress_response", CONF_ANY, CONF_NOT_STORED },
	{ "watch_namespace", CONF_ANY, CONF_NOT_STORED },
	{ "leader_election_id", CONF_ANY, CONF_NOT_STORED },
	{ "registryName", CONF_ANY, .note = OBSOLETE },
	CONF_KEY_END,
};
