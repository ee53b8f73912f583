/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648): the standard alphabet with padding, and the alphabet for
 * URLs without padding.  Decoding accepts only the canonical text of the bytes.
 */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include "lib/buf.h"

#include <stddef.h>

/*
 * Decodes ${text} of ${len} characters (section 4) in place and sets ${len} to
 * the number of bytes.  -1 for other characters and white space, for missing or
 * misplaced padding, and for bits set beyond the end.  On failure ${text} may
 * have changed.
 */
int base64_decode(char *text, size_t *len);

/* Appends the text for URLs (section 5) of ${len} bytes at ${data}. */
void base64_url_encode(struct buf *out, const void *data, size_t len);

/*
 * Appends the bytes of ${text}, ${len} characters.  -1 when it is not what
 * base64_url_encode() writes: other characters, padding, an impossible length,
 * or bits set beyond the end.  On failure ${out} may have grown.
 */
int base64_url_decode(struct buf *out, const char *text, size_t len);

#endif
