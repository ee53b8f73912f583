/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking secrets out of URLs.  What is no well-formed URL is treated as if it
 * were one: a mistyped address may hold a password too.
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

/* Parts of names that give a secret away, and those that do at the end. */
static const char *const telling_parts[] = { "token", "secret", "passw",
	"signature", "credential" };
static const char *const telling_ends[] = { "key", "sig", "auth", "pwd",
	"authorization" };

/* The length of what stands before the last '@' of ${len} bytes, or 0. */
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
 * The same behind a scheme.  A password may hold a '/' that was not encoded:
 * then the authority seems to end in a port that is none, and the '@' is
 * further on.
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

/* ${url} without the secrets in front of its host; the caller frees it. */
static char *
without_user(const char *text)
{
	const char *scheme_end = strstr(text, "://");
	const char *authority = scheme_end == NULL ? text : scheme_end + 3;
	size_t user, colon;

	if (scheme_end == NULL)
		user = user_length(text, strcspn(text, "/?#"));
	else
		user = user_length_after_scheme(authority);
	if (user == 0)
		return xstrdup(text);
	/* With http a user name alone may be a token. */
	if (scheme_end != NULL && strncasecmp(text, "http", 4) == 0)
		return xasprintf("%.*s%s", (int)(authority - text), text,
		    authority + user + 1);
	colon = strcspn(authority, ":");
	if (colon >= user)
		return xstrdup(text);
	return xasprintf("%.*s%s", (int)(authority - text + (ptrdiff_t)colon),
	    text, authority + user);
}

static bool
ends_with(const char *name, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len >= end_len &&
	       strncasecmp(name + len - end_len, end, end_len) == 0;
}

/* Whether the parameter ${name} of ${len} bytes carries a secret. */
static bool
is_telling(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof telling_ends / sizeof *telling_ends; i++)
		if (ends_with(name, len, telling_ends[i]))
			return true;
	for (size_t i = 0; i < sizeof telling_parts / sizeof *telling_parts;
	     i++)
		for (size_t end = 1; end <= len; end++)
			if (ends_with(name, end, telling_parts[i]))
				return true;
	return false;
}

char *
url_shown(const char *url)
{
	char *text = without_user(url);
	const char *at = text + strcspn(text, "?#");
	struct buf shown = BUF_INIT(SIZE_MAX / 2);

	buf_add(&shown, text, (size_t)(at - text));
	while (*at != '\0') {
		size_t len = strcspn(at + 1, SEPARATORS) + 1;
		size_t name = strcspn(at + 1, "=" SEPARATORS) + 1;

		if (name < len && is_telling(at + 1, name - 1)) {
			buf_add(&shown, at, name + 1);
			buf_adds(&shown, HIDDEN);
		} else {
			buf_add(&shown, at, len);
		}
		at += len;
	}
	free(text);
	return buf_take(&shown);
}
