/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of paths: which files of a tree a source is made of.
 *
 * '*', '?' and [...] match inside one component, as the shell's; a component
 * '**' matches any number of them, also none.  "servers/ ** /server.json"
 * (without the spaces) is every server.json below servers.  A name that starts
 * with a dot is matched only by a component that starts with a dot, as in a
 * shell.
 */
#ifndef SYNC_FETCH_PATH_GLOB_H
#define SYNC_FETCH_PATH_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Whether ${path} holds a character that makes it a pattern. */
bool path_glob_is(const char *path);
/* The length of ${path} before the first component with such a character. */
size_t path_glob_base(const char *path);
/* Whether the whole of ${path}, without "." and "..", matches. */
bool path_glob_match(const char *pattern, const char *path);
/*
 * Whether a walk for ${pattern} (NULL: none) skips ${name}, one component: it
 * starts with a dot, and no component of the pattern that starts with a dot
 * matches it.  ".git" and names that start with two dots, such as "..data" of a
 * mounted ConfigMap, are always skipped.
 */
bool path_glob_hides(const char *pattern, const char *name);

#endif
