/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache: one directory for each source that is fetched by a process of its
 * own, below the directory "cache" beside the database.
 *
 * The parent creates the directories, and a fetch can open only its own.  The
 * content can be fetched again.  It is not trusted, because the process that
 * wrote it reads from the network: symbolic links in it are not followed.
 */
#ifndef SYNC_FETCH_FETCH_CACHE_H
#define SYNC_FETCH_FETCH_CACHE_H

#include "lib/err.h"
#include "sync/conf/conf.h"

/*
 * Sets *${path} to the directory of source ${name} below ${root}, and creates
 * it if it is missing.  ERR_FETCH when it is not a directory or belongs to
 * another user.  The caller frees *${path}.
 */
int fetch_cache_open(
    char **path, const char *root, const char *name, struct err *e);

/*
 * Removes from ${root} the caches of sources that are not in ${conf}, and those
 * of earlier versions.  Other entries stay.  ERR_STORAGE when one cannot be
 * removed.
 */
int fetch_cache_prune(const char *root, const struct conf *conf, struct err *e);

#endif
