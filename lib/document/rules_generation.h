/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers of earlier schemas.  Releases of server.schema.json are dated, and
 * $schema names the one that a document follows.  Up to 2025-07-09 the names of
 * members had underscores; clients ignore these members today.  Inner part of
 * lib/document/rules.c.
 */
#ifndef LIB_DOCUMENT_RULES_GENERATION_H
#define LIB_DOCUMENT_RULES_GENERATION_H

#include "lib/document/rules_walk.h"

#include <stdbool.h>

/* The schema that the tables of rules follow. */
#define RULES_GENERATION "2025-12-11"

/*
 * Whether ${server} follows an earlier schema: by the date in its ${schema},
 * else by members that only earlier schemas have.
 */
bool rules_generation_is_old(const struct jnode *server, const char *schema);

/*
 * Looks in an old server for a member that later schemas renamed, and reports
 * it as the problem; false if there is none.
 */
bool rules_generation_renamed(struct rules_walk *c, const struct jnode *server);

#endif
