/* SPDX-License-Identifier: Apache-2.0 */
/* Limits a fetching process to what its source needs. */
#ifndef SYNC_FETCH_FETCH_SANDBOX_H
#define SYNC_FETCH_FETCH_SANDBOX_H

#include "sync/conf/conf.h"

/*
 * Removes every variable that a fetch of ${source} does not need from the
 * environment, and wipes its value from memory.  Variables for proxies,
 * certificates, language, time zone, home and name resolution stay, and those
 * that the kind of the source needs.
 */
void fetch_sandbox_environment(const struct conf_source *source);

/*
 * From now on this process can read the files that ${source} names and those
 * that libraries need (certificates and the like), and write in ${cache_dir},
 * which belongs to this source.  It can access neither the database nor secrets
 * of other sources.  For a git repository on this machine it can read all
 * files, because the repository may refer to any (alternates, worktrees).  If
 * the kernel has no Landlock or THV_REGISTRY_SANDBOX is "off", nothing changes.
 */
void fetch_sandbox_enter(
    const struct conf_source *source, const char *cache_dir);

#endif
