/* SPDX-License-Identifier: Apache-2.0 */
/* The lists that a registry API may have. */
#include "sync/kinds/api/fetch_api.h"

/* More than that many skills or plugins on one page some servers refuse. */
#define EXTENSIONS_MOST 100

static const struct fetch_api_list_facts lists[] = {
	[FETCH_API_SERVERS] = { "servers", "servers", 0, true },
	/* A skill that was deleted looks like any other. */
	[FETCH_API_SKILLS] = { "skills", "x/dev.toolhive/skills",
	    EXTENSIONS_MOST, false },
	[FETCH_API_PLUGINS] = { "plugins", "x/dev.toolhive/plugins",
	    EXTENSIONS_MOST, false },
};

const struct fetch_api_list_facts *
fetch_api_list_get(enum fetch_api_list list)
{
	return &lists[list];
}
