/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every path that a program answers.
 *
 * The form of a name is not checked: clients look up whether a server is
 * allowed, and take 404 for "no" but 400 for an outage.
 *
 * The name of a server is one segment.  Proxies that decode its slash turn it
 * into two, so each such path has a second form, which is tried after the
 * first.
 */
#include "fcgi/http/route.h"

#include "fcgi/admin/handle_sync.h"
#include "fcgi/handlers/handle.h"

#define READ (REQUEST_GET | REQUEST_HEAD | REQUEST_OPTIONS)

/* Servers are below v0.1, and for older clients at other mounts. */
#define SERVERS                                                           \
	(ROUTE_AT_ROOT | ROUTE_AT_V0 | ROUTE_AT_V01 | ROUTE_AT_REGISTRY | \
	    ROUTE_AT_REGISTRY_V01 | ROUTE_AT_REGISTRY_V0)
#define VERSIONED                                             \
	(ROUTE_AT_V0 | ROUTE_AT_V01 | ROUTE_AT_REGISTRY_V01 | \
	    ROUTE_AT_REGISTRY_V0)
#define EXTENSIONS VERSIONED

#define PARAMETER(name) (1u << PARAMETER_##name)
#define CONTINUED (PARAMETER(LIMIT) | PARAMETER(CURSOR))
#define PAGED (CONTINUED | PARAMETER(INCLUDE_DELETED))
#define SERVER_LIST                                                          \
	(PAGED | PARAMETER(SEARCH) | PARAMETER(UPDATED_SINCE) |              \
	    PARAMETER(VERSION) | PARAMETER(TAG) | PARAMETER(REGISTRY_TYPE) | \
	    PARAMETER(TRANSPORT))
#define EXTENSION_LIST                                          \
	(PAGED | PARAMETER(SEARCH) | PARAMETER(UPDATED_SINCE) | \
	    PARAMETER(VERSION) | PARAMETER(STATUS) | PARAMETER(REGISTRY_TYPE))

/* The columns that most routes share: all clients may read. */
#define READ_BY_ALL(handler, about, schema)                             \
	.methods = READ, .programs = ROUTE_API, .access = ROUTE_PUBLIC, \
	.summary = (about), .answer = (schema), .handle = (handler)
#define WITHOUT_DATABASE(mount, name, handler, about, schema)                  \
	{                                                                      \
		.mounts = (mount), .path = (name), .scope = ROUTE_NO_DATABASE, \
		READ_BY_ALL(handler, about, schema)                            \
	}
/* The configuration has no generation, so the entity tag is a hash. */
#define CONFIGURED(name, what, handler, about, schema)         \
	{                                                      \
		.mounts = ROUTE_AT_ROOT, .path = (name),       \
		.scope = ROUTE_DATABASE, .parameters = (what), \
		.style = QUERY_VERSIONS, .content_tag = true,  \
		READ_BY_ALL(handler, about, schema)            \
	}
#define READINESS(name)                                                       \
	{                                                                     \
		.mounts = ROUTE_AT_ROOT, .path = (name),                      \
		.scope = ROUTE_DATABASE, .failure = "service not ready",      \
		READ_BY_ALL(handle_ready, "Whether the database can be read", \
		    "Health")                                                 \
	}
#define LIST(mount, name, of, what, how, about, schema)                     \
	{                                                                   \
		.mounts = (mount), .path = (name), .scope = ROUTE_REGISTRY, \
		.kind = (of), .parameters = (what), .style = (how),         \
		.kept = true, READ_BY_ALL(handle_list, about, schema)       \
	}
#define VERSIONS(mount, name, of, about, schema)                            \
	{                                                                   \
		.mounts = (mount), .path = (name), .scope = ROUTE_REGISTRY, \
		.kind = (of), .parameters = PAGED, .style = QUERY_VERSIONS, \
		.looks_up = true, .kept = true,                             \
		READ_BY_ALL(handle_versions, about, schema)                 \
	}
#define ITEM(mount, name, of, about, schema)                                \
	{                                                                   \
		.mounts = (mount), .path = (name), .scope = ROUTE_REGISTRY, \
		.kind = (of), .parameters = PARAMETER(INCLUDE_DELETED),     \
		.looks_up = true, .kept = true,                             \
		READ_BY_ALL(handle_item, about, schema)                     \
	}
