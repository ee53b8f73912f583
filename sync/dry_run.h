/* SPDX-License-Identifier: Apache-2.0 */
/* A dry run has a cache directory of its own, which is removed afterwards. */
#ifndef SYNC_DRY_RUN_H
#define SYNC_DRY_RUN_H

#include "lib/err.h"

/* Makes the cache directory; the caller frees *${dir}. */
int dry_run_make_cache(char **dir, struct err *e);
/* Removes it with its content; NULL is allowed. */
void dry_run_remove_cache(const char *dir);

#endif
