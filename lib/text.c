/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting, counting and cleaning UTF-8. */
#include "lib/text.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

static bool
continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t
text_cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && continues(text[max]))
		max--;
	return max;
}

size_t
text_trim(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && continues(text[len - 1]))
		len--;
	if (len > 0 && (unsigned char)text[len - 1] >= 0xc0)
		len--;
	else
		len = strlen(text);
	text[len] = '\0';
	return len;
}

size_t
text_characters(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += !continues(text[i]);
	return n;
}

size_t
text_multibyte(const char *text, size_t len)
{
	utf8proc_int32_t ignored;
	utf8proc_ssize_t used = utf8proc_iterate(
	    (const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &ignored);

	return used <= 1 ? 0 : (size_t)used;
}

void
text_replace_controls(char *text, char with)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = with;
}

bool
text_is_one_of(const char *text, const char *const *words)
{
	for (; text != NULL && *words != NULL; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

bool
text_ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}
