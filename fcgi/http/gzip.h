/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressing responses: the only file of responders that uses zlib.
 *
 * A web server would compress each response again, and lighttpd and nginx do
 * that in the one process that serves all clients.  A response that is
 * compressed here is kept (fcgi/answer/memo.h), and the web server passes it on
 * unchanged.
 */
#ifndef FCGI_HTTP_GZIP_H
#define FCGI_HTTP_GZIP_H

#include "lib/buf.h"

#include <stdbool.h>

struct gzip;

/* The 256 KiB of zlib are allocated on first use. */
struct gzip *gzip_new(void);
/* NULL is allowed. */
void gzip_free(struct gzip *g);

/*
 * Writes ${plain} to ${out} as a gzip member (RFC 1952); equal bytes give equal
 * members.  False: the member would not be shorter, or zlib failed.
 */
bool gzip_compress(struct gzip *g, struct buf *out, const struct buf *plain);

/* Whether ${header}, the value of Accept-Encoding or NULL, accepts gzip. */
bool gzip_is_accepted(const char *header);

#endif
