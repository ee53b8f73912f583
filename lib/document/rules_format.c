/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns as tables of parts, and functions for formats that are no such
 * pattern.  Each reads its text once from left to right.
 */
#include "lib/document/rules_format.h"

#include "lib/clock.h"

#include <stdint.h>
#include <string.h>

/* ---- classes of characters ---- */

enum {
	LOWER = 1, /* a-z */
	UPPER = 2, /* A-Z */
	DIGIT = 4,
	HYPHEN = 8,
	UNDERSCORE = 16,
	DOT = 32,
	HEX = 64, /* a-f; DIGIT | HEX is a lower-case hexadecimal digit */
	HEX_UPPER = 128, /* A-F */
	LETTER_X = 256, /* x */
	SLASH = 512
};

#define ALNUM (LOWER | UPPER | DIGIT)
#define LOWER_ALNUM (LOWER | DIGIT)
#define HEXDIGIT (DIGIT | HEX | HEX_UPPER)

static unsigned
class_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return c <= 'f'	  ? LOWER | HEX
		       : c == 'x' ? LOWER | LETTER_X
				  : LOWER;
	if (c >= 'A' && c <= 'Z')
		return c <= 'F' ? UPPER | HEX_UPPER : UPPER;
	if (c >= '0' && c <= '9')
		return DIGIT;
	switch (c) {
	case '-':
		return HYPHEN;
	case '_':
		return UNDERSCORE;
	case '.':
		return DOT;
	case '/':
		return SLASH;
	default:
		return 0;
	}
}

/* How many bytes at ${text} are of ${classes}. */
static size_t
span(const char *text, size_t len, unsigned classes)
{
	size_t n = 0;

	while (n < len && (class_of(text[n]) & classes) != 0)
		n++;
	return n;
}

/* ---- patterns ---- */

/* A part of a pattern: so many bytes of these classes. */
struct part {
	unsigned classes;
	size_t least;
	size_t most;
};

struct rules_pattern {
	unsigned edge; /* classes of the first and the last byte; 0: any */
	struct part parts[10]; /* up to one without classes */
};

#define ANY SIZE_MAX

/* No part starts with a byte that the part before it could have. */
static bool
fits(const struct rules_pattern *p, const char *text, size_t len)
{
	size_t at = 0, n;

	if (p->edge != 0 && len > 0 &&
	    ((class_of(text[0]) & p->edge) == 0 ||
		(class_of(text[len - 1]) & p->edge) == 0))
		return false;
	for (const struct part *part = p->parts; part->classes != 0; part++) {
		n = len - at < part->most ? len - at : part->most;
		n = span(text + at, n, part->classes);
		if (n < part->least)
			return false;
		at += n;
	}
	return at == len;
}

bool
rules_format_matches(const struct rules_format *f, const char *text, size_t len)
{
	return f->pattern == NULL ? f->matches(text, len)
				  : fits(f->pattern, text, len);
}

static const struct rules_pattern server_name = { 0,
	{ { ALNUM | DOT | HYPHEN, 1, ANY }, { SLASH, 1, 1 },
	    { ALNUM | DOT | HYPHEN | UNDERSCORE, 1, ANY } } };
static const struct rules_pattern entry_name = { LOWER_ALNUM,
	{ { LOWER_ALNUM | HYPHEN, 2, ANY } } };
static const struct rules_pattern tag = { LOWER_ALNUM,
	{ { LOWER_ALNUM | HYPHEN | UNDERSCORE, 2, ANY } } };
static const struct rules_pattern tool = { 0,
	{ { ALNUM | UNDERSCORE | HYPHEN, 1, ANY } } };
static const struct rules_pattern env_name = { 0,
	{ { LOWER | UPPER | UNDERSCORE, 1, 1 },
	    { ALNUM | UNDERSCORE, 0, ANY } } };
static const struct rules_pattern label = { LOWER_ALNUM,
	{ { LOWER_ALNUM | HYPHEN, 1, ANY } } };
static const struct rules_pattern registry_version = { 0,
	{ { DIGIT, 1, ANY }, { DOT, 1, 1 }, { DIGIT, 1, ANY }, { DOT, 1, 1 },
	    { DIGIT, 1, ANY } } };
static const struct rules_pattern icon_size = { 0,
	{ { DIGIT, 1, ANY }, { LETTER_X, 1, 1 }, { DIGIT, 1, ANY } } };
