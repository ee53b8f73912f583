/* SPDX-License-Identifier: Apache-2.0 */
/* Finding bytes that need an escape. */
#include "lib/plain.h"

#include <stdbool.h>

#define BLOCK 16

/* Plain: from first to last, except also, quotes and backslashes. */
struct rule {
	unsigned char first, last, also;
};

static const struct rule rules[] = {
	[PLAIN_IN_JSON] = { ' ', 0x7f, '"' },
	[PLAIN_IN_QUOTES] = { ' ', '~', '"' },
	[PLAIN_BARE] = { ' ' + 1, '~', '=' },
};

static inline bool
is_odd(unsigned char c, struct rule r)
{
	return (c < r.first) | (c > r.last) | (c == r.also) | (c == '"') |
	       (c == '\\');
}

/* Without branches, so that compilers test all bytes of a block at once. */
static inline bool
has_odd(const char *text, struct rule r)
{
	unsigned char odd = 0;

	for (int i = 0; i < BLOCK; i++)
		odd |= is_odd((unsigned char)text[i], r);
	return odd != 0;
}

size_t
plain_span(const char *text, size_t len, enum plain_where where)
{
	const struct rule r = rules[where];
	size_t i = 0;

	while (len - i >= BLOCK && !has_odd(text + i, r))
		i += BLOCK;
	/* The last block overlaps the one before. */
	if (i > 0 && len - i < BLOCK && !has_odd(text + len - BLOCK, r))
		return len;
	while (i < len && !is_odd((unsigned char)text[i], r))
		i++;
	return i;
}
