/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parsed request.
 *
 * Only the raw REQUEST_URI is used: web servers decode PATH_INFO, after which a
 * slash in a name looks like one between segments.  The URI is split at '?' and
 * at '/', and each piece is decoded exactly once.  No memory is allocated: the
 * decoded texts are in the struct.
 */
#ifndef FCGI_HTTP_REQUEST_H
#define FCGI_HTTP_REQUEST_H

#include "fcgi/http/parameter.h"
#include "lib/err.h"
#include "lib/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Variables of the web server; NULL is "absent".  All are borrowed. */
struct request_input {
	const char *method;
	const char *uri;
	const char *if_none_match;
	const char *accept;
	const char *accept_encoding;
	const char *remote_address;
	const char *authorization;
	const char *origin;
	const char *fetch_site; /* Sec-Fetch-Site */
	/* Set by proxies: the client of the proxy. */
	const char *forwarded;
	const char *forwarded_for;
	const char *forwarded_proto;
	const char *real_ip;
	/* For logs and counters (fcgi/observe/observer.h). */
	const char *request_id; /* X-Request-Id */
	const char *traceparent;
	const char *scheme;
	/* If either is present, there is a body (RFC 9112 6). */
	const char *content_length;
	const char *transfer_encoding;
	bool https; /* the web server received it over TLS */
	/*
	 * Reads up to ${size} bytes of the body; 0 at its end, -1 if it cannot
	 * be read.  NULL: there is none.
	 */
	ssize_t (*read)(void *stream, char *to, size_t size);
	void *stream;
};

enum request_method {
	REQUEST_GET = 1 << 0,
	REQUEST_HEAD = 1 << 1,
	REQUEST_OPTIONS = 1 << 2,
	REQUEST_POST = 1 << 3,
	REQUEST_PUT = 1 << 4,
	REQUEST_DELETE = 1 << 5,
	REQUEST_PATCH = 1 << 6,
	REQUEST_OTHER = 1 << 7
};

struct request_segment {
	char *text; /* decoded; "" if bad */
	bool bad; /* not percent-encoded UTF-8, or with a NUL */
};

struct request {
	enum request_method method;
	const struct request_input *in;
	size_t path_len; /* of its URI before the query */
	/* Above LIMIT_PATH_SEGMENTS: the path had more than were kept. */
	size_t segment_count;
	struct request_segment segments[LIMIT_PATH_SEGMENTS];
	bool extra_slashes; /* double or trailing ones, which are ignored */
	struct parameter_values values;
	/* Bits of enum parameter. */
	unsigned given; /* an empty value included */
	unsigned empty; /* with an empty value */
	unsigned malformed; /* bad percent-encoding, or a semicolon */
	unsigned impossible; /* a filter with a NUL, which no entry matches */
	unsigned too_many; /* more values than the parameter may have */
	char text[LIMIT_REQUEST_URI + 2];
};

#define REQUEST_METHODS 8 /* how many there are */
/* Their names, by the number of the bit; the last is "_OTHER". */
extern const char *const request_methods[REQUEST_METHODS];
/* The name of a single method; "_OTHER" for any other number. */
const char *request_method_name(enum request_method method);

/* The bit of a method by its name; upper and lower case differ. */
enum request_method request_method_any(const char *name);

static inline enum request_method
request_method_of(const char *name)
{
	/* Nearly all are GET.  Byte by byte: the name may be shorter. */
	if (name != NULL && name[0] == 'G' && name[1] == 'E' &&
	    name[2] == 'T' && name[3] == '\0')
		return REQUEST_GET;
	return request_method_any(name);
}

/*
 * Parses ${in}.  Empty segments of the path are ignored: clients and proxies
 * double slashes and append them.  ERR_LIMIT: the URI is too long.
 * ERR_NOT_FOUND: the URI does not start with a slash, or is too long because of
 * the name of an entry.  Invalid encoding is not an error here: the status
 * depends on the part that has it.
 */
int request_parse(
    struct request *r, const struct request_input *in, struct err *e);

/*
 * Decodes ${text}, which was decoded once, a second time, in place.  False: it
 * is not percent-encoded UTF-8; ${text} is then undefined.
 */
bool request_decode_again(char *text);

/*
 * Writes the query of ${uri} to ${out} as far as it fits.  The values of
 * unknown parameters are left out: they may be secrets.
 */
size_t request_log_query(char *out, size_t size, const char *uri);

#endif