static const struct rules_pattern sha256 = { 0, { { DIGIT | HEX, 64, 64 } } };
static const struct rules_pattern uuid = { 0,
	{ { DIGIT | HEX, 8, 8 }, { HYPHEN, 1, 1 }, { DIGIT | HEX, 4, 4 },
	    { HYPHEN, 1, 1 }, { DIGIT | HEX, 4, 4 }, { HYPHEN, 1, 1 },
	    { DIGIT | HEX, 4, 4 }, { HYPHEN, 1, 1 },
	    { DIGIT | HEX, 12, 12 } } };
static const struct rules_pattern host_label = { ALNUM,
	{ { ALNUM | HYPHEN, 1, 63 } } };
static const struct rules_pattern host_suffix = { ALNUM,
	{ { ALNUM | DOT | HYPHEN, 1, ANY } } };

/* ---- words and dates ---- */

static bool
matches_not_latest(const char *text, size_t len)
{
	return len != 6 || memcmp(text, "latest", 6) != 0;
}

static bool
matches_icon_size(const char *text, size_t len)
{
	return (len == 3 && memcmp(text, "any", 3) == 0) ||
	       fits(&icon_size, text, len);
}

static bool
matches_date_time(const char *text, size_t len)
{
	struct err ignored = ERR_INIT;
	int64_t us;

	return clock_parse_lenient(&us, text, len, &ignored) == 0;
}

/* ---- hosts and paths ---- */

static bool
matches_hostname(const char *text, size_t len)
{
	size_t n;

	if (len == 0 || len > 255)
		return false;
	for (;;) {
		n = span(text, len, ALNUM | HYPHEN);
		if (!fits(&host_label, text, n))
			return false;
		if (n == len)
			return true;
		if (text[n] != '.')
			return false;
		text += n + 1;
		len -= n + 1;
	}
}

static bool
matches_allowed_host(const char *text, size_t len)
{
	if (len > 1 && *text == '.')
		return fits(&host_suffix, text + 1, len - 1);
	return matches_hostname(text, len);
}

static bool
matches_file_path(const char *text, size_t len)
{
	if (len < 2 || text[0] != '/')
		return false;
	for (size_t i = 1; i < len; i++) {
		if (text[i] == '/' && text[i - 1] == '/')
			return false;
	}
	return true;
}

static bool
matches_http_url(const char *text, size_t len)
{
	size_t skip;

	/* The scheme and the host may be what a variable stands for. */
	if (len > 0 && text[0] == '{')
		skip = 0;
	else if (len > 7 && memcmp(text, "http://", 7) == 0)
		skip = 7;
	else if (len > 8 && memcmp(text, "https://", 8) == 0)
		skip = 8;
	else
		return false;
	for (size_t i = skip; i < len; i++) {
		if (strchr(" \t\n\f\r", text[i]) != NULL)
			return false;
	}
	return true;
}

/* ---- URIs, as far as the reference's parser checks them ---- */

static bool
escapes_are_whole(const char *text, size_t len)
{
	const char *end = text + len;

	while ((text = memchr(text, '%', (size_t)(end - text))) != NULL) {
		if (end - text < 3 || span(text + 1, 2, HEXDIGIT) != 2)
			return false;
		text += 3;
	}
	return true;
}

/* Whether every byte is alphanumeric, not ASCII, or in ${others}. */
static bool
has_only(const char *text, size_t len, const char *others)
{
	for (size_t i = 0; i < len; i++) {
		if ((class_of(text[i]) & ALNUM) == 0 &&
		    (unsigned char)text[i] < 0x80 &&
		    strchr(others, text[i]) == NULL)
			return false;
	}
	return true;
}

/* The part after the last colon, if there is one, is a number or empty. */
static bool
port_is_number(const char *text, size_t len)
{
	size_t at = len;

	while (at > 0 && text[at - 1] != ':' && text[at - 1] != ']')
		at--;
	if (at == 0 || text[at - 1] == ']')
		return at == 0 || at == len;
	return span(text + at, len - at, DIGIT) == len - at;
}

/* In a host an escape may only stand for a byte that is not ASCII. */
static bool
host_escapes_are_right(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '%' && text[i + 1] <= '7' &&
		    memcmp(text + i, "%25", 3) != 0)
			return false;
	}
	return true;
}

