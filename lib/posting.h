/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Terms and postings: the format of the index that the sync writes and
 * responders read (tables block and posting, schema/derived.sql).
 *
 * A block is a range of entries in list order.  For each term in a block, a
 * posting is the set of the entries that have it.  To find the entries that
 * have several terms, a responder intersects their sets, block by block.
 */
#ifndef LIB_POSTING_H
#define LIB_POSTING_H

#include "lib/buf.h"

#include <stddef.h>
#include <stdint.h>

#define POSTING_BLOCK 4096 /* most entries of a block */
#define POSTING_WORDS (POSTING_BLOCK / 64)
#define POSTING_GRAM 4 /* characters of the longest gram */
#define POSTING_KEY 8 /* bytes of a number in the lists of a block */
/* Bytes of text in a term; longer texts may share a term. */
#define POSTING_TEXT 64

/* The first byte of a term, and of a facet. */
enum posting_kind {
	POSTING_TEXT_GRAM = 'g', /* of the folded search text */
	POSTING_TAG = 't',
	POSTING_REGISTRY_TYPE = 'p',
	POSTING_TRANSPORT = 'n',
	POSTING_VERSION = 'v',
	POSTING_STATUS = 's',
	POSTING_REGISTRY = 'r', /* that shows the entry; its decimal number */
	POSTING_USABLE = 'u' /* has a newest version; no text */
};

/* Appends a term. */
void posting_term(
    struct buf *out, enum posting_kind kind, const char *text, size_t len);

/* The length of the first character of ${text}, which is not empty. */
size_t posting_character(const char *text, const char *end);

/*
 * Appends the set of ${count} ascending ${ordinals} in a block of ${entries}:
 * a byte 0 and each in 2 bytes, big-endian; or, if that is shorter, a byte 1
 * and one bit for each entry, the first in the lowest bit.
 */
void posting_encode(
    struct buf *out, const uint16_t *ordinals, size_t count, size_t entries);

/*
 * Adds the set of ${len} bytes at ${data} to the ${bits} of a block.  -1: it is
 * invalid, and ${bits} are undefined.
 */
int posting_add(uint64_t bits[POSTING_WORDS], const void *data, size_t len);

/* Appends a number to a block's list; reads the one at ${index}. */
void posting_put_key(struct buf *out, int64_t key);
int64_t posting_key(const void *list, size_t index);

#endif
