/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of version strings: total, and the same everywhere.
 *
 * A string that is a semantic version (loosely: an optional lower-case
 * "v", one to three numeric parts of at most 64 bits, leading zeros allowed,
 * an optional prerelease by the rules of semver 2.0.0 section 9, optional
 * build metadata) is above every other string.  Two semantic versions
 * compare by precedence (section 11), without build metadata; versions of equal
 * precedence, and any two other strings, compare byte by byte.
 */
#ifndef LIB_VERSION_H
#define LIB_VERSION_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether ${text} of ${len} bytes is a semantic version, as above. */
bool version_is_semantic(const char *text, size_t len);

/*
 * Appends a sort key to ${key}: memcmp() of two keys gives the order above (a
 * prefix of the other key is first).  Two different strings never
 * have equal keys.  This is what the database stores in version.order_key.
 */
void version_order_key(struct buf *key, const char *text, size_t len);

/* Negative: ${a} is older than ${b}; 0: equal; positive: newer. */
int version_compare(const char *a, const char *b);

#endif
