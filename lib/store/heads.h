/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is derived of an entry from its versions: its place in the order, the
 * newest version, the search text.  Inner part of lib/store/derive.c.
 */
#ifndef LIB_STORE_HEADS_H
#define LIB_STORE_HEADS_H

#include "lib/buf.h"
#include "lib/db/db.h"
#include "lib/document/rules.h"
#include "lib/store/instant.h"

/* Microseconds between the dates of versions that came without any. */
#define HEADS_APART 1000

/*
 * Derives the heads of all touched entries from their versions, deletes entries
 * without a version, and notes in the temporary table recompose the names whose
 * place in registries may change, and in stale the blocks that must be indexed
 * again (lib/store/blocks.h).  Sets ${renumbered} when every entry got another
 * place: then every registry has to be composed again, from all names.
 *
 * Versions of one entry that came without dates have dates a millisecond or
 * more apart then, which ascend with the order of versions, none in the future.
 */
int heads_update(
    struct db *db, const struct instant *at, bool *renumbered, struct err *e);
/*
 * Sets shown_us of the entries that were noted while heads were updated and
 * registries composed: clients that ask for what changed are sent these, too.
 */
int heads_show(struct db *db, int64_t changed, struct err *e);
/*
 * Empties the list of touched entries.  Call it last: composing needs to know
 * which entries are new.
 */
int heads_clear_touched(struct db *db, struct err *e);

/*
 * Derives everything of entries from their documents again.  Until
 * heads_clear_touched() all of them count as new.
 */
int heads_rebuild(struct db *db, struct err *e);

/*
 * Stores what queries ask of one version's document; ${scratch} is
 * overwritten.
 */
int heads_put_text(struct db *db, int64_t document, struct buf *scratch,
    const struct rules_entry *facts, struct err *e);

#endif
