/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing secrets from URLs.  Malformed URLs are treated the same: a mistyped
 * address may contain a password, too.  libcurl's parser would refuse those.
 */
#include "lib/url.h"

#include "lib/buf.h"
#include "lib/xalloc.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HIDDEN "***"
#define SEPARATORS "?&;#"
/* The bytes that end a URL in a sentence. */
#define ENDS " \t\r\n'\"<>`"
/* Shorter values are likely to be ordinary words of a message. */
#define VALUE_MIN 6
#define USER_MIN 3

/* The number of bytes before the last '@' in ${len} bytes, or 0. */
static size_t
user_length(const char *authority, size_t len)
{
	for (; len > 0; len--) {
		if (authority[len - 1] == '@')
			return len - 1;
	}
	return 0;
}

/*
 * The same after a scheme.  A password may contain a '/' that was not encoded:
 * then the authority seems to end with an invalid port, and the '@' follows
 * later.
 */
static size_t
user_length_after_scheme(const char *authority)
{
	size_t len = strcspn(authority, "/?#");
	size_t colon = strcspn(authority, ":");
	size_t user = user_length(authority, len);

	if (user > 0 || *authority == '[' || colon >= len)
		return user;
	if (colon + 1 + strspn(authority + colon + 1, "0123456789") >= len)
		return 0;
	return user_length(authority, strlen(authority));
}

/* The user part of ${url}, of ${len} bytes; NULL: there is none. */
static const char *
find_user(const char *url, size_t *len)
{
	const char *scheme_end = strstr(url, "://");
	const char *authority = scheme_end == NULL ? url : scheme_end + 3;

	*len = scheme_end == NULL ? user_length(url, strcspn(url, "/?#"))
				  : user_length_after_scheme(authority);
	return *len == 0 ? NULL : authority;
}

/* "git" is no secret, and neither is the user of user@host:path. */
static bool
name_may_be_shown(const char *name, size_t len, bool scheme)
{
	return !scheme || (len == 3 && memcmp(name, "git", len) == 0);
}

/* Adds ${url} up to its query; returns the query. */
static const char *
add_place(struct buf *to, const char *url)
{
	bool scheme = strstr(url, "://") != NULL;
	size_t len, name;
	const char *user = find_user(url, &len);
	const char *rest = url;

	if (user != NULL) {
		buf_add(to, url, (size_t)(user - url));
		name = strcspn(user, ":@");
		if (name > len)
			name = len;
		rest = user + len;
		if (name_may_be_shown(user, name, scheme))
			buf_add(to, user, name);
		else if (strncasecmp(url, "http", 4) == 0)
			rest++; /* the '@' too */
		else
			buf_adds(to, HIDDEN);
	}
	len = strcspn(rest, "?#");
	buf_add(to, rest, len);
	return rest + len;
}

/*
 * Splits the part that follows the separator at ${part}: returns the length up
 * to the next separator, and sets ${value} to its value or NULL.
 */
static size_t
split_part(const char *part, const char **value)
{
	size_t len = strcspn(part + 1, SEPARATORS) + 1;
	size_t name = strcspn(part + 1, "=" SEPARATORS) + 1;

	/* "dG9rZW4=" is a value that ends in '='. */
	while (name < len && part[name] == '=')
		name++;
	*value = name < len ? part + name : NULL;
	return len;
}

char *
url_shown(const char *url)
{
	struct buf shown = BUF_INIT(SIZE_MAX / 2);
	bool scheme = strstr(url, "://") != NULL;
	const char *at = add_place(&shown, url);
	const char *value;

	while (*at != '\0') {
		size_t len = split_part(at, &value);

		if (value != NULL) {
			buf_add(&shown, at, (size_t)(value - at));
			buf_adds(&shown, HIDDEN);
		} else if (len > 1 && scheme) {
			buf_addc(&shown, *at);
			buf_adds(&shown, HIDDEN);
		} else {
			buf_add(&shown, at, len);
		}
		at += len;
	}
	return buf_take(&shown);
}

/* ---- URLs in messages ---- */

