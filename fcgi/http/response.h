/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A response.  It is complete before its first byte is sent: after a late
 * failure the client gets an error instead of half a body.  The buffers are
 * reused for the next request.
 */
#ifndef FCGI_HTTP_RESPONSE_H
#define FCGI_HTTP_RESPONSE_H

#include "fcgi/http/etag.h"
#include "lib/buf.h"

#include <stdbool.h>

struct response {
	int status;
	bool cacheable; /* a 200 or 304 that caches may keep */
	const char *type; /* of the body, a literal; JSON after a reset */
	char etag[ETAG_SIZE]; /* of the plain body; "" for none */
	bool gzip; /* the body is compressed; on 304 that of the client */
	unsigned allow; /* methods for Allow; 0 for no such line */
	const char *line; /* more header lines, each with CR LF, or NULL */
	bool for_pages; /* scripts of any site may read it; the default */
	/* Counted and logged, not sent. */
	unsigned endpoint; /* fcgi/observe/endpoint.h */
	const char *registry; /* borrowed; NULL for none */
	size_t path_len; /* of the URI before its query; 0: unknown */
	bool omit_body; /* HEAD: the length is sent, the body is not */
	struct buf body;
	struct buf head; /* filled by response_finish() */
};

void response_init(struct response *r);
void response_free(struct response *r);

/* Empties ${r} for the next request: status 200, no body. */
void response_reset(struct response *r);

/* Makes ${r} an error: ${status}, and {"error":${text}} as its body. */
void response_error(struct response *r, int status, const char *text);

/* Writes the header lines to r->head in the form of CGI (RFC 3875 6). */
void response_finish(struct response *r);
/* Then adds one more header line; ${line} ends with CR LF CR LF. */
void response_add_last(struct response *r, const char *line, size_t len);

#endif
