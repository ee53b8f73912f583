/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping what is derived of entries in step with their versions: place in the
 * order, newest version, search text.
 *
 * Call heads_touch() before the first change to an entry in a transaction, and
 * heads_update() once after the last change.
 */
#ifndef SYNC_HEADS_H
#define SYNC_HEADS_H

#include "lib/buf.h"
#include "lib/db.h"
#include "sync/document/rules.h"

/* Remembers what ${entry} was; harmless when it was remembered before. */
int heads_touch(struct db *db, int64_t entry, struct err *e);
/* The same for one that was made just now. */
int heads_touch_new(struct db *db, int64_t entry, struct err *e);

/*
 * Makes the heads of all touched entries anew, deletes entries without a
 * version, and notes in the temporary table recompose the names whose place in
 * registries may change, and in stale the blocks that must be indexed again
 * (sync/store/blocks.h).  Sets ${renumbered} when every entry got another
 * place: then every registry has to be composed anew.
 */
int heads_update(struct db *db, bool *renumbered, struct err *e);
/*
 * Forgets what was touched, as the last step: until then composing knows which
 * entries are new.
 */
int heads_forget(struct db *db, struct err *e);

/* Makes everything derived of entries anew from their documents. */
int heads_rebuild(struct db *db, struct err *e);

/*
 * Stores what queries ask of one version's document; ${scratch} is
 * overwritten.
 */
int heads_put_text(struct db *db, int64_t document, struct buf *scratch,
    const struct rules_entry *facts, struct err *e);

#endif
