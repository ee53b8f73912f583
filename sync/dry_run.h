/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dry run is a run on copies: of the database, which is private to this
 * process, and with a cache directory of its own.  Nothing else is written.
 */
#ifndef SYNC_DRY_RUN_H
#define SYNC_DRY_RUN_H

#include "lib/db/db.h"

/*
 * Opens a copy of the database ${path}, moved to the schema of this program, or
 * an empty one when there is none.  Sets ${missing} then.
 */
int dry_run_open(
    struct db **db, bool *missing, const char *path, struct err *e);

/* Makes the cache directory; the caller frees *${dir}. */
int dry_run_make_cache(char **dir, struct err *e);
/* Removes it with all that is in it; NULL is none. */
void dry_run_remove_cache(const char *dir);

#endif