#define EXTENSION_ROUTES(base, of, noun, one, many)                         \
	LIST(EXTENSIONS, base, of, EXTENSION_LIST, QUERY_EXTENSIONS,        \
	    "All versions of all " noun "s", many),                         \
	    ITEM(EXTENSIONS, base "/{namespace}/{name}", of,                \
		"The newest version of a " noun, one),                      \
	    VERSIONS(EXTENSIONS, base "/{namespace}/{name}/versions", of,   \
		"The versions of a " noun ", newest first", many),          \
	    ITEM(EXTENSIONS, base "/{namespace}/{name}/versions/{version}", \
		of, "One version of a " noun, one)
#define OPENAPI(suffix, handler, schema)                                \
	{ .mounts = ROUTE_AT_ROOT,                                      \
		.path = "/openapi" suffix,                              \
		.scope = ROUTE_NO_DATABASE,                             \
		.content_tag = true,                                    \
		READ_BY_ALL(handler, "This description", schema) },     \
	{                                                               \
		.mounts = ROUTE_AT_REGISTRY, .path = "/openapi" suffix, \
		.scope = ROUTE_REGISTRY,                                \
		READ_BY_ALL(handler, "This description", schema)        \
	}

/* Requests that no program answers yet. */
#define PLANNED(mount, name, how)                                    \
	{                                                            \
		.mounts = (mount), .path = (name), .methods = (how), \
		.programs = ROUTE_API | ROUTE_ADMIN                  \
	}
#define CHANGE (REQUEST_PUT | REQUEST_PATCH | REQUEST_DELETE)

