/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading terms and postings. */
#include "lib/posting.h"

#include <endian.h>
#include <string.h>

#define AS_LIST 0
#define AS_BITS 1

void
posting_term(
    struct buf *out, enum posting_kind kind, const char *text, size_t len)
{
	buf_addc(out, (char)kind);
	buf_add(out, text, len < POSTING_TEXT ? len : POSTING_TEXT);
}

size_t
posting_character(const char *text, const char *end)
{
	size_t len = 1;

	while (text + len < end && ((unsigned char)text[len] & 0xc0) == 0x80)
		len++;
	return len;
}

static void
encode_bits(
    struct buf *out, const uint16_t *ordinals, size_t count, size_t bytes)
{
	unsigned char bits[POSTING_BLOCK / 8];

	memset(bits, 0, bytes);
	for (size_t i = 0; i < count; i++)
		bits[ordinals[i] / 8] |=
		    (unsigned char)(1u << (ordinals[i] % 8));
	buf_addc(out, AS_BITS);
	buf_add(out, bits, bytes);
}

void
posting_encode(
    struct buf *out, const uint16_t *ordinals, size_t count, size_t entries)
{
	size_t bytes = (entries + 7) / 8;

	if (2 * count > bytes) {
		encode_bits(out, ordinals, count, bytes);
		return;
	}
	buf_addc(out, AS_LIST);
	for (size_t i = 0; i < count; i++) {
		buf_addc(out, (char)(ordinals[i] >> 8));
		buf_addc(out, (char)(ordinals[i] & 255));
	}
}

static int
add_list(uint64_t bits[POSTING_WORDS], const unsigned char *data, size_t len)
{
	if (len % 2 != 0)
		return -1;
	for (size_t i = 0; i < len; i += 2) {
		unsigned ordinal = (unsigned)data[i] << 8 | data[i + 1];

		if (ordinal >= POSTING_BLOCK)
			return -1;
		bits[ordinal / 64] |= UINT64_C(1) << (ordinal % 64);
	}
	return 0;
}

static uint64_t
load_word(const unsigned char *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof word);
	return le64toh(word);
}

static int
add_bits(uint64_t bits[POSTING_WORDS], const unsigned char *data, size_t len)
{
	size_t at;

	if (len > POSTING_BLOCK / 8)
		return -1;
	for (at = 0; at + 8 <= len; at += 8)
		bits[at / 8] |= load_word(data + at);
	for (; at < len; at++)
		bits[at / 8] |= (uint64_t)data[at] << (8 * (at % 8));
	return 0;
}

int
posting_add(uint64_t bits[POSTING_WORDS], const void *data, size_t len)
{
	const unsigned char *bytes = data;

	if (len == 0 || bytes[0] > AS_BITS)
		return -1;
	return bytes[0] == AS_BITS ? add_bits(bits, bytes + 1, len - 1)
				   : add_list(bits, bytes + 1, len - 1);
}

void
posting_put_key(struct buf *out, int64_t key)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		buf_addc(out, (char)((uint64_t)key >> shift & 255));
}

int64_t
posting_key(const void *list, size_t index)
{
	const unsigned char *bytes = list;
	uint64_t key = 0;

	bytes += index * POSTING_KEY;
	for (int i = 0; i < POSTING_KEY; i++)
		key = key << 8 | bytes[i];
	return (int64_t)key;
}
