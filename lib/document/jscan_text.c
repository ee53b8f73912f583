/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work on JSON text that is valid and free of white space: the text behind a
 * string literal, and the place of one value.  Other text gives results
 * without a meaning, but nothing outside of it is touched.
 */
#include "lib/document/jscan.h"

#include "lib/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xfffd

/* ---- strings ---- */

static uint32_t
read_hex4(const char *p)
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

/* Writes what the \u escape at ${in} stands for; returns what follows it. */
static const char *
unescape_unicode(const char *in, const char *end, char **out)
{
	uint32_t c, low;

	if (end - in < 6)
		return end;
	c = read_hex4(in + 2);
	in += 6;
	if (c >= 0xd800 && c < 0xdc00 && end - in >= 6 && in[0] == '\\' &&
	    in[1] == 'u') {
		low = read_hex4(in + 2);
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

	/* Every escape is at least as long as what it stands for. */
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
skip_literal(const char *p, const char *end)
{
	for (p = jscan_plain(p + 1, end); p < end && *p != '"';
	     p = jscan_plain(p + 1, end)) {
		if (*p == '\\' && end - p > 1)
			p++;
	}
	return p < end ? p + 1 : end;
}

/* The byte after the value at ${p}, which stands in a container. */
static const char *
skip_value(const char *p, const char *end)
{
	size_t level = 0;

	while (p < end) {
		if (level == 0 && (*p == ',' || *p == '}' || *p == ']'))
			break;
		if (*p == '{' || *p == '[')
			level++;
		else if (*p == '}' || *p == ']')
			level--;
		p = *p == '"' ? skip_literal(p, end) : p + 1;
	}
	return p;
}

static bool
name_equals(const char *literal, size_t len, const char *key, size_t key_len)
{
	bool equal;
	char *copy;

	if (memchr(literal, '\\', len) == NULL)
		return len == key_len + 2 &&
		       memcmp(literal + 1, key, key_len) == 0;
	copy = xstrndup(literal, len);
	jscan_unquote(copy, &len);
	equal = len == key_len && memcmp(copy, key, key_len) == 0;
	free(copy);
	return equal;
}

/* The value at one step inside the container ${json}, or NULL. */
static const char *
find_step(const char *json, const char **end, const struct jscan_step *step)
{
	const char *p = json + 1, *value, *after, *found = NULL;
	const char *found_end = NULL;
	bool wanted;

	if (json == *end || *json != (step->key == NULL ? '[' : '{'))
		return NULL;
	for (size_t i = 0; p < *end && *p != '}' && *p != ']'; i++) {
		value = p;
		if (step->key == NULL) {
			wanted = i == step->index;
		} else {
			value = skip_literal(p, *end);
			wanted = name_equals(
			    p, (size_t)(value - p), step->key, step->key_len);
			value += value < *end; /* the colon */
		}
		after = skip_value(value, *end);
		if (wanted) {
			found = value;
			found_end = after;
		}
		p = after < *end && *after == ',' ? after + 1 : after;
	}
	if (found != NULL)
		*end = found_end;
	return found;
}

void
jscan_inside(struct jscan_inside *i, const char *json, size_t len)
{
	*i = (struct jscan_inside){ .at = json, .end = json + len };
	i->object = len > 0 && *json == '{';
	if (len > 0 && (*json == '{' || *json == '['))
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
		p = skip_literal(p, i->end);
		i->name.len = (size_t)(p - i->name.text);
		p += p < i->end; /* the colon */
	}
	i->value.text = p;
	p = skip_value(p, i->end);
	i->value.len = (size_t)(p - i->value.text);
	i->at = p;
	return true;
}

bool
jscan_is_named(const struct jscan_inside *i, const char *key)
{
	return i->object &&
	       name_equals(i->name.text, i->name.len, key, strlen(key));
}

const char *
jscan_find(const char *json, size_t len, const struct jscan_step *steps,
    size_t depth, size_t *found_len)
{
	const char *end = json + len;

	for (size_t i = 0; i < depth && json != NULL; i++)
		json = find_step(json, &end, &steps[i]);
	if (json != NULL)
		*found_len = (size_t)(end - json);
	return json;
}
