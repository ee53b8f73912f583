/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: what a program that writes the registry database needs.  Start
 *here. build/store.a has lib/store and lib/document; it needs neither the
 * configuration nor the network.
 *
 *	database.h	open the database, create it, move it to this schema;
 *			settings
 *	reconcile.h	make sources and registries those of the configuration
 *	apply.h		bring the entries of a source in line with what it
 *			offers: begin, an entry at a time, finish
 *	tombstone.h	delete what was removed long ago
 *	state.h		the record of each source, and the history of runs
 *	duration_totals.h	how long syncs took
 *	audit.h		check the database, rebuild it
 *
 * Writing is always this, whatever is written; publishing one entry is an
 * application with options.partial set, so that all else stays as it is:
 *
 *	db_begin_write(db, e)
 *	instant_get(&options.at, db, e)
 *	apply_start(&a, db, &options, e)
 *	apply_entry(a, &entry, e)
 *	apply_finish(&counts, a, e)
 *	db_commit(db, e)
 *
 * apply_entry() asks lib/store/plan.h what to do and does it; apply_finish()
 * ends with lib/store/derive.h, which brings heads of entries, what registries
 * show and the index in step.  All other headers here are inner parts.
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