/*
 * Adds a text of at least ${min} bytes to ${secrets}, as written and decoded,
 * each followed by a NUL.
 */
static void
add_secret(struct buf *secrets, const char *text, size_t len, size_t min)
{
	char *copy;

	if (len < min)
		return;
	copy = xstrndup(text, len);
	buf_add(secrets, copy, len + 1);
	for (char *p = copy; *p != '\0'; p++)
		if (*p == '+')
			*p = ' ';
	url_decode(copy);
	if (strlen(copy) >= min)
		buf_add(secrets, copy, strlen(copy) + 1);
	free(copy);
}

static void
add_secrets(struct buf *secrets, const char *url)
{
	size_t len, name;
	const char *part, *value;
	const char *user = find_user(url, &len);

	if (user != NULL) {
		name = strcspn(user, ":@");
		if (name < len ||
		    !name_may_be_shown(user, len, strstr(url, "://") != NULL))
			add_secret(secrets, user, len, USER_MIN);
		if (name < len)
			add_secret(
			    secrets, user + name + 1, len - name - 1, USER_MIN);
	}
	part = user == NULL ? url : user + len;
	part += strcspn(part, "?#");
	for (; *part != '\0'; part += len) {
		len = split_part(part, &value);
		if (value == NULL)
			value = part + 1;
		add_secret(
		    secrets, value, len - (size_t)(value - part), VALUE_MIN);
	}
}

/* The length of the word at ${at} if it is one of ${secrets}, else 0. */
static size_t
match_secret(const char *at, const struct buf *secrets)
{
	size_t len;

	for (size_t i = 0; i < secrets->len; i += len + 1) {
		len = strlen(secrets->data + i);
		if (strncmp(at, secrets->data + i, len) == 0 &&
		    !isalnum((unsigned char)at[len]))
			return len;
	}
	return 0;
}

/* The length of a URL with a scheme that starts at ${at}, or 0. */
static size_t
match_url(const char *at)
{
	size_t scheme = 0, len;

	if (!isalpha((unsigned char)*at))
		return 0;
	while (isalnum((unsigned char)at[scheme]) ||
	       (at[scheme] != '\0' && strchr("+-.", at[scheme]) != NULL))
		scheme++;
	if (strncmp(at + scheme, "://", 3) != 0)
		return 0;
	len = strcspn(at, ENDS);
	while (len > scheme + 3 && strchr(",.;:)", at[len - 1]) != NULL)
		len--;
	return len;
}

static size_t
add_shown(struct buf *to, const char *at, size_t len)
{
	char *url = xstrndup(at, len);
	char *shown = url_shown(url);

	buf_adds(to, shown);
	free(shown);
	explicit_bzero(url, len);
	free(url);
	return len;
}

void
url_hide(char *text, size_t size, const char *url)
{
	struct buf shown = BUF_INIT(SIZE_MAX / 2);
	struct buf secrets = BUF_INIT(SIZE_MAX / 2);
	const char *at = text;
	bool word = false; /* the byte before is part of a word */
	size_t len;

	if (url != NULL)
		add_secrets(&secrets, url);
	while (*at != '\0') {
		if (!word && (len = match_url(at)) > 0) {
			at += add_shown(&shown, at, len);
		} else if (!word && (len = match_secret(at, &secrets)) > 0) {
			buf_adds(&shown, HIDDEN);
			at += len;
		} else {
			buf_addc(&shown, *at++);
		}
		word = isalnum((unsigned char)at[-1]) != 0;
	}
	len = shown.len < size ? shown.len : size - 1;
	memmove(text, buf_str(&shown), len);
	text[len] = '\0';
	buf_free(&shown);
	buf_free(&secrets);
}

/* ---- percent-encoding ---- */

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c | 0x20);

	return at == NULL ? -1 : (int)(at - digits);
}

void
url_decode(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		int high = *text == '%' ? hex_digit(text[1]) : -1;
		int low = high == -1 ? -1 : hex_digit(text[2]);

		*to++ = low == -1 ? *text : (char)(high * 16 + low);
		text += low == -1 ? 0 : 2;
	}
	*to = '\0';
}
