/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Case folding for search: the same function folds what is indexed (sync) and
 * what is asked for (responders).
 */
#ifndef LIB_FOLD_H
#define LIB_FOLD_H

#include "lib/buf.h"

#include <stddef.h>

/*
 * Appends ${text} with every code point folded by itself (Unicode simple case
 * folding: upper, then lower).  Bytes that are not UTF-8 become U+FFFD.  The
 * result of folding a folded text is that text.
 */
void fold_add(struct buf *out, const char *text, size_t len);

#endif
