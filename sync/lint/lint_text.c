/* SPDX-License-Identifier: Apache-2.0 */
/* Versions, package identifiers and URLs. */
#include "sync/lint/lint_text.h"

#include "lib/document/rules_format.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/version.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define SCHEMA_FOLDER "/schemas/"
#define TEXT_MAX 100 /* characters of a description or title */
#define NAME_MIN 3

/* Whether one part between dots, a prerelease aside, is x, X or *. */
static bool
has_wildcard_part(const char *version)
{
	const char *end = version + strcspn(version, "-+");

	for (const char *at = version; at < end;) {
		size_t len = strcspn(at, ".-+");

		if (len == 1 && strchr("xX*", *at) != NULL)
			return true;
		at += len + (at[len] == '.');
	}
	return false;
}

bool
lint_text_is_range(const char *version)
{
	return (*version != '\0' && strchr("^~<>=", *version) != NULL) ||
	       strstr(version, "||") != NULL ||
	       strstr(version, " - ") != NULL || has_wildcard_part(version);
}

bool
lint_text_is_latest(const char *text)
{
	return strcmp(text, "latest") == 0;
}

bool
lint_text_is_unordered(const char *text)
{
	return *text != '\0' && !lint_text_is_latest(text) &&
	       !lint_text_is_range(text) &&
	       !version_is_semantic(text, strlen(text));
}

bool
lint_text_needs_encoding(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	return text[strspn(text, plain)] != '\0';
}

bool
lint_text_is_long(const char *text)
{
	return text_characters(text, strlen(text)) > TEXT_MAX;
}

bool
lint_text_is_bad_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 &&
	       (len < NAME_MIN || len > LIMIT_NAME ||
		   !rules_format_matches(&rules_format_server_name, text, len));
}

bool
lint_text_is_old_schema(const char *text)
{
	const char *folder = strstr(text, SCHEMA_FOLDER);

	return folder != NULL &&
	       isdigit((unsigned char)folder[strlen(SCHEMA_FOLDER)]) &&
	       strncmp(folder + strlen(SCHEMA_FOLDER), LINT_TEXT_SCHEMA,
		   strlen(LINT_TEXT_SCHEMA)) < 0;
}

bool
lint_text_is_bad_tag(const char *text)
{
	return !rules_format_matches(&rules_format_tag, text, strlen(text));
}

bool
lint_text_is_sse(const char *text)
{
	return strcmp(text, "sse") == 0;
}

bool
lint_text_is_cargo(const char *text)
{
	return strcmp(text, "cargo") == 0;
}

bool
lint_text_is_unknown_type(const char *text)
{
	static const char *const known[] = { "npm", "pypi", "oci", "nuget",
		"cargo", NULL };

	return !text_is_one_of(text, known);
}

static bool
is_image(const char *type)
{
	return strcmp(type, "oci") == 0 || strcmp(type, "docker") == 0;
}

const char *
lint_text_carried_version(const char *type, const char *identifier)
{
	const char *at, *slash;

	if (type == NULL || identifier == NULL || *identifier == '\0')
		return NULL;
	if (strcmp(type, "pypi") == 0) {
		at = strstr(identifier, "==");
		return at == NULL ? NULL : at + 2;
	}
	if (strcmp(type, "npm") == 0 || strcmp(type, "nuget") == 0 ||
	    strcmp(type, "cargo") == 0) {
		/* The first one of @scope/name is part of the name. */
		at = strchr(identifier + 1, '@');
		return at == NULL ? NULL : at + 1;
	}
	if (!is_image(type))
		return NULL;
	/* A colon before the last slash is that of a port. */
	at = strchr(identifier, '@');
	if (at == NULL) {
		slash = strrchr(identifier, '/');
		at = strchr(slash == NULL ? identifier : slash, ':');
	}
	return at == NULL ? NULL : at + 1;
}

/* ---- URLs ---- */

struct url {
	const char *scheme;
	size_t scheme_len;
	const char *host; /* without user and port */
	size_t host_len;
	const char *port; /* after the colon; NULL when there is none */
	size_t port_len;
	const char *path;
	size_t path_len;
	const char *rest; /* from '?' or '#' on */
};

/* False when there is no scheme followed by a host. */
static bool
split(struct url *u, const char *url)
{
	const char *end = strstr(url, "://");
	size_t len, user;

	if (end == NULL)
		return false;
	*u = (struct url){ .scheme = url, .scheme_len = (size_t)(end - url) };
	u->host = end + 3;
	len = strcspn(u->host, "/?#");
	u->path = u->host + len;
	u->path_len = strcspn(u->path, "?#");
	u->rest = u->path + u->path_len;
	for (user = len; user > 0 && u->host[user - 1] != '@'; user--)
		;
	u->host += user;
	len -= user;
	u->host_len = *u->host == '[' ? strcspn(u->host, "]") + 1
				      : strcspn(u->host, ":/?#");
	if (u->host_len > len)
		u->host_len = len;
	if (u->host_len < len && u->host[u->host_len] == ':') {
		u->port = u->host + u->host_len + 1;
		u->port_len = len - u->host_len - 1;
	}
	return u->host_len > 0;
}

static bool
equals(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

bool
lint_text_is_http(const char *url)
{
	struct url u;

	return split(&u, url) && equals(u.scheme, u.scheme_len, "http");
}

bool
lint_text_is_local(const char *url)
{
	static const char *const names[] = { "localhost", "[::1]", "0.0.0.0",
		"host.docker.internal", NULL };
	struct url u;

	if (!split(&u, url))
		return false;
	for (size_t i = 0; names[i] != NULL; i++)
		if (equals(u.host, u.host_len, names[i]))
			return true;
	return (u.host_len >= 7 && strncmp(u.host, "127.", 4) == 0) ||
	       (u.host_len > 10 &&
		   equals(u.host + u.host_len - 10, 10, ".localhost"));
}

bool
lint_text_ends_in_slash(const char *url)
{
	struct url u;

	return split(&u, url) && u.path_len > 0 &&
	       u.path[u.path_len - 1] == '/';
}

static bool
has_upper(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (isupper((unsigned char)text[i]))
			return true;
	return false;
}

bool
lint_text_is_rewritten(const char *url)
{
	struct url u;
	bool tls;

	/* The case of a variable's name does not matter. */
	if (!split(&u, url) || memchr(u.host, '{', u.host_len) != NULL)
		return false;
	tls = equals(u.scheme, u.scheme_len, "https");
	return has_upper(u.scheme, u.scheme_len) ||
	       has_upper(u.host, u.host_len) || strchr(u.rest, '#') != NULL ||
	       (u.port != NULL &&
		   equals(u.port, u.port_len, tls ? "443" : "80"));
}

bool
lint_text_is_remote_http(const char *text)
{
	return lint_text_is_http(text) && !lint_text_is_local(text);
}

bool
lint_text_has_variable(const char *text)
{
	return strchr(text, '{') != NULL;
}

bool
lint_text_starts_with_variable(const char *text)
{
	return *text == '{';
}

bool
lint_text_has_query(const char *text)
{
	return strchr(text, '?') != NULL;
}
