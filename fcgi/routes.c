/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every path that thv-registry-api answers.
 *
 * Lookups of one version leave the form of the name alone: a client that asks
 * whether a server is allowed takes 404 for "no" and 400 for an outage.
 */
#include "fcgi/routes.h"

#include "fcgi/handle.h"

#define READ (REQUEST_GET | REQUEST_HEAD | REQUEST_OPTIONS)

/* Servers are found below v0.1, and for older clients without a version. */
#define SERVERS                                                           \
	(ROUTE_AT_ROOT | ROUTE_AT_V0 | ROUTE_AT_V01 | ROUTE_AT_REGISTRY | \
	    ROUTE_AT_REGISTRY_V01)
#define EXTENSIONS (ROUTE_AT_V0 | ROUTE_AT_V01 | ROUTE_AT_REGISTRY_V01)

#define PARAMETER(name) (1u << REQUEST_##name)
#define PAGED \
	(PARAMETER(LIMIT) | PARAMETER(CURSOR) | PARAMETER(INCLUDE_DELETED))
#define SERVER_LIST                                             \
	(PAGED | PARAMETER(SEARCH) | PARAMETER(UPDATED_SINCE) | \
	    PARAMETER(VERSION))
#define EXTENSION_LIST (SERVER_LIST | PARAMETER(STATUS))

#define ALONE(mount, name, handler)                                 \
	{                                                           \
		.mounts = (mount), .path = (name), .methods = READ, \
		.scope = ROUTE_ALONE, .handle = handler             \
	}
#define LIST(mount, name, of, what, how)                                     \
	{                                                                    \
		.mounts = (mount), .path = (name), .methods = READ,          \
		.scope = ROUTE_REGISTRY, .kind = (of), .parameters = (what), \
		.style = (how), .handle = handle_list                        \
	}
#define VERSIONS(mount, name, of)                                             \
	{                                                                     \
		.mounts = (mount), .path = (name), .methods = READ,           \
		.scope = ROUTE_REGISTRY, .kind = (of), .parameters = PAGED,   \
		.style = QUERY_VERSIONS, .strict_name = (of) == ENTRY_SERVER, \
		.handle = handle_versions                                     \
	}
#define ITEM(mount, name, of)                                       \
	{                                                           \
		.mounts = (mount), .path = (name), .methods = READ, \
		.scope = ROUTE_REGISTRY, .kind = (of),              \
		.parameters = PARAMETER(INCLUDE_DELETED),           \
		.handle = handle_item                               \
	}
#define EXTENSION_ROUTES(base, of)                                            \
	LIST(EXTENSIONS, base, of, EXTENSION_LIST, QUERY_EXTENSIONS),         \
	    LIST(EXTENSIONS, base "/", of, EXTENSION_LIST, QUERY_EXTENSIONS), \
	    ITEM(EXTENSIONS, base "/{namespace}/{name}", of),                 \
	    VERSIONS(EXTENSIONS, base "/{namespace}/{name}/versions", of),    \
	    ITEM(                                                             \
		EXTENSIONS, base "/{namespace}/{name}/versions/{version}", of)

const struct route routes_api[] = {
	ITEM(SERVERS, "/servers/{serverName}/versions/{version}", ENTRY_SERVER),
	LIST(SERVERS, "/servers", ENTRY_SERVER, SERVER_LIST, QUERY_SERVERS),
	VERSIONS(SERVERS, "/servers/{serverName}/versions", ENTRY_SERVER),
	LIST(ROUTE_AT_ROOT, "/v1/registry", ENTRY_SERVER, SERVER_LIST,
	    QUERY_SERVERS),
	ITEM(ROUTE_AT_ROOT, "/v1/registry/{serverName}", ENTRY_SERVER),
	EXTENSION_ROUTES("/x/dev.toolhive/skills", ENTRY_SKILL),
	EXTENSION_ROUTES("/x/dev.toolhive/plugins", ENTRY_PLUGIN),
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/registry/status",
	    .methods = READ,
	    .scope = ROUTE_DATABASE,
	    .handle = handle_status },
	ALONE(ROUTE_AT_ROOT | ROUTE_AT_V0 | ROUTE_AT_V01, "/health",
	    handle_health),
	ALONE(ROUTE_AT_V0 | ROUTE_AT_V01, "/ping", handle_ping),
	ALONE(ROUTE_AT_ROOT, "/version", handle_version),
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/readiness",
	    .methods = READ,
	    .scope = ROUTE_DATABASE,
	    .handle = handle_ready },
	{ .mounts = ROUTE_AT_ROOT,
	    .path = "/ready",
	    .methods = READ,
	    .scope = ROUTE_DATABASE,
	    .handle = handle_ready },
};

const size_t routes_api_count = sizeof routes_api / sizeof routes_api[0];
