/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every path that thv-registry-api answers.
 *
 * Look-ups leave the form of the name alone: a client that asks whether a
 * server is allowed takes 404 for "no" and 400 for an outage.
 *
 * The name of a server is one segment.  Proxies that decode its slash make two
 * of it, so each such path has a second form, which is tried after the first.
 */
#include "fcgi/routes.h"

#include "fcgi/handlers/handle.h"

#define READ (REQUEST_GET | REQUEST_HEAD | REQUEST_OPTIONS)

/* Servers are found below v0.1, and for older clients without a version. */
#define SERVERS                                                           \
	(ROUTE_AT_ROOT | ROUTE_AT_V0 | ROUTE_AT_V01 | ROUTE_AT_REGISTRY | \
	    ROUTE_AT_REGISTRY_V01 | ROUTE_AT_REGISTRY_V0)
#define VERSIONED                                             \
	(ROUTE_AT_V0 | ROUTE_AT_V01 | ROUTE_AT_REGISTRY_V01 | \
	    ROUTE_AT_REGISTRY_V0)
#define EXTENSIONS VERSIONED

#define PARAMETER(name) (1u << REQUEST_##name)
#define CONTINUED (PARAMETER(LIMIT) | PARAMETER(CURSOR))
#define PAGED (CONTINUED | PARAMETER(INCLUDE_DELETED))
#define SERVER_LIST                                                          \
	(PAGED | PARAMETER(SEARCH) | PARAMETER(UPDATED_SINCE) |              \
	    PARAMETER(VERSION) | PARAMETER(TAG) | PARAMETER(REGISTRY_TYPE) | \
	    PARAMETER(TRANSPORT))
#define EXTENSION_LIST                                          \
	(PAGED | PARAMETER(SEARCH) | PARAMETER(UPDATED_SINCE) | \
	    PARAMETER(VERSION) | PARAMETER(STATUS) | PARAMETER(REGISTRY_TYPE))

#define ALONE(mount, name, handler, about, schema)                            \
	{                                                                     \
		.mounts = (mount), .path = (name), .methods = READ,           \
		.scope = ROUTE_ALONE, .summary = (about), .answer = (schema), \
		.handle = handler                                             \
	}
#define DATABASE(name, what, handler, about, schema)                      \
	{                                                                 \
		.mounts = ROUTE_AT_ROOT, .path = (name), .methods = READ, \
		.scope = ROUTE_DATABASE, .parameters = (what),            \
		.style = QUERY_VERSIONS, .summary = (about),              \
		.answer = (schema), .handle = handler                     \
	}
/* What is configured: no registry's generation moves with it. */
#define CONFIGURED(name, what, handler, about, schema)                    \
	{                                                                 \
		.mounts = ROUTE_AT_ROOT, .path = (name), .methods = READ, \
		.scope = ROUTE_DATABASE, .parameters = (what),            \
		.style = QUERY_VERSIONS, .content_tag = true,             \
		.summary = (about), .answer = (schema), .handle = handler \
	}
#define LIST(mount, name, of, what, how, about, schema)                      \
	{                                                                    \
		.mounts = (mount), .path = (name), .methods = READ,          \
		.scope = ROUTE_REGISTRY, .kind = (of), .parameters = (what), \
		.style = (how), .kept = true, .summary = (about),            \
		.answer = (schema), .handle = handle_list                    \
	}
#define VERSIONS(mount, name, of, about, schema)                            \
	{                                                                   \
		.mounts = (mount), .path = (name), .methods = READ,         \
		.scope = ROUTE_REGISTRY, .kind = (of), .parameters = PAGED, \
		.style = QUERY_VERSIONS, .looks_up = true, .kept = true,    \
		.summary = (about), .answer = (schema),                     \
		.handle = handle_versions                                   \
	}
