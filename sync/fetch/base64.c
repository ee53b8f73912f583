/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding base64. */
#include "sync/fetch/base64.h"

#include <stdint.h>

/* The six bits that ${c} stands for, or -1. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
base64_decode(char *text, size_t *len)
{
	size_t count = *len, done = 0;
	uint32_t bits = 0;
	unsigned held = 0;

	if (count % 4 != 0)
		return -1;
	for (int i = 0; i < 2 && count > 0 && text[count - 1] == '='; i++)
		count--;
	for (size_t i = 0; i < count; i++) {
		int value = value_of(text[i]);

		if (value == -1)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			text[done++] = (char)(bits >> held & 255);
		}
	}
	*len = done;
	return (bits & ((1u << held) - 1)) == 0 ? 0 : -1;
}
