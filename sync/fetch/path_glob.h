/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of paths: which files of a tree a source is made of.
 *
 * '*', '?' and [...] match inside one component, as the shell's; a component
 * '**' matches any number of them, also none.  "servers/ ** /server.json"
 * (without the spaces) is every server.json below servers.
 */
#ifndef SYNC_PATH_GLOB_H
#define SYNC_PATH_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Whether ${path} holds a character that makes it a pattern. */
bool path_glob_is(const char *path);
/* The length of what stands before the first component that matches. */
size_t path_glob_base(const char *path);
/* Whether the whole of ${path}, without "." and "..", matches. */
bool path_glob_match(const char *pattern, const char *path);

#endif
