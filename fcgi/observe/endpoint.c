/* SPDX-License-Identifier: Apache-2.0 */
/* Numbering the routes, each below each of its mounts. */
#include "fcgi/observe/endpoint.h"

#include "lib/xalloc.h"

#include <string.h>

struct name {
	const char *text;
	size_t len;
};

static const struct name unknown = { "unknown_route", 13 };

/* Room for every mount of every route; those it lacks have no text. */
static struct name *
names(void)
{
	static struct name *all;

	if (all != NULL)
		return all;
	all = xcalloc(endpoint_count(), sizeof *all);
	all[ENDPOINT_UNKNOWN] = unknown;
	for (size_t i = 0; i < routes_count; i++) {
		for (unsigned mount = 0; mount < ROUTE_MOUNTS; mount++) {
			struct name *n = &all[1 + i * ROUTE_MOUNTS + mount];

			if (routes[i].handle == NULL ||
			    (routes[i].mounts & 1u << mount) == 0)
				continue;
			n->text = xasprintf("%s%s",
			    route_prefix((enum route_mount)(1u << mount)),
			    routes[i].path);
			n->len = strlen(n->text);
		}
	}
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
endpoint_name(unsigned endpoint, size_t *len)
{
	const struct name *n = &unknown;

	if (endpoint < endpoint_count() && names()[endpoint].text != NULL)
		n = &names()[endpoint];
	if (len != NULL)
		*len = n->len;
	return n->text;
}

/* FNV-1a, over the names with their ends. */
uint32_t
endpoint_fingerprint(void)
{
	const struct name *all = names();
	uint32_t hash = 2166136261U;

	for (unsigned i = 0; i < endpoint_count(); i++)
		for (size_t n = 0; all[i].text != NULL && n <= all[i].len; n++)
			hash =
			    (hash ^ (unsigned char)all[i].text[n]) * 16777619U;
	return hash;
}
