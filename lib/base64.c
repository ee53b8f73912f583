/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 in both alphabets, which differ in their last two characters. */
#include "lib/base64.h"

#include <stdbool.h>
#include <stdint.h>

static const char plain_ends_in[] = "+/";
static const char url_ends_in[] = "-_";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Bits that are not a whole byte yet. */
struct bits {
	uint32_t value;
	unsigned held;
};

/* The six bits that ${c} stands for, or -1. */
static int
value_of(char c, const char *ends_in)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == ends_in[0] ? 62 : c == ends_in[1] ? 63 : -1;
}

/* Adds ${c}: 1 and the ${byte} that it completes, 0: no byte yet, or -1. */
static int
take(struct bits *b, char c, const char *ends_in, char *byte)
{
	int six = value_of(c, ends_in);

	if (six == -1)
		return -1;
	b->value = b->value << 6 | (uint32_t)six;
	b->held += 6;
	if (b->held < 8)
		return 0;
	b->held -= 8;
	*byte = (char)(b->value >> b->held & 255);
	return 1;
}

static bool
are_clear(const struct bits *b)
{
	return (b->value & ((1u << b->held) - 1)) == 0;
}

int
base64_decode(char *text, size_t *len)
{
	size_t count = *len, done = 0;
	struct bits b = { 0, 0 };

	if (count % 4 != 0)
		return -1;
	for (int i = 0; i < 2 && count > 0 && text[count - 1] == '='; i++)
		count--;
	for (size_t i = 0; i < count; i++) {
		int got = take(&b, text[i], plain_ends_in, &text[done]);

		if (got == -1)
			return -1;
		done += (size_t)got;
	}
	*len = done;
	return are_clear(&b) ? 0 : -1;
}

void
base64_url_encode(struct buf *out, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | bytes[i];
		for (held += 8; held >= 6; held -= 6)
			buf_addc(out, url_alphabet[bits >> (held - 6) & 63]);
	}
	if (held > 0)
		buf_addc(out, url_alphabet[bits << (6 - held) & 63]);
}

int
base64_url_decode(struct buf *out, const char *text, size_t len)
{
	struct bits b = { 0, 0 };
	char byte;

	if (len % 4 == 1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int got = take(&b, text[i], url_ends_in, &byte);

		if (got == -1)
			return -1;
		if (got == 1)
			buf_addc(out, byte);
	}
	return are_clear(&b) ? 0 : -1;
}
