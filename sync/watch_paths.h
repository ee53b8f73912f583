/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Noticing that something happened at or around some paths of this machine:
 * the kernel's word (inotify) on the directories that a change must touch.
 *
 * For each path these are the directory it lies in, those of every link on the
 * way to it, and when it is a directory itself, all of it; for a
 * pattern, the directory before it and all of that.  So files written in
 * place or replaced by rename, links that are turned, and the ..data swap of a
 * mounted ConfigMap are all seen.  What exactly happened is not said: whoever
 * asks looks for himself.
 */
#ifndef SYNC_WATCH_PATHS_H
#define SYNC_WATCH_PATHS_H

#include <stdbool.h>
#include <stddef.h>

struct watch_paths;

/*
 * Watches ${count} paths as they are now, whether they exist or not.  Where
 * that is not possible (no inotify, too many directories) ${why} of
 * watch_paths_gap() is set; the rest is watched.  The caller frees.
 */
struct watch_paths *watch_paths_new(char *const *paths, size_t count);
void watch_paths_free(struct watch_paths *w); /* NULL is allowed */

/* To be polled for input; -1 for none. */
int watch_paths_fd(const struct watch_paths *w);
/* Whether anything happened since the last call. */
bool watch_paths_drain(struct watch_paths *w);
/* What keeps changes from being seen; NULL: nothing does.  Borrowed. */
const char *watch_paths_gap(const struct watch_paths *w);

#endif
