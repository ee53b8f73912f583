/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: reading and writing the registry database.  Start here.
 * build/store.a has lib/store and lib/document; it needs neither the
 * configuration nor the network.
 *
 *	database.h	open or create the database, change its schema; settings
 *	reconcile.h	store the configured sources and registries
 *	apply.h		apply the entries that a source offers
 *	tombstone.h	delete old tombstones
 *	state.h		the record of each source, and the history of runs
 *	duration_totals.h	how long syncs took
 *	audit.h		check the database, rebuild it
 *
 * All writing follows the same steps.  To publish a single entry, set
 * options.partial, so that all others stay:
 *
 *	db_begin_write(db, e)
 *	instant_get(&options.at, db, e)
 *	apply_start(&a, db, &options, e)
 *	apply_entry(a, &entry, e)
 *	apply_finish(&counts, a, e)
 *	db_commit(db, e)
 *
 * apply_entry() calls lib/store/plan.h, which decides, and carries the decision
 * out.  apply_finish() calls lib/store/derive.h, which updates heads of
 *entries, what registries show, and the index.  All other headers are inner
 *parts.
 */
#ifndef LIB_STORE_STORE_H
#define LIB_STORE_STORE_H

#include "lib/store/apply.h"
#include "lib/store/audit.h"
#include "lib/store/database.h"
#include "lib/store/duration_totals.h"
#include "lib/store/instant.h"
#include "lib/store/reconcile.h"
#include "lib/store/state.h"
#include "lib/store/tombstone.h"

#endif
