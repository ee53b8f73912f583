/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 of documents and entries, to detect changes.  Only digest.c knows
 * which library computes it.
 */
#ifndef LIB_DIGEST_H
#define LIB_DIGEST_H

#include <stddef.h>

#define DIGEST_RAW_SIZE 32
#define DIGEST_HEX_SIZE 65 /* lower case, with its NUL */

struct digest;

/*
 * Starts an empty message; one digest serves any number of messages.  The
 * caller frees it with digest_free() (NULL is allowed).  None of these fails:
 * if the library cannot compute SHA-256, the process aborts.
 */
struct digest *digest_new(void);
void digest_free(struct digest *d);

/* Adds ${len} bytes at ${data} to the message. */
void digest_add(struct digest *d, const void *data, size_t len);

/* Both write the digest of the message and start an empty message. */
void digest_hex(struct digest *d, char out[DIGEST_HEX_SIZE]);
void digest_raw(struct digest *d, unsigned char out[DIGEST_RAW_SIZE]);

#endif
