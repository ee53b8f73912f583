/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 in the alphabet for URLs and without padding (RFC 4648 section 5).
 */
#ifndef LIB_BASE64URL_H
#define LIB_BASE64URL_H

#include "lib/buf.h"

#include <stddef.h>

/* Appends the text for ${len} bytes at ${data}. */
void base64url_encode(struct buf *out, const void *data, size_t len);

/*
 * Appends the bytes of ${text}, ${len} characters.  -1 when it is not what
 * base64url_encode() writes: other characters, padding, a length that cannot
 * be, or bits set where there are none.  ${out} may then have grown.
 */
int base64url_decode(struct buf *out, const char *text, size_t len);

#endif
