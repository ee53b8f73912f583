/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 as Kubernetes writes bytes in JSON (RFC 4648 section 4). */
#ifndef SYNC_BASE64_H
#define SYNC_BASE64_H

#include <stddef.h>

/*
 * Decodes ${text} of ${len} characters in place and sets ${len} to the number
 * of bytes.  -1 when it is not the one text for these bytes: other characters,
 * white space too, padding that lacks or is misplaced, bits set beyond the
 * end.  ${text} has then changed as well.
 */
int base64_decode(char *text, size_t *len);

#endif
