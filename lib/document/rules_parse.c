/* SPDX-License-Identifier: Apache-2.0 */
/* Reading JSON that is known to be JSON. */
#include "lib/document/rules_parse.h"

#include "lib/document/jscan.h"
#include "lib/limits.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define KEY_BYTES 256 /* names longer than that are jansson's */
#define TEXT_BYTES 4096 /* and texts with escapes */
#define DIGITS 15 /* so many are exact in a double */

struct parse {
	const char *at;
	const char *end;
	int depth;
};

/* A string as it stands between its quotes. */
struct literal {
	const char *text;
	size_t len;
	bool escaped;
	bool ascii;
};

static json_t *parse_value(struct parse *p);

static bool
take(struct parse *p, char c)
{
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

/* Escapes that may stand for half a character or a NUL are jansson's. */
static bool
is_plain_escape(const char *at, const char *end)
{
	if (end - at < 2 || memchr("\"\\/bfnrtu", at[1], 9) == NULL)
		return false;
	if (at[1] != 'u')
		return true;
	if (end - at < 6 || strchr("dD", at[2]) != NULL)
		return false;
	for (int i = 2; i < 6; i++)
		if (memchr("0123456789abcdefABCDEF", at[i], 22) == NULL)
			return false;
	return memcmp(at + 2, "0000", 4) != 0;
}

static bool
take_literal(struct literal *out, struct parse *p)
{
	const char *at;

	if (!take(p, '"'))
		return false;
	*out = (struct literal){ .text = p->at, .ascii = true };
	for (at = p->at;; at++) {
		at = jscan_plain(at, p->end);
		if (at >= p->end || (unsigned char)*at < ' ')
			return false;
		if (*at == '"')
			break;
		if (*at != '\\') {
			out->ascii = false;
			continue;
		}
		if (!is_plain_escape(at, p->end))
			return false;
		out->escaped = true;
		at++; /* what follows may be a quote */
	}
	out->len = (size_t)(at - p->at);
	p->at = at + 1;
	return true;
}

/* Writes what the escapes stand for to ${into}. */
static bool
unescape(char into[TEXT_BYTES], const struct literal *l, size_t *len)
{
	*len = l->len + 2;
	if (*len >= TEXT_BYTES)
		return false;
	memcpy(into, l->text - 1, *len);
	jscan_unquote(into, len);
	return true;
}

static json_t *
parse_string(struct parse *p)
{
	char text[TEXT_BYTES];
	struct literal l;
	size_t len;

	if (!take_literal(&l, p))
		return NULL;
	if (l.escaped)
		return unescape(text, &l, &len) ? json_stringn(text, len)
						: NULL;
	return l.ascii ? json_stringn_nocheck(l.text, l.len)
		       : json_stringn(l.text, l.len);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What is more than a short integer has a text of its own for jansson. */
static json_t *
parse_number(struct parse *p)
{
	const char *from = p->at;
	json_error_t ignored;
	int64_t n = 0;

	for (; p->at < p->end && is_digit(*p->at); p->at++)
		if (p->at - from < DIGITS)
			n = n * 10 + (*p->at - '0');
	if (p->at - from >= 1 && p->at - from <= DIGITS &&
	    (*from != '0' || p->at - from == 1) &&
	    (p->at == p->end || strchr(".eE", *p->at) == NULL))
		return json_real((double)n);
	while (p->at < p->end &&
	       (is_digit(*p->at) || memchr("+-.eE", *p->at, 5) != NULL))
		p->at++;
	return json_loadb(
	    from, (size_t)(p->at - from), RULES_PARSE_FLAGS, &ignored);
}

static json_t *
parse_word(struct parse *p, const char *word, json_t *value)
{
	const size_t len = strlen(word);

	if ((size_t)(p->end - p->at) < len || memcmp(p->at, word, len) != 0)
		return NULL;
	p->at += len;
	return value;
}

static int
parse_member(struct parse *p, json_t *object)
{
	char key[KEY_BYTES];
	struct literal l;
	json_t *value;

	if (!take_literal(&l, p) || l.escaped || l.len >= sizeof key ||
	    !take(p, ':'))
		return -1;
	memcpy(key, l.text, l.len);
	key[l.len] = '\0';
	value = parse_value(p);
	if (value == NULL)
		return -1;
	return l.ascii ? json_object_set_new_nocheck(object, key, value)
		       : json_object_set_new(object, key, value);
}

static json_t *
parse_object(struct parse *p)
{
	json_t *object = json_object();

	p->at++;
	if (object == NULL || take(p, '}'))
		return object;
	do {
		if (parse_member(p, object) == -1)
			return NULL;
	} while (take(p, ','));
	return take(p, '}') ? object : NULL;
}

static json_t *
parse_array(struct parse *p)
{
	json_t *array = json_array();

	p->at++;
	if (array == NULL || take(p, ']'))
		return array;
	do {
		if (json_array_append_new(array, parse_value(p)) == -1)
			return NULL;
	} while (take(p, ','));
	return take(p, ']') ? array : NULL;
}

static json_t *
parse_nested(struct parse *p)
{
	json_t *value;

	if (p->depth == LIMIT_JSON_DEPTH)
		return NULL;
	p->depth++;
	value = *p->at == '{' ? parse_object(p) : parse_array(p);
	p->depth--;
	return value;
}

static json_t *
parse_value(struct parse *p)
{
	if (p->at == p->end)
		return NULL;
	switch (*p->at) {
	case '{':
	case '[':
		return parse_nested(p);
	case '"':
		return parse_string(p);
	case 't':
		return parse_word(p, "true", json_true());
	case 'f':
		return parse_word(p, "false", json_false());
	case 'n':
		return parse_word(p, "null", json_null());
	default:
		return parse_number(p);
	}
}

json_t *
rules_parse(const char *json, size_t len)
{
	struct parse p = { .at = json, .end = json + len };
	json_t *value = parse_value(&p);

	return p.at == p.end ? value : NULL;
}
