/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of entries as it stands in the index: what can be read is, written
 * again, the same set, and in a form that is no longer.
 */
#include "lib/posting.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static size_t
members(uint16_t ordinals[POSTING_BLOCK], const uint64_t bits[POSTING_WORDS])
{
	size_t count = 0;

	for (unsigned i = 0; i < POSTING_BLOCK; i++)
		if ((bits[i / 64] >> (i % 64) & 1) != 0)
			ordinals[count++] = (uint16_t)i;
	return count;
}

static void
check_again(const uint64_t bits[POSTING_WORDS])
{
	uint64_t back[POSTING_WORDS] = { 0 };
	uint16_t ordinals[POSTING_BLOCK];
	struct buf b = BUF_INIT(2 * POSTING_BLOCK + 1);
	size_t count = members(ordinals, bits);
	size_t entries = count == 0 ? 0 : (size_t)ordinals[count - 1] + 1;

	posting_encode(&b, ordinals, count, entries);
	FUZZ_HOLDS(!b.bad && b.len <= 1 + POSTING_BLOCK / 8);
	FUZZ_HOLDS(posting_add(back, b.data, b.len) == 0);
	FUZZ_HOLDS(memcmp(back, bits, sizeof back) == 0);
	buf_free(&b);
}

static void
check_keys(const uint8_t *data, size_t len)
{
	struct buf b = BUF_INIT(POSTING_KEY);

	for (size_t i = 0; i < len / POSTING_KEY; i++) {
		buf_reset(&b);
		posting_put_key(&b, posting_key(data, i));
		FUZZ_HOLDS(
		    memcmp(b.data, data + i * POSTING_KEY, POSTING_KEY) == 0);
	}
	buf_free(&b);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	uint64_t bits[POSTING_WORDS] = { 0 };
	struct buf term = BUF_INIT(POSTING_TEXT + 1);
	const char *text = (const char *)data, *end = text + len;

	if (posting_add(bits, data, len) == 0)
		check_again(bits);
	check_keys(data, len);
	posting_term(&term, POSTING_TAG, text, len);
	FUZZ_HOLDS(!term.bad && term.len <= POSTING_TEXT + 1);
	for (const char *at = text; at < end;)
		at += posting_character(at, end);
	buf_free(&term);
}
