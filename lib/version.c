/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing and comparing version strings, and the sort key in the database.
 * version_compare() does not use the key, so that tests can check one with the
 * other.
 */
#include "lib/version.h"

#include <string.h>

#define PARTS 3

/*
 * The first byte of a key, and the bytes between the parts of a semantic one.
 * Their values define the order: a prerelease is below a longer one that starts
 * with it, numbers are below words, and a release is above its prereleases.
 */
#define KEY_OTHER '\1'
#define KEY_SEMANTIC '\2'
#define KEY_PRE_END '\1'
#define KEY_PRE_NUMBER '\2'
#define KEY_PRE_WORD '\3'
#define KEY_RELEASE '\4'

struct slice {
	const char *at;
	size_t len;
};

struct semantic {
	struct slice part[PARTS]; /* digits, no leading zeros; empty is 0 */
	struct slice pre; /* identifiers with dots between; empty is none */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_identifier_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-';
}

static void
skip(struct slice *s, size_t count)
{
	s->at += count;
	s->len -= count;
}

static bool
take_char(struct slice *rest, char wanted)
{
	if (rest->len == 0 || *rest->at != wanted)
		return false;
	skip(rest, 1);
	return true;
}

static bool
fits_64_bits(const struct slice *digits)
{
	static const char most[] = "18446744073709551615";
	const size_t width = sizeof most - 1;

	return digits->len < width ||
	       (digits->len == width && memcmp(digits->at, most, width) <= 0);
}

static bool
take_part(struct slice *part, struct slice *rest)
{
	size_t len = 0;

	while (len < rest->len && is_digit(rest->at[len]))
		len++;
	*part = (struct slice){ rest->at, len };
	skip(rest, len);
	while (part->len > 0 && *part->at == '0')
		skip(part, 1);
	return len > 0 && fits_64_bits(part);
}

/* Removes the part before the next dot, and the dot; returns the part. */
static struct slice
take_identifier(struct slice *list)
{
	struct slice id = { list->at, 0 };

	while (id.len < list->len && id.at[id.len] != '.')
		id.len++;
	skip(list, id.len);
	take_char(list, '.');
	return id;
}

static bool
is_number(const struct slice *id)
{
	for (size_t i = 0; i < id->len; i++)
		if (!is_digit(id->at[i]))
			return false;
	return id->len > 0;
}

/* A dot-separated list; only build metadata may have leading zeros. */
static bool
take_identifiers(struct slice *list, struct slice *rest, bool leading_zeros)
{
	struct slice ids, id;
	size_t len = 0;

	while (len < rest->len &&
	       (is_identifier_char(rest->at[len]) || rest->at[len] == '.'))
		len++;
	*list = ids = (struct slice){ rest->at, len };
	skip(rest, len);
	if (len == 0 || list->at[len - 1] == '.')
		return false;
	while (ids.len > 0) {
		id = take_identifier(&ids);
		if (id.len == 0)
			return false;
		if (!leading_zeros && id.len > 1 && *id.at == '0' &&
		    is_number(&id))
			return false;
	}
	return true;
}

static bool
parse(struct semantic *v, struct slice rest)
{
	struct slice build;

	for (int i = 0; i < PARTS; i++)
		v->part[i] = (struct slice){ rest.at, 0 };
	v->pre = (struct slice){ rest.at, 0 };
	take_char(&rest, 'v');
	for (int i = 0; i < PARTS; i++) {
		if (i > 0 && !take_char(&rest, '.'))
			break;
		if (!take_part(&v->part[i], &rest))
			return false;
	}
	if (take_char(&rest, '-') && !take_identifiers(&v->pre, &rest, false))
		return false;
	if (take_char(&rest, '+') && !take_identifiers(&build, &rest, true))
		return false;
	return rest.len == 0;
}

static int
compare_bytes(const struct slice *a, const struct slice *b)
{
	size_t shorter = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->at, b->at, shorter);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* Digits without leading zeros: the longer one is the larger. */
static int
compare_numbers(const struct slice *a, const struct slice *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return compare_bytes(a, b);
}

static int
compare_identifiers(const struct slice *a, const struct slice *b)
{
	bool a_number = is_number(a), b_number = is_number(b);

	if (a_number != b_number)
		return a_number ? -1 : 1;
	return a_number ? compare_numbers(a, b) : compare_bytes(a, b);
}

static int
compare_prereleases(struct slice a, struct slice b)
{
	struct slice a_id, b_id;
	int order;

	if (a.len == 0 || b.len == 0)
		return (a.len == 0) - (b.len == 0);
	while (a.len > 0 && b.len > 0) {
		a_id = take_identifier(&a);
		b_id = take_identifier(&b);
		order = compare_identifiers(&a_id, &b_id);
		if (order != 0)
			return order;
	}
	return (a.len > 0) - (b.len > 0);
}

static int
compare_precedence(const struct semantic *a, const struct semantic *b)
{
	for (int i = 0; i < PARTS; i++) {
		int order = compare_numbers(&a->part[i], &b->part[i]);

		if (order != 0)
			return order;
	}
	return compare_prereleases(a->pre, b->pre);
}

bool
version_is_semantic(const char *text, size_t len)
{
	struct semantic v;

	return parse(&v, (struct slice){ text, len });
}

int
version_compare(const char *a, const char *b)
{
	struct slice a_text = { a, strlen(a) }, b_text = { b, strlen(b) };
	struct semantic a_version, b_version;
	bool a_semantic = parse(&a_version, a_text);
	bool b_semantic = parse(&b_version, b_text);
	int order = 0;

	if (a_semantic != b_semantic)
		return a_semantic ? 1 : -1;
	if (a_semantic)
		order = compare_precedence(&a_version, &b_version);
	return order != 0 ? order : compare_bytes(&a_text, &b_text);
}

/* The count of the digits, then the digits: memcmp() order is by value. */
static void
add_number(struct buf *key, const struct slice *digits)
{
	size_t count = digits->len;

	for (; count >= 255; count -= 255)
		buf_addc(key, '\377');
	buf_addc(key, (char)count);
	buf_add(key, digits->at, digits->len);
}

static void
add_prerelease(struct buf *key, struct slice pre)
{
	struct slice id;

	if (pre.len == 0) {
		buf_addc(key, KEY_RELEASE);
		return;
	}
	while (pre.len > 0) {
		id = take_identifier(&pre);
		if (is_number(&id)) {
			buf_addc(key, KEY_PRE_NUMBER);
			add_number(key, &id);
		} else {
			buf_addc(key, KEY_PRE_WORD);
			buf_add(key, id.at, id.len);
			buf_addc(key, '\0');
		}
	}
	buf_addc(key, KEY_PRE_END);
}

/*
 * No part of a semantic key is a prefix of another value of that part, so two
 * keys first differ where the versions do.  The text itself comes last and
 * decides between versions of equal precedence.
 */
void
version_order_key(struct buf *key, const char *text, size_t len)
{
	struct semantic v;

	if (parse(&v, (struct slice){ text, len })) {
		buf_addc(key, KEY_SEMANTIC);
		for (int i = 0; i < PARTS; i++)
			add_number(key, &v.part[i]);
		add_prerelease(key, v.pre);
	} else {
		buf_addc(key, KEY_OTHER);
	}
	buf_add(key, text, len);
}
