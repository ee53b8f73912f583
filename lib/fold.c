/* SPDX-License-Identifier: Apache-2.0 */
/* Case folding, one code point at a time, with a fast path for ASCII. */
#include "lib/fold.h"

#include <utf8proc.h>

#define REPLACEMENT 0xfffd
#define FOLDED_MAX 4 /* code points from one; Unicode needs 3 */

/* Appends the ASCII bytes at the start of ${text}; returns their number. */
static size_t
add_ascii(struct buf *out, const char *text, size_t len)
{
	size_t count = 0;
	char *added;

	while (count < len && (unsigned char)text[count] < 0x80)
		count++;
	buf_add(out, text, count);
	if (out->bad)
		return count;
	added = out->data + out->len - count;
	for (size_t i = 0; i < count; i++)
		if (added[i] >= 'A' && added[i] <= 'Z')
			added[i] = (char)(added[i] - 'A' + 'a');
	return count;
}

/* Appends the first character of ${text}, folded; returns its bytes in text. */
static size_t
add_character(struct buf *out, const char *text, size_t len)
{
	utf8proc_int32_t c, folded[FOLDED_MAX];
	utf8proc_uint8_t encoded[4 * FOLDED_MAX];
	utf8proc_ssize_t used, count;
	size_t bytes = 0;
	int ignored = 0;

	used = utf8proc_iterate(
	    (const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &c);
	if (used <= 0) {
		c = REPLACEMENT;
		used = 1;
	}
	c = utf8proc_tolower(utf8proc_toupper(c));
	count = utf8proc_decompose_char(
	    c, folded, FOLDED_MAX, UTF8PROC_CASEFOLD, &ignored);
	for (utf8proc_ssize_t i = 0; i < count && i < FOLDED_MAX; i++)
		bytes +=
		    (size_t)utf8proc_encode_char(folded[i], encoded + bytes);
	buf_add(out, encoded, bytes);
	return (size_t)used;
}

void
fold_add(struct buf *out, const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && !out->bad) {
		if ((unsigned char)text[at] < 0x80)
			at += add_ascii(out, text + at, len - at);
		else
			at += add_character(out, text + at, len - at);
	}
}
