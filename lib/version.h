/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of version strings: total, and the same everywhere.
 *
 * A string that reads as a semantic version (loosely: an optional lower-case
 * "v", one to three numeric parts of at most 64 bits, leading zeros allowed,
 * an optional prerelease by the rules of semver 2.0.0 section 9, optional
 * build metadata) is above every string that does not.  Two semantic versions
 * compare by precedence (section 11), build metadata left out; what is equal
 * then, and any two other strings, compare byte by byte.
 */
#ifndef LIB_VERSION_H
#define LIB_VERSION_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether ${text} of ${len} bytes reads as a semantic version, as above. */
bool version_is_semantic(const char *text, size_t len);

/*
 * Appends to ${key} bytes such that memcmp() of two keys (the shorter one
 * first when it is a prefix) is the order above.  Two different strings never
 * have equal keys.  This is what the database stores in version.order_key.
 */
void version_order_key(struct buf *key, const char *text, size_t len);

/* Negative, 0 or positive as ${a} is older than, the same as or newer. */
int version_compare(const char *a, const char *b);

#endif
