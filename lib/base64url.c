/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 for URLs. */
#include "lib/base64url.h"

#include <stdint.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
base64url_encode(struct buf *out, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | bytes[i];
		for (held += 8; held >= 6; held -= 6)
			buf_addc(out, alphabet[bits >> (held - 6) & 63]);
	}
	if (held > 0)
		buf_addc(out, alphabet[bits << (6 - held) & 63]);
}

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
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

int
base64url_decode(struct buf *out, const char *text, size_t len)
{
	uint32_t bits = 0;
	unsigned held = 0;

	if (len % 4 == 1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int value = value_of(text[i]);

		if (value == -1)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			buf_addc(out, (char)(bits >> held & 255));
		}
	}
	return (bits & ((1u << held) - 1)) == 0 ? 0 : -1;
}
