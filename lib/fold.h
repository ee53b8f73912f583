/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Case folding for search.  The sync folds the texts that it indexes, and
 * responders fold search texts, with the same function.
 */
#ifndef LIB_FOLD_H
#define LIB_FOLD_H

#include "lib/buf.h"

#include <stddef.h>

/*
 * Appends ${text} with every code point folded by itself: to upper case, to
 * lower case, then by Unicode's full case folding, which turns some
 * letters into two (sharp s becomes "ss").  The first two steps make i with and
 * without a dot equal, which full folding alone does not.  Text is not
 * normalized: a letter with a separate accent differs from the composed one.
 * Bytes that are not UTF-8 become U+FFFD.  The result of folding a folded text
 * is that text; it has at most three times as many bytes.
 */
void fold_add(struct buf *out, const char *text, size_t len);

#endif
