/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The _meta that stands beside a server in an item of an API's page: status
 * and dates, and what else a registry says of it.  Inner part of
 * sync/document/catalog.c.
 */
#ifndef SYNC_OUTER_H
#define SYNC_OUTER_H

#include "sync/document/catalog.h"
#include "sync/document/jscan.h"
#include "sync/document/rules.h"

struct outer;

struct outer *outer_new(void);
void outer_free(struct outer *o); /* NULL is allowed */

/*
 * Reads the value ${meta} of an item's _meta.  ${inside}: it is the server's
 * own _meta, where registries put the official object before items had one;
 * then only that counts, and what else is in it belongs to the document.
 *
 * Sets *${out}, which lives until the next call: NULL when ${meta} says
 * nothing.  -1 with ${problem}, whose path begins with "_meta".
 */
int outer_read(const struct catalog_outer **out, struct outer *o,
    struct jscan_text meta, bool inside, struct rules_problem *problem);

#endif
