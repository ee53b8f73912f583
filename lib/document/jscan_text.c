/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding strings and finding values in captured JSON text.  For other text
 * the results are meaningless, but no byte outside of it is read.
 */
#include "lib/document/jscan.h"

#include "lib/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xfffd

/* ---- strings ---- */

uint32_t
jscan_hex4(const char *p)
{
	uint32_t n = 0;

	for (int i = 0; i < 4; i++) {
		uint32_t c = (unsigned char)p[i];

		n = n * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return n;
}

static char *
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

/* Decodes the \u escape at ${in}; returns the byte after it. */
static const char *
unescape_unicode(const char *in, const char *end, char **out)
{
	uint32_t c, low;

	if (end - in < 6)
		return end;
	c = jscan_hex4(in + 2);
	in += 6;
	if (c >= 0xd800 && c < 0xdc00 && end - in >= 6 && in[0] == '\\' &&
	    in[1] == 'u') {
		low = jscan_hex4(in + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			in += 6;
		}
	}
	if (c >= 0xd800 && c < 0xe000)
		c = REPLACEMENT;
	*out = put_utf8(*out, c);
	return in;
}

bool
jscan_step_is(const struct jscan_step *step, const char *key)
{
	return step->key != NULL && step->key_len == strlen(key) &&
	       memcmp(step->key, key, step->key_len) == 0;
}

char *
jscan_unquote(char *literal, size_t *len)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *in = literal + 1, *end = literal + *len - 1, *name;
	char *out = literal;

	/* No escape is shorter than its character. */
	while (in < end) {
		if (*in != '\\' || end - in < 2) {
			*out++ = *in++;
		} else if (in[1] == 'u') {
			in = unescape_unicode(in, end, &out);
		} else {
			name = strchr(names, in[1]);
			*out++ = name == NULL ? in[1] : values[name - names];
			in += 2;
		}
	}
	*out = '\0';
	*len = (size_t)(out - literal);
	return literal;
}

/* ---- places ---- */

/* The byte after the string literal at ${p}. */
static const char *
skip_literal(const char *p, const char *end, bool *escaped)
{
	for (p++; (p = jscan_plain(p, end)) < end && *p != '"'; p++) {
		if (*p != '\\')
			continue; /* not ASCII */
		*escaped = true;
		p += end - p > 1;
	}
	return p < end ? p + 1 : end;
}

/* The byte after the value at ${p}, which is inside a container. */
static const char *
skip_value(const char *p, const char *end)
{
	bool ignored;
	size_t level = 0;

	while (p < end) {
		if (level == 0 && (*p == ',' || *p == '}' || *p == ']'))
			break;
		if (*p == '{' || *p == '[')
			level++;
		else if (*p == '}' || *p == ']')
			level--;
		p = *p == '"' ? skip_literal(p, end, &ignored) : p + 1;
	}
	return p;
}

void
jscan_inside(struct jscan_inside *i, struct jscan_text json)
{
	const char first = json.len > 0 ? *json.text : '\0';

	*i = (struct jscan_inside){ .at = json.text,
		.end = json.text + json.len,
		.object = first == '{' };
	if (first == '{' || first == '[')
		i->at++;
	else
		i->at = i->end;
}

bool
jscan_next(struct jscan_inside *i)
{
	const char *p = i->at;

	if (i->value.text != NULL && p < i->end && *p == ',')
		p++;
	if (p >= i->end || *p == '}' || *p == ']')
		return false;
	if (i->object) {
		i->name.text = p;
		i->escaped = false;
		p = skip_literal(p, i->end, &i->escaped);
		i->name.len = (size_t)(p - i->name.text);
		p += p < i->end; /* the colon */
	}
	i->value.text = p;
	p = skip_value(p, i->end);
	i->value.len = (size_t)(p - i->value.text);
	i->at = p;
	return true;
}

static bool
name_equals(const struct jscan_inside *i, const char *key, size_t key_len)
{
	size_t len = i->name.len;
	bool equal;
	char *copy;

	if (!i->escaped)
		return len == key_len + 2 &&
		       memcmp(i->name.text + 1, key, key_len) == 0;
	copy = xstrndup(i->name.text, len);
	jscan_unquote(copy, &len);
	equal = len == key_len && memcmp(copy, key, key_len) == 0;
	free(copy);
	return equal;
}

bool
jscan_is_named(const struct jscan_inside *i, const char *key)
{
	return i->object && name_equals(i, key, strlen(key));
}

const char *
jscan_find(const char *json, size_t len, const struct jscan_step *steps,
    size_t depth, size_t *found_len)
{
	struct jscan_text found = { json, len };

	for (; depth > 0 && found.text != NULL; depth--, steps++) {
		struct jscan_inside i;

		jscan_inside(&i, found);
		found = (struct jscan_text){ NULL, 0 };
		if (i.object != (steps->key != NULL))
			break;
		for (size_t n = 0; jscan_next(&i); n++)
			if (i.object
				? name_equals(&i, steps->key, steps->key_len)
				: n == steps->index)
				found = i.value;
	}
	if (found.text != NULL)
		*found_len = found.len;
	return found.text;
}