const struct route routes[] = {
	ITEM(SERVERS, "/servers/{serverName}/versions/{version}", ENTRY_SERVER,
	    "One version of a server", "ServerResponse"),
	LIST(SERVERS, "/servers", ENTRY_SERVER, SERVER_LIST, QUERY_SERVERS,
	    "All versions of all servers", "ServerList"),
	VERSIONS(SERVERS, "/servers/{serverName}/versions", ENTRY_SERVER,
	    "The versions of a server, newest first", "ServerList"),
	LIST(ROUTE_AT_ROOT, "/v1/registry", ENTRY_SERVER, SERVER_LIST,
	    QUERY_SERVERS, "All versions of all servers", "ServerList"),
	ITEM(ROUTE_AT_ROOT, "/v1/registry/{serverName}", ENTRY_SERVER,
	    "The newest version of a server", "ServerResponse"),
	ITEM(SERVERS, "/servers/{namespace}/{name}/versions/{version}",
	    ENTRY_SERVER, NULL, NULL),
	VERSIONS(SERVERS, "/servers/{namespace}/{name}/versions", ENTRY_SERVER,
	    NULL, NULL),
	ITEM(ROUTE_AT_ROOT, "/v1/registry/{namespace}/{name}", ENTRY_SERVER,
	    NULL, NULL),
	EXTENSION_ROUTES("/x/dev.toolhive/skills", ENTRY_SKILL, "skill",
	    "Skill", "SkillList"),
	EXTENSION_ROUTES("/x/dev.toolhive/plugins", ENTRY_PLUGIN, "plugin",
	    "Plugin", "PluginList"),
	CONFIGURED("/v1/sources", 0, handle_sources,
	    "The configured sources and the result of their last sync",
	    "SourceList"),
	CONFIGURED(
	    "/v1/sources/{name}", 0, handle_source, "One source", "SourceInfo"),
	CONFIGURED("/v1/sources/{name}/entries", CONTINUED,
	    handle_source_entries, "The entries of a source", "SourceEntries"),
	CONFIGURED("/v1/registries", 0, handle_registries,
	    "The configured registries", "RegistryList"),
	CONFIGURED("/v1/registries/{name}", 0, handle_registry, "One registry",
	    "RegistryInfo"),
	CONFIGURED("/v1/registries/{name}/entries", CONTINUED,
	    handle_registry_entries,
	    "The entries of the sources of a registry, before shadowing",
	    "RegistryEntries"),
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/registry/status",
	    .scope = ROUTE_DATABASE,
	    READ_BY_ALL(handle_status, "The state of the sync", "SyncStatus") },
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/registry/status/history",
	    .scope = ROUTE_DATABASE,
	    .parameters = PARAMETER(LIMIT),
	    .style = QUERY_EXTENSIONS,
	    READ_BY_ALL(handle_history, "The last runs of the sync, by source",
		"SyncHistory") },
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/registry/sync",
	    .methods = REQUEST_OPTIONS | REQUEST_POST | REQUEST_PUT,
	    .programs = ROUTE_ADMIN,
	    .elsewhere = "no trigger is set up",
	    .access = ROUTE_TRIGGER,
	    .scope = ROUTE_IF_CREATED,
	    .parameters = PARAMETER(SOURCE),
	    .closed = true,
	    .failure = "the sync cannot be started",
	    .handle = handle_sync },
	WITHOUT_DATABASE(ROUTE_AT_ROOT, "/", handle_front, NULL, NULL),
	OPENAPI(".json", handle_openapi_json, "Description"),
	OPENAPI(".yaml", handle_openapi_yaml, "Description"),
	WITHOUT_DATABASE(ROUTE_AT_ROOT | ROUTE_AT_V0 | ROUTE_AT_V01, "/health",
	    handle_health, "Whether the program responds", "Health"),
	WITHOUT_DATABASE(ROUTE_AT_V0 | ROUTE_AT_V01, "/ping", handle_ping,
	    "Whether the program responds", "Pong"),
	WITHOUT_DATABASE(ROUTE_AT_ROOT, "/version", handle_version,
	    "The version of the program", "Version"),
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/metrics",
	    .scope = ROUTE_TRY,
	    .exact = true, /* web servers restrict it by its path */
	    .closed = true,
	    READ_BY_ALL(handle_metrics, NULL, NULL) },
	READINESS("/readiness"),
	READINESS("/ready"),
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/debug/pprof/{name}",
	    .methods = REQUEST_GET | REQUEST_OPTIONS,
	    .programs = ROUTE_API,
	    .access = ROUTE_LOOPBACK,
	    .scope = ROUTE_NO_DATABASE,
	    .parameters = PARAMETER(SECONDS),
	    .exact = true,
	    .closed = true,
	    .handle = handle_profile },
	PLANNED(VERSIONED, "/publish", REQUEST_POST),
	PLANNED(VERSIONED, "/validate", REQUEST_POST),
	PLANNED(VERSIONED, "/auth/{name}", REQUEST_POST),
	PLANNED(VERSIONED, "/servers/{serverName}/status", REQUEST_PATCH),
	PLANNED(VERSIONED, "/servers/{serverName}/versions/{version}", CHANGE),
	PLANNED(VERSIONED, "/servers/{serverName}/versions/{version}/status",
	    REQUEST_PATCH),
	PLANNED(VERSIONED, "/servers/{namespace}/{name}/status", REQUEST_PATCH),
	PLANNED(VERSIONED, "/servers/{namespace}/{name}/versions/{version}",
	    CHANGE),
	PLANNED(VERSIONED,
	    "/servers/{namespace}/{name}/versions/{version}/status",
	    REQUEST_PATCH),
	PLANNED(ROUTE_AT_ROOT, "/v1/sources/{name}", CHANGE),
	PLANNED(ROUTE_AT_ROOT, "/v1/registries/{name}", CHANGE),
	PLANNED(ROUTE_AT_ROOT,
	    "/v1/registries/{name}/decisions/{serverName}/{version}", CHANGE),
	PLANNED(ROUTE_AT_ROOT, "/v1/entries", REQUEST_POST | CHANGE),
	PLANNED(ROUTE_AT_ROOT, "/v1/entries/{namespace}/{name}", CHANGE),
	PLANNED(ROUTE_AT_ROOT, "/v1/entries/{namespace}/{name}/claims", CHANGE),
	PLANNED(ROUTE_AT_ROOT,
	    "/v1/entries/{namespace}/{name}/versions/{version}", CHANGE),
};

const size_t routes_count = sizeof routes / sizeof routes[0];
