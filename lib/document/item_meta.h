/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The _meta that stands beside a server in an item of an API's page: status
 * and dates, and what else a registry says of it.  Inner part of
 * lib/document/catalog.c.
 */
#ifndef LIB_DOCUMENT_ITEM_META_H
#define LIB_DOCUMENT_ITEM_META_H

#include "lib/document/catalog.h"
#include "lib/document/jscan.h"
#include "lib/document/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ITEM_META_NOTES 8 /* of one server; more are not kept */

struct item_meta;

/* Times far after ${now} are invalid. */
struct item_meta *item_meta_new(int64_t now);
void item_meta_free(struct item_meta *o); /* NULL is allowed */

/*
 * Reads the value ${meta} of an item's _meta.  ${inside}: it is the server's
 * own _meta, where registries put the official object before items had one;
 * then only that counts, and what else is in it belongs to the document.
 *
 * Sets *${out}, which lives until the next call; NULL when ${meta} is empty.
 * Invalid members are ignored.  The first ITEM_META_NOTES of them are written
 * to
 * ${notes}, with paths that begin with "_meta"; returns their number.
 */
size_t item_meta_read(const struct catalog_upstream **out, struct item_meta *o,
    struct jscan_text meta, bool inside, struct rules_problem *notes);

#endif
