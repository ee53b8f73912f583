/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing requests. */
#include "fcgi/http/request.h"

#include <string.h>
#include <utf8proc.h>

const char *const request_methods[REQUEST_METHODS] = { "GET", "HEAD", "OPTIONS",
	"POST", "PUT", "DELETE", "PATCH", "_OTHER" };

const char *
request_method_name(enum request_method method)
{
	unsigned i = 0;

	while (i < REQUEST_METHODS - 1 && method != 1u << i)
		i++;
	return request_methods[i];
}

enum request_method
request_method_any(const char *name)
{
	for (unsigned i = 0; i < REQUEST_METHODS - 1; i++)
		if (name != NULL && strcmp(name, request_methods[i]) == 0)
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

/* What decode() returns instead of a count. */
#define MALFORMED (-1)
#define HAS_NUL (-2) /* well-formed, but an escape makes a NUL */

/*
 * Decodes the ${len} bytes at ${from} into ${to}, which has room for one more,
 * and ends them with a NUL.  Returns their count, MALFORMED or HAS_NUL.
 */
static int
decode(char *to, const char *from, size_t len, bool plus_is_space)
{
	const char *end = from + len;
	char *first = to;
	bool has_nul = false;

	while (from < end) {
		char c = *from++;

		if (c == '%') {
			int high = end - from < 2 ? -1 : hex_value(from[0]);
			int low = high == -1 ? -1 : hex_value(from[1]);

			if (low == -1)
				return MALFORMED;
			has_nul |= (high | low) == 0;
			c = (char)(high << 4 | low);
			from += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		*to++ = c;
	}
	*to = '\0';
	return has_nul ? HAS_NUL : (int)(to - first);
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
	bool bad = decoded < 0 || !is_utf8(to, decoded);

	if (r->segment_count < LIMIT_PATH_SEGMENTS) {
		struct request_segment *s = &r->segments[r->segment_count];

		s->text = to;
		s->bad = bad;
	}
	if (r->segment_count <= LIMIT_PATH_SEGMENTS)
		r->segment_count++;
	if (bad) {
		*to = '\0';
		return to + 1;
	}
	return to + decoded + 1;
}

/* ${path} starts with a slash. */
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
		if (next == path)
			r->extra_slashes = true;
		else
			to = add_segment(r, to, path, (size_t)(next - path));
		path = next;
	}
	return to;
}

/*
 * Finds the next name in a pair.  Some clients separate parameters with
 * semicolons, so a name may follow each.  An invalid name is "".
 */
static bool
next_name(char *name, const char **at, const char *end)
{
	const char *to = *at;

	if (to > end)
		return false;
	while (to < end && *to != ';' && *to != '=')
		to++;
	if (decode(name, *at, (size_t)(to - *at), true) < 0)
		*name = '\0';
	while (to < end && *to != ';')
		to++;
	*at = to + 1;
	return true;
}

/* The bits of the parameters that a pair names. */
static unsigned
parameters_in(char *scratch, const char *pair, size_t len)
{
	const char *end = pair + len;
	unsigned named = 0;

	while (next_name(scratch, &pair, end)) {
		int which = parameter_named(scratch);

		if (which != PARAMETERS)
			named |= 1u << which;
	}
	return named;
}

/* Adds a decoded value of a parameter. */
static void
add_value(struct request *r, int which, const char *value)
{
	const size_t most = parameters[which].most;

	if (which < PARAMETER_SINGLES)
		r->values.text[which] = value;
	else if (!value_set_add(
		     &r->values.sets[which - PARAMETER_SINGLES], value, most))
		r->too_many |= 1u << which;
}

/* Keeps the value of a pair; returns where the next text may go. */
static char *
add_pair(struct request *r, char *to, const char *pair, size_t len)
{
	const char *equals = memchr(pair, '=', len);
	size_t name_len = equals == NULL ? len : (size_t)(equals - pair);
	size_t value_len = equals == NULL ? 0 : len - name_len - 1;
	int which, decoded;
	unsigned bit;

	if (memchr(pair, ';', len) != NULL) {
		/* Ignoring the pair could ignore a filter. */
		r->malformed |= parameters_in(to, pair, len);
		return to;
	}
	if (decode(to, pair, name_len, true) < 0)
		return to;
	which = parameter_named(to);
	if (which == PARAMETERS)
		return to;
	bit = 1u << which;
	decoded = decode(to, pair + len - value_len, value_len, true);
	if (decoded == MALFORMED ||
	    (decoded == HAS_NUL && !parameters[which].filter)) {
		r->malformed |= bit;
		return to;
	}
	if (which < PARAMETER_SINGLES && (r->given & bit) != 0)
		return to;
	r->given |= bit;
	if (decoded == HAS_NUL) {
		r->impossible |= bit;
		if (which < PARAMETER_SINGLES) {
			*to = '\0';
			add_value(r, which, to++);
		}
		return to;
	}
	if (decoded == 0) {
		r->empty |= bit;
		return to;
	}
	add_value(r, which, to);
	return to + decoded + 1;
}

static void
parse_query(struct request *r, char *to, const char *query)
{
	while (*query != '\0') {
		size_t len = strcspn(query, "&");

		to = add_pair(r, to, query, len);
		query += len + (query[len] == '&');
	}
}

/*
 * Whether the path, which is too long, is that of one entry.  Then the answer
 * is 404, as no name is that long: some clients treat every other status as an
 * outage.
 */
static bool
is_look_up(const char *uri)
{
	static const char *const lists[] = { "/servers/", "/skills/",
		"/plugins/", "/v1/registry/" };
	const char *most = uri + LIMIT_REQUEST_URI;

	if (memchr(uri, '?', LIMIT_REQUEST_URI) != NULL)
		return false;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		const char *list = strstr(uri, lists[i]);

		if (list != NULL && list < most)
			return true;
	}
	return false;
}

int
request_parse(struct request *r, const struct request_input *in, struct err *e)
{
	const char *uri = in->uri == NULL ? "" : in->uri;
	char *to;

	r->method = request_method_of(in->method);
	r->in = in;
	r->path_len = 0;
	r->segment_count = 0;
	r->extra_slashes = false;
	parameter_clear(&r->values);
	r->given = r->empty = r->malformed = r->impossible = r->too_many = 0;
	/* Decoded pieces with their NULs are never longer than the URI. */
	if (strnlen(uri, LIMIT_REQUEST_URI + 1) > LIMIT_REQUEST_URI) {
		if (is_look_up(uri))
			err_set(e, ERR_NOT_FOUND, "not found");
		else
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

bool
request_decode_again(char *text)
{
	int decoded = decode(text, text, strlen(text), false);

	return decoded >= 0 && is_utf8(text, decoded);
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
		    decode(name, uri, name_len, true) < 0 ||
		    parameter_named(name) == PARAMETERS)
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
