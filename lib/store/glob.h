/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name patterns of filters: compiled once, matched in bounded time.
 *
 * The dialect is that of the reference (Go filepath.Match for validity, then
 * gobwas/glob without separators): '*' and '**' any run, '?' any one
 * character, both across '/', [abc] [a-c] [!a-c], {x,y} nested, \c; anchored
 * at both ends, case-sensitive.
 */
#ifndef LIB_STORE_GLOB_H
#define LIB_STORE_GLOB_H

#include "lib/err.h"

#include <stdbool.h>

struct glob;

/* Compiles ${pattern}; ERR_CONFIG says where and why it is invalid. */
int glob_new(struct glob **out, const char *pattern, struct err *e);
void glob_free(struct glob *g);
/* Whether the whole of ${text} matches; time is O(pattern x text). */
bool glob_match(const struct glob *g, const char *text);

#endif
