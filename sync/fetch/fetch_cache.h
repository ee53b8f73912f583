/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache: one directory for each source that is fetched by a process of its
 * own, below the directory "cache" beside the database.
 *
 * The parent makes the directories, and a fetch can open its own only.  Its
 * content can be fetched again.  It is not trusted, because the process that
 * wrote it reads from the network: no symbolic link in it is followed.
 */
#ifndef SYNC_FETCH_FETCH_CACHE_H
#define SYNC_FETCH_FETCH_CACHE_H

#include "lib/err.h"
#include "sync/conf/conf.h"

/*
 * The directory of source ${name} below ${root}, made when missing, closed to
 * other users.  ERR_FETCH when it is none, or belongs to another user.  The
 * caller frees *${path}.
 */
int fetch_cache_open(
    char **path, const char *root, const char *name, struct err *e);

/*
 * Removes from ${root} the caches of sources that ${conf} does not have, and
 * those of earlier versions.  Everything else in it stays.
 */
int fetch_cache_prune(const char *root, const struct conf *conf, struct err *e);

#endif
