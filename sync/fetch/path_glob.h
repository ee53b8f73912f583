/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of paths: which files of a tree a source is made of.
 *
 * '*', '?' and [...] match inside one component, as the shell's; a component
 * '**' matches any number of them, also none.  "servers/ ** /server.json"
 * (without the spaces) is every server.json below servers.  A name that begins
 * with a dot is matched only by a component that begins with one, as in a
 * shell.
 */
#ifndef SYNC_FETCH_PATH_GLOB_H
#define SYNC_FETCH_PATH_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Whether ${path} holds a character that makes it a pattern. */
bool path_glob_is(const char *path);
/* The length of what stands before the first component that matches. */
size_t path_glob_base(const char *path);
/* Whether the whole of ${path}, without "." and "..", matches. */
bool path_glob_match(const char *pattern, const char *path);
/*
 * Whether ${name}, one component, is hidden from a walk for ${pattern}: it
 * begins with a dot and no component of the pattern that does so too matches
 * it.  NULL names nothing.  Always hidden are ".git" and what begins with two
 * dots, such as "..data" of a mounted ConfigMap.
 */
bool path_glob_hides(const char *pattern, const char *name);

#endif
