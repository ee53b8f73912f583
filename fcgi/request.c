/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a request apart. */
#include "fcgi/request.h"

#include <string.h>
#include <utf8proc.h>

static const char *const parameter_names[REQUEST_PARAMETERS] = {
	[REQUEST_LIMIT] = "limit",
	[REQUEST_CURSOR] = "cursor",
	[REQUEST_SEARCH] = "search",
	[REQUEST_UPDATED_SINCE] = "updated_since",
	[REQUEST_VERSION] = "version",
	[REQUEST_INCLUDE_DELETED] = "include_deleted",
	[REQUEST_STATUS] = "status",
	[REQUEST_SECONDS] = "seconds",
	[REQUEST_TAG] = "tag",
	[REQUEST_REGISTRY_TYPE] = "registry_type",
	[REQUEST_TRANSPORT] = "transport",
};

enum request_method
request_method_any(const char *name)
{
	static const char *const names[] = { "GET", "HEAD", "OPTIONS", "POST",
		"PUT", "DELETE" };

	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
		if (name != NULL && strcmp(name, names[i]) == 0)
			return (enum request_method)(1u << i);
	return REQUEST_OTHER;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Decodes the ${len} bytes at ${from} into ${to}, which has room for one more,
 * and ends them with a NUL.  Returns their count, or -1 for a malformed escape
 * or one that makes a NUL.
 */
static int
decode(char *to, const char *from, size_t len, bool plus_is_space)
{
	const char *end = from + len;
	char *first = to;

	while (from < end) {
		char c = *from++;

		if (c == '%') {
			int high = end - from < 2 ? -1 : hex_value(from[0]);
			int low = high == -1 ? -1 : hex_value(from[1]);

			if (low == -1 || (high | low) == 0)
				return -1;
			c = (char)(high << 4 | low);
			from += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		*to++ = c;
	}
	*to = '\0';
	return (int)(to - first);
}

static bool
is_utf8(const char *text, int len)
{
	while (len > 0) {
		utf8proc_int32_t ignored;
		utf8proc_ssize_t used;

		used = utf8proc_iterate(
		    (const utf8proc_uint8_t *)text, len, &ignored);
		if (used <= 0)
			return false;
		text += used;
		len -= (int)used;
	}
	return true;
}

/* Keeps one segment of the path; returns where the next text may go. */
static char *
add_segment(struct request *r, char *to, const char *from, size_t len)
{
	int decoded = decode(to, from, len, false);
	bool bad = decoded == -1 || !is_utf8(to, decoded);

	r->bad_segment |= bad;
	if (r->segment_count < LIMIT_PATH_SEGMENTS) {
		struct request_segment *s = &r->segments[r->segment_count];

		s->text = bad ? "" : to;
		s->bad = bad;
	}
	if (r->segment_count <= LIMIT_PATH_SEGMENTS)
		r->segment_count++;
	return bad ? to : to + decoded + 1;
}

/* ${path} begins with a slash. */
static char *
parse_path(struct request *r, char *to, const char *path, size_t len)
{
	const char *end = path + len;

	while (path < end) {
		const char *next;

		path++;
		next = memchr(path, '/', (size_t)(end - path));
		if (next == NULL)
			next = end;
		to = add_segment(r, to, path, (size_t)(next - path));
		path = next;
	}
	return to;
}

/* Which parameter has the name; REQUEST_PARAMETERS: none of ours. */
static int
parameter_of(const char *name)
{
	int which = 0;

	while (which < REQUEST_PARAMETERS &&
	       strcmp(name, parameter_names[which]) != 0)
		which++;
	return which;
}

/*
 * Keeps the value of a pair whose name is known.  ${seen} has a bit for each
 * parameter that occurred: the first occurrence decides, even an empty one,
 * but for those that may be repeated.
 */
static char *
add_pair(
    struct request *r, unsigned *seen, char *to, const char *pair, size_t len)
{
	const char *equals = memchr(pair, '=', len);
	size_t name_len = equals == NULL ? len : (size_t)(equals - pair);
	size_t value_len = equals == NULL ? 0 : len - name_len - 1;
	int which, decoded;

	if (memchr(pair, ';', len) != NULL ||
	    decode(to, pair, name_len, true) == -1)
		return to;
	which = parameter_of(to);
	if (which == REQUEST_PARAMETERS || (*seen & 1u << which) != 0)
		return to;
	decoded = decode(to, pair + len - value_len, value_len, true);
	if (decoded == -1)
		return to;
	if (which < REQUEST_FACETS)
		*seen |= 1u << which;
	if (decoded == 0)
		return to;
	if (which < REQUEST_FACETS)
		r->query[which] = to;
	else if (!facets_add(&r->facets[which - REQUEST_FACETS], to))
		r->too_many_facets = true;
	return to + decoded + 1;
}

static void
parse_query(struct request *r, char *to, const char *query)
{
	unsigned seen = 0;

	while (*query != '\0') {
		size_t len = strcspn(query, "&");

		to = add_pair(r, &seen, to, query, len);
		query += len + (query[len] == '&');
	}
}

int
request_parse(struct request *r, const struct request_input *in, struct err *e)
{
	const char *uri = in->uri == NULL ? "" : in->uri;
	char *to;

	r->method = request_method_of(in->method);
	r->if_none_match = in->if_none_match;
	r->accept = in->accept;
	r->in = in;
	r->path_len = 0;
	r->segment_count = 0;
	r->bad_segment = false;
	for (int i = 0; i < REQUEST_FACETS; i++)
		r->query[i] = NULL;
	for (int i = 0; i < FACETS; i++)
		r->facets[i].count = 0;
	r->too_many_facets = false;
	/* Decoded pieces with their NULs are never longer than the URI. */
	if (strnlen(uri, LIMIT_REQUEST_URI + 1) > LIMIT_REQUEST_URI) {
		err_set(e, ERR_LIMIT, "the request URI is too long");
		return -1;
	}
	if (uri[0] != '/') {
		err_set(e, ERR_NOT_FOUND, "not found");
		return -1;
	}
	r->path_len = strcspn(uri, "?");
	to = parse_path(r, r->text, uri, r->path_len);
	if (uri[r->path_len] == '?')
		parse_query(r, to, uri + r->path_len + 1);
	return 0;
}

int
request_next_value(char *value, bool *found, const char **rest,
    const char *name, struct err *e)
{
	const char *at = *rest;

	*found = false;
	if (*at == '/')
		at += strcspn(at, "?");
	while (!*found && *at != '\0') {
		size_t len = strcspn(++at, "&");
		const char *equals = memchr(at, '=', len);
		size_t name_len = equals == NULL ? len : (size_t)(equals - at);
		int decoded = decode(value, at, name_len, true);

		*found = decoded != -1 && strcmp(value, name) == 0;
		decoded = 0;
		*value = '\0';
		if (*found && equals != NULL)
			decoded =
			    decode(value, equals + 1, len - name_len - 1, true);
		if (decoded == -1 || !is_utf8(value, decoded)) {
			err_set(e, ERR_INPUT, "%s: invalid URL encoding", name);
			return -1;
		}
		at += len;
	}
	*rest = at;
	return 0;
}

size_t
request_log_query(char *out, size_t size, const char *uri)
{
	char name[64];
	size_t done = 0;

	uri += strcspn(uri, "?");
	while (*uri != '\0') {
		size_t len = strcspn(++uri, "&");
		const char *equals = memchr(uri, '=', len);
		size_t name_len = equals == NULL ? len : (size_t)(equals - uri);
		size_t kept = len;

		if (name_len >= sizeof name ||
		    decode(name, uri, name_len, true) == -1 ||
		    parameter_of(name) == REQUEST_PARAMETERS)
			kept = equals == NULL ? 0 : name_len + 1;
		if (kept + 1 > size - done)
			break;
		if (done > 0)
			out[done++] = '&';
		memcpy(out + done, uri, kept);
		done += kept;
		uri += len;
	}
	return done;
}

/* White_Space of Unicode: separators, and some control characters. */
static bool
is_space(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	return category == UTF8PROC_CATEGORY_ZS ||
	       category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP || (c >= '\t' && c <= '\r') ||
	       c == 0x85;
}

bool
request_is_blank(const char *text)
{
	while (*text != '\0') {
		utf8proc_int32_t c;
		utf8proc_ssize_t used;

		used = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
		if (used <= 0 || !is_space(c))
			return false;
		text += used;
	}
	return true;
}