#define ITEM(mount, name, of, about, schema)                                \
	{                                                                   \
		.mounts = (mount), .path = (name), .methods = READ,         \
		.scope = ROUTE_REGISTRY, .kind = (of),                      \
		.parameters = PARAMETER(INCLUDE_DELETED), .looks_up = true, \
		.kept = true, .summary = (about), .answer = (schema),       \
		.handle = handle_item                                       \
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
		.methods = READ,                                        \
		.scope = ROUTE_ALONE,                                   \
		.content_tag = true,                                    \
		.summary = "This description",                          \
		.answer = (schema),                                     \
		.handle = handler },                                    \
	{                                                               \
		.mounts = ROUTE_AT_REGISTRY, .path = "/openapi" suffix, \
		.methods = READ, .scope = ROUTE_REGISTRY,               \
		.summary = "This description", .answer = (schema),      \
		.handle = handler                                       \
	}

const struct route routes_api[] = {
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
	    "The configured sources and how their last sync went",
	    "SourceList"),
	CONFIGURED(
	    "/v1/sources/{name}", 0, handle_source, "One source", "SourceInfo"),
	CONFIGURED("/v1/sources/{name}/entries", CONTINUED,
	    handle_source_entries, "What a source holds", "SourceEntries"),
	CONFIGURED("/v1/registries", 0, handle_registries,
	    "The configured registries", "RegistryList"),
	CONFIGURED("/v1/registries/{name}", 0, handle_registry, "One registry",
	    "RegistryInfo"),
	CONFIGURED("/v1/registries/{name}/entries", CONTINUED,
	    handle_registry_entries,
	    "What the sources of a registry hold, before shadowing",
	    "RegistryEntries"),
	DATABASE("/registry/status", 0, handle_status, "How the sync goes",
	    "SyncStatus"),
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/registry/status/history",
	    .methods = READ,
	    .scope = ROUTE_DATABASE,
	    .parameters = PARAMETER(LIMIT),
	    .style = QUERY_EXTENSIONS,
	    .summary = "The last runs of the sync, for each source",
	    .answer = "SyncHistory",
	    .handle = handle_history },
	/* thv-registry-admin is asked instead, where a web server knows it. */
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/registry/sync",
	    .methods = REQUEST_OPTIONS | REQUEST_POST | REQUEST_PUT,
	    .scope = ROUTE_ALONE,
	    .closed = true,
	    .handle = handle_no_trigger },
	ALONE(ROUTE_AT_ROOT, "/", handle_front, NULL, NULL),
	OPENAPI(".json", handle_openapi_json, "Description"),
	OPENAPI(".yaml", handle_openapi_yaml, "Description"),
	ALONE(ROUTE_AT_ROOT | ROUTE_AT_V0 | ROUTE_AT_V01, "/health",
	    handle_health, "Whether the program answers", "Health"),
	ALONE(ROUTE_AT_V0 | ROUTE_AT_V01, "/ping", handle_ping,
	    "Whether the program answers", "Pong"),
	ALONE(ROUTE_AT_ROOT, "/version", handle_version,
	    "Which program this is", "Version"),
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/metrics",
	    .methods = READ,
	    .scope = ROUTE_WITHOUT,
	    .exact = true, /* web servers restrict it by its path */
	    .closed = true,
	    .handle = handle_metrics },
	DATABASE("/readiness", 0, handle_ready,
	    "Whether the database can be read", "Health"),
	DATABASE("/ready", 0, handle_ready, "Whether the database can be read",
	    "Health"),
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/debug/pprof/{name}",
	    .methods = REQUEST_GET | REQUEST_OPTIONS,
	    .scope = ROUTE_ALONE,
	    .parameters = PARAMETER(SECONDS),
	    .exact = true,
	    .closed = true,
	    .handle = handle_profile },
};

const size_t routes_api_count = sizeof routes_api / sizeof routes_api[0];

#define PLANNED(mount, name, how)                                   \
	{                                                           \
		.mounts = (mount), .path = (name), .methods = (how) \
	}
#define CHANGE (REQUEST_PUT | REQUEST_PATCH | REQUEST_DELETE)

const struct route routes_planned[] = {
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

const size_t routes_planned_count =
    sizeof routes_planned / sizeof routes_planned[0];

bool
routes_is_planned(const struct request *r)
{
	struct route_match ignored;
	struct err e = ERR_INIT;
	bool found = route_find(&ignored, routes_planned, routes_planned_count,
			 r, &e) == 0;

	err_clear(&e);
	return found;
}
