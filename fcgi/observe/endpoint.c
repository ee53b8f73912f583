/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers the routes below each of their mounts. */
#include "fcgi/observe/endpoint.h"

#include "lib/xalloc.h"

#include <string.h>

#define UNKNOWN "unknown_route"

/* The patterns of all routes below all mounts; NULL if a route lacks a mount.
 */
static const char **
names(void)
{
	static const char **all;

	if (all != NULL)
		return all;
	all = xcalloc(endpoint_count(), sizeof *all);
	all[ENDPOINT_UNKNOWN] = UNKNOWN;
	for (size_t i = 0; i < routes_count; i++)
		for (unsigned mount = 0; mount < ROUTE_MOUNTS; mount++)
			if (routes[i].handle != NULL &&
			    (routes[i].mounts & 1u << mount) != 0)
				all[1 + i * ROUTE_MOUNTS + mount] =
				    xasprintf("%s%s",
					route_prefix(
					    (enum route_mount)(1u << mount)),
					routes[i].path);
	return all;
}

unsigned
endpoint_count(void)
{
	return 1 + (unsigned)routes_count * ROUTE_MOUNTS;
}

unsigned
endpoint_of(const struct route_match *m)
{
	if (m->route == NULL || m->route->handle == NULL)
		return ENDPOINT_UNKNOWN;
	return 1 + (unsigned)(m->route - routes) * ROUTE_MOUNTS + m->mount;
}

const char *
endpoint_name(unsigned endpoint)
{
	if (endpoint < endpoint_count() && names()[endpoint] != NULL)
		return names()[endpoint];
	return UNKNOWN;
}

/* FNV-1a, over the names with their NULs. */
uint32_t
endpoint_fingerprint(void)
{
	uint32_t hash = 2166136261U;

	for (unsigned i = 0; i < endpoint_count(); i++) {
		const char *name = names()[i];

		for (size_t n = 0; name != NULL && n <= strlen(name); n++)
			hash = (hash ^ (unsigned char)name[n]) * 16777619U;
	}
	return hash;
}
