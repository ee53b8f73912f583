/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648): as JSON carries bytes, and in the alphabet for URLs
 * without padding.  Decoding takes the one text that stands for the bytes, and
 * no other.
 */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include "lib/buf.h"

#include <stddef.h>

/*
 * Decodes ${text} of ${len} characters (section 4) in place and sets ${len} to
 * the number of bytes.  -1 for other characters, white space too, padding that
 * lacks or is misplaced, bits set beyond the end.  ${text} has then changed as
 * well.
 */
int base64_decode(char *text, size_t *len);

/* Appends the text for URLs (section 5) of ${len} bytes at ${data}. */
void base64_url_encode(struct buf *out, const void *data, size_t len);

/*
 * Appends the bytes of ${text}, ${len} characters.  -1 when it is not what
 * base64_url_encode() writes: other characters, padding, a length that cannot
 * be, or bits set where there are none.  ${out} may then have grown.
 */
int base64_url_decode(struct buf *out, const char *text, size_t len);

#endif