static bool
authority_is_right(const char *text, size_t len)
{
	const char *host = text;
	size_t host_len;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '@')
			host = text + i + 1;
	}
	host_len = len - (size_t)(host - text);
	if (host != text &&
	    (!has_only(text, (size_t)(host - text), "-._:~!$&'()*+,;=%@") ||
		!escapes_are_whole(text, (size_t)(host - text))))
		return false;
	if (host_len > 0 && *host == '[' && memchr(host, ']', host_len) == NULL)
		return false;
	return escapes_are_whole(host, host_len) &&
	       host_escapes_are_right(host, host_len) &&
	       has_only(host, host_len, "-_.~!$&'()*+,;=:[]<>\"%") &&
	       port_is_number(host, host_len);
}

/* What follows the scheme and its colon, without query and fragment. */
static bool
hierarchy_is_right(const char *text, size_t len)
{
	const char *path = text;
	size_t authority_len;

	if (len == 0 || text[0] != '/')
		return true;
	if (len >= 2 && text[1] == '/') {
		text += 2;
		len -= 2;
		path = memchr(text, '/', len);
		authority_len = path == NULL ? len : (size_t)(path - text);
		if (!authority_is_right(text, authority_len))
			return false;
		path = text + authority_len;
		len -= authority_len;
	}
	return escapes_are_whole(path, len);
}

static bool
matches_uri(const char *text, size_t len)
{
	size_t scheme = 0, rest;
	const char *fragment, *query;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f || c == '\\')
			return false;
	}
	if (len == 0 || (class_of(text[0]) & (LOWER | UPPER)) == 0)
		return false;
	while (scheme < len &&
	       ((class_of(text[scheme]) & (ALNUM | HYPHEN | DOT)) != 0 ||
		   text[scheme] == '+'))
		scheme++;
	if (scheme == len || text[scheme] != ':')
		return false;
	text += scheme + 1;
	rest = len - scheme - 1;
	fragment = memchr(text, '#', rest);
	if (fragment != NULL) {
		if (!escapes_are_whole(
			fragment, rest - (size_t)(fragment - text)))
			return false;
		rest = (size_t)(fragment - text);
	}
	query = memchr(text, '?', rest);
	if (query != NULL)
		rest = (size_t)(query - text);
	return hierarchy_is_right(text, rest);
}

/* ---- the list ---- */

static bool
matches_visible(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return true;
}

const struct rules_format rules_format_allowed_host = {
	"must be a host name or match ^\\.[a-zA-Z0-9]([a-zA-Z0-9.-]*"
	"[a-zA-Z0-9])?$",
	NULL, matches_allowed_host
};
const struct rules_format rules_format_date_time = {
	"must be a date-time (RFC 3339), a date, or a time", NULL,
	matches_date_time
};
const struct rules_format rules_format_entry_name = {
	"must match ^[a-z0-9][a-z0-9-]*[a-z0-9]$", &entry_name, NULL
};
const struct rules_format rules_format_env_name = {
	"must match ^[A-Za-z_][A-Za-z0-9_]*$", &env_name, NULL
};
const struct rules_format rules_format_file_path = {
	"must match ^(/[^/\\0]+)+/?$", NULL, matches_file_path
};
const struct rules_format rules_format_hostname = { "must be a host name", NULL,
	matches_hostname };
const struct rules_format rules_format_visible = {
	"must not hold control characters", NULL, matches_visible
};
const struct rules_format rules_format_http_url = {
	"must match ^(https?://|\\{)[^\\s]+$", NULL, matches_http_url
};
const struct rules_format rules_format_icon_size = {
	"must match ^(\\d+x\\d+|any)$", NULL, matches_icon_size
};
const struct rules_format rules_format_label = {
	"must match ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", &label, NULL
};
const struct rules_format rules_format_not_latest = { "must not be \"latest\"",
	NULL, matches_not_latest };
const struct rules_format rules_format_registry_version = {
	"must match ^\\d+\\.\\d+\\.\\d+$", &registry_version, NULL
};
const struct rules_format rules_format_server_name = {
	"must match ^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$", &server_name, NULL
};
const struct rules_format rules_format_sha256 = { "must match ^[a-f0-9]{64}$",
	&sha256, NULL };
const struct rules_format rules_format_tag = {
	"must match ^[a-z0-9][a-z0-9_-]*[a-z0-9]$", &tag, NULL
};
const struct rules_format rules_format_tool = { "must match ^[\\w-]+$", &tool,
	NULL };
const struct rules_format rules_format_uri = {
	"must be a URI with a scheme, such as https://example.com/", NULL,
	matches_uri
};
const struct rules_format rules_format_uuid = { "must be a UUID in lower case",
	&uuid, NULL };
