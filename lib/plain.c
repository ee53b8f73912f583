/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sixteen bytes at a time: a vector of gcc and clang, which is one register
 * where the processor has such, and two or four where it has not.
 */
#include "lib/plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 16
#define BYTES(b)                                               \
	{                                                      \
		b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b \
	}

typedef signed char block __attribute__((vector_size(BLOCK)));
/* The same, where a sum begins again at 0. */
typedef unsigned char wrapping __attribute__((vector_size(BLOCK)));

/*
 * What is not plain: a byte that with ${bias} added is below ${least}, as
 * signed numbers, among which those past ASCII are negative; a quote, a
 * backslash, and one byte more.  A bias of 1 makes a negative number of DEL.
 */
struct rule {
	block bias, least, also;
};

static const struct rule rules[] = {
	[PLAIN_IN_JSON] = { BYTES(0), BYTES(' '), BYTES('"') },
	[PLAIN_IN_QUOTES] = { BYTES(1), BYTES(' ' + 1), BYTES('"') },
	[PLAIN_BARE] = { BYTES(1), BYTES(' ' + 2), BYTES('=') },
};

/* The first byte that is not 0, of which there is one. */
static size_t
first_of(block found)
{
	size_t i = 0;

	while (found[i] == 0)
		i++;
	return i;
}

static bool
has_any(block found)
{
#ifdef __SSE2__
	typedef char bytes __attribute__((vector_size(BLOCK)));

	return __builtin_ia32_pmovmskb128((bytes)found) != 0;
#else
	uint64_t halves[2];

	memcpy(halves, &found, sizeof halves);
	return (halves[0] | halves[1]) != 0;
#endif
}

/* Copies a block; what is not 0 in the one returned is not plain. */
static inline __attribute__((always_inline)) block
copy_block(char *to, const char *from, struct rule rule)
{
	const block quote = BYTES('"'), backslash = BYTES('\\');
	block b, raised;

	memcpy(&b, from, sizeof b);
	memcpy(to, &b, sizeof b);
	raised = (block)((wrapping)b + (wrapping)rule.bias);
	return (raised < rule.least) | (b == rule.also) | (b == quote) |
	       (b == backslash);
}

/* Copies fewer bytes than a block has: as two halves that may overlap. */
static void
copy_halves(char *to, const char *from, size_t len)
{
	if (len >= 8) {
		memcpy(to, from, 8);
		memcpy(to + len - 8, from + len - 8, 8);
	} else if (len >= 4) {
		memcpy(to, from, 4);
		memcpy(to + len - 4, from + len - 4, 4);
	} else if (len > 0) {
		to[0] = from[0];
		to[len / 2] = from[len / 2];
		to[len - 1] = from[len - 1];
	}
}

/*
 * Of fewer bytes than a block has.  Apart, so that the longer ones do without
 * what the compiler does for a function with arrays.
 */
static __attribute__((noinline)) size_t
copy_short(char *to, const char *from, size_t len, enum plain_where where)
{
	/* Behind the text stands what is plain everywhere. */
	char filled[BLOCK] = BYTES('a'), copied[BLOCK];
	block found;

	copy_halves(filled, from, len);
	found = copy_block(copied, filled, rules[where]);
	copy_halves(to, copied, len);
	return has_any(found) ? first_of(found) : len;
}

size_t
plain_copy(char *to, const char *from, size_t len, enum plain_where where)
{
	/* In registers, for all of its blocks. */
	const struct rule rule = rules[where];
	size_t at = 0, last;
	block found;

	if (len < BLOCK)
		return copy_short(to, from, len, where);
	last = len - BLOCK;
	do {
		found = copy_block(to + at, from + at, rule);
		if (has_any(found))
			return at + first_of(found);
		at += BLOCK;
	} while (at < last);
	if (at == len)
		return len;
	/* The last one overlaps the one before. */
	found = copy_block(to + last, from + last, rule);
	return has_any(found) ? last + first_of(found) : len;
}
