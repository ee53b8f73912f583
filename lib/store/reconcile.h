/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing the configured sources and registries into the database. */
#ifndef LIB_STORE_RECONCILE_H
#define LIB_STORE_RECONCILE_H

#include "lib/db/db.h"

/*
 * Makes the tables source, registry and registry_source say what ${layout}
 *says: adds, changes and deletes rows, moves the generation of registries whose
 * answers may differ, and decides what these show.  Runs inside a write
 * transaction of the caller.  ${layout} is JSON, whose arrays are in the order
 * of the configuration:
 *
 *	{"sources": [{"name": "", "kind": "", "config": "{}", "identity": "",
 *	    "filter": "null", "interval": 0, "strict": false, "claims": "{}"}],
 *	"registries": [{"name": "", "default": false, "claims": "{}",
 *	    "sources": ["NAME"]}]}
 *
 * "config", "filter" and "claims" are texts that are JSON; "claims" may be
 *null. "interval" is in microseconds, null when the source is not synced.  A
 *source that is not stored under its name takes the place of one of the same
 *identity whose name is not configured any more: it was renamed.
 */
int reconcile(struct db *db, const char *layout, struct err *e);

/* The id of the source called ${name}, which is configured. */
int reconcile_source_id(
    int64_t *id, struct db *db, const char *name, struct err *e);

#endif
