/* SPDX-License-Identifier: Apache-2.0 */
/* What a fetching process keeps of the machine: what its source needs. */
#ifndef SYNC_FETCH_FETCH_SANDBOX_H
#define SYNC_FETCH_FETCH_SANDBOX_H

#include "sync/conf/conf.h"

/*
 * Removes every variable that a fetch of ${source} has no use for from the
 * environment, and wipes its value from memory.  What stays: proxies,
 * certificates, language, time zone, home and name resolution, and what the
 * source's kind needs.
 */
void fetch_sandbox_environment(const struct conf_source *source);

/*
 * From here on this process may read the files that ${source} names, those of
 * certificates and the like that libraries need, and write in ${cache_dir},
 * which is this source's alone; neither the database nor secrets of other
 * sources.  A git repository on this machine may lead anywhere (alternates,
 * worktrees), so for one everything can be read.  Where the kernel has no
 * Landlock, or THV_REGISTRY_SANDBOX is "off", nothing changes.
 */
void fetch_sandbox_enter(
    const struct conf_source *source, const char *cache_dir);

#endif
