/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The _meta of an item on a page of an API: status, dates and other metadata of
 * its server.  Inner part of lib/document/catalog.c.
 */
#ifndef LIB_DOCUMENT_ITEM_META_H
#define LIB_DOCUMENT_ITEM_META_H

#include "lib/document/catalog.h"
#include "lib/document/jscan.h"
#include "lib/document/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ITEM_META_NOTES 8 /* of one server; further ones are dropped */

struct item_meta;

/* Times far after ${now} are invalid. */
struct item_meta *item_meta_new(int64_t now);
void item_meta_free(struct item_meta *o); /* NULL is allowed */

/*
 * Reads the value ${meta} of an item's _meta.  ${inside}: it is the _meta
 * inside the server, where early registries put the official object; then only
 * that object is read, and the rest belongs to the document.
 *
 * Sets *${out}, valid until the next call; NULL when ${meta} is empty.  Invalid
 * members are ignored.  The first ITEM_META_NOTES of them are written to
 * ${notes}, with paths that start with "_meta"; returns their number.
 */
size_t item_meta_read(const struct catalog_upstream **out, struct item_meta *o,
    struct jscan_text meta, bool inside, struct rules_problem *notes);

#endif
