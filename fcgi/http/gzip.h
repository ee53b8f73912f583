/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressing answers: the door to zlib, for responders.
 *
 * Web servers compress each answer again, and lighttpd and nginx do it in the
 * one process that serves all clients.  What is compressed here is kept
 * (fcgi/answer/memo.h), and web servers pass it on unchanged.
 */
#ifndef FCGI_HTTP_GZIP_H
#define FCGI_HTTP_GZIP_H

#include "lib/buf.h"

#include <stdbool.h>

struct gzip;

/* Takes its memory on first use. */
struct gzip *gzip_new(void);
/* NULL is allowed. */
void gzip_free(struct gzip *g);

/*
 * Writes ${plain} to ${out} as a gzip member (RFC 1952), which is the same for
 * the same bytes.  False: it did not get shorter, or cannot be done.
 */
bool gzip_compress(struct gzip *g, struct buf *out, const struct buf *plain);

/* Whether ${header}, the value of Accept-Encoding or NULL, takes gzip. */
bool gzip_is_accepted(const char *header);

#endif
