/* SPDX-License-Identifier: Apache-2.0 */
/* Storing the configured sources and registries. */
#ifndef LIB_STORE_RECONCILE_H
#define LIB_STORE_RECONCILE_H

#include "lib/db/db.h"

/*
 * Makes the tables source, registry and registry_source equal to ${layout}:
 * adds, changes and deletes rows, raises the generation of registries whose
 * responses may differ, and decides what they show.  Runs inside a write
 * transaction of the caller.  ${layout} is JSON; its arrays are in the order of
 * the configuration:
 *
 *	{"sources": [{"name": "", "kind": "", "config": "{}", "identity": "",
 *	    "filter": "null", "interval": 0, "strict": false, "claims": "{}"}],
 *	"registries": [{"name": "", "default": false, "claims": "{}",
 *	    "sources": ["NAME"]}]}
 *
 * The values of config, filter and claims are JSON as text; claims may be null.
 * The interval is in microseconds, null when the source is not synced.  A
 *source with a new name takes over the row of a source with the same identity
 *whose name is not configured any more: it was renamed.
 */
int reconcile(struct db *db, const char *layout, struct err *e);

/* The id of the source called ${name}, which is configured. */
int reconcile_source_id(
    int64_t *id, struct db *db, const char *name, struct err *e);

#endif
