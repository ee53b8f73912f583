/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching local paths with inotify, which reports changes of directories.
 *
 * Watched are the parent of a path, the parents of all symbolic links on the
 * way to it, and its whole tree if it is a directory; of a pattern, the tree
 * below the directory in front of it.  This covers files written in place or
 * replaced by rename, changed links, and the ..data swap of a mounted
 * ConfigMap.  The caller compares the files after any event.
 */
#ifndef SYNC_WATCH_PATHS_H
#define SYNC_WATCH_PATHS_H

#include <stdbool.h>
#include <stddef.h>

struct watch_paths;

/*
 * Watches ${count} paths, whether they exist or not.  What cannot be watched
 * (no inotify, too many directories) is left out; watch_paths_gap() returns
 * the reason.  The caller calls watch_paths_free().
 */
struct watch_paths *watch_paths_new(char *const *paths, size_t count);
void watch_paths_free(struct watch_paths *w); /* NULL is allowed */

/* The descriptor to poll for input; -1: none. */
int watch_paths_fd(const struct watch_paths *w);
/* Whether there were events since the last call. */
bool watch_paths_drain(struct watch_paths *w);
/* The reason why some changes are not noticed; NULL: none.  Static. */
const char *watch_paths_gap(const struct watch_paths *w);

#endif
