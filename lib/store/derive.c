/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which tables are derived. */
#include "lib/store/derive.h"

#include "lib/clock.h"
#include "lib/store/blocks.h"
#include "lib/store/compose.h"
#include "lib/store/heads.h"
#include "lib/store/ids.h"

int
derive_touch(struct db *db, int64_t entry, struct err *e)
{
	return ids_run(db, SQL_TOUCH_ENTRY, entry, e);
}

int
derive_touch_new(struct db *db, int64_t entry, struct err *e)
{
	return ids_run(db, SQL_TOUCH_NEW, entry, e);
}

int
derive_touched(struct db *db, int64_t source, const struct instant *dates,
    int64_t changed, struct err *e)
{
	bool renumbered;

	if (heads_update(db, dates, &renumbered, e) == -1)
		return -1;
	if (renumbered	  ? compose_everything(db, changed, e) == -1
	    : source == 0 ? compose_after_touched(db, changed, e) == -1
			  : compose_after_source(db, source, changed, e) == -1)
		return -1;
	if (heads_show(db, changed, e) == -1 ||
	    heads_clear_touched(db, e) == -1)
		return -1;
	return blocks_update(db, e);
}

int
derive_registry(struct db *db, int64_t registry, int64_t changed, struct err *e)
{
	return compose_registry(db, registry, changed, e);
}

int
derive_registries_end(struct db *db, int64_t changed, struct err *e)
{
	if (heads_show(db, changed, e) == -1)
		return -1;
	return blocks_update(db, e);
}

int
derive_everything(struct db *db, struct err *e)
{
	/* Entries count as new until the end, so none is added to now_shown. */
	if (heads_rebuild(db, e) == -1 ||
	    compose_everything(db, clock_now(), e) == -1 ||
	    heads_clear_touched(db, e) == -1)
		return -1;
	return blocks_update(db, e);
}
