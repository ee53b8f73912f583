/* SPDX-License-Identifier: Apache-2.0 */
/* gzip by zlib. */
#include "fcgi/http/gzip.h"

#include "lib/xalloc.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define WINDOW_BITS 15
#define GZIP_HEADER 16 /* added to the window bits */
#define MEMORY_LEVEL 8 /* zlib's own choice: 256 KiB in all */

struct gzip {
	z_stream stream;
	bool started;
};

struct gzip *
gzip_new(void)
{
	return xcalloc(1, sizeof(struct gzip));
}

void
gzip_free(struct gzip *g)
{
	if (g == NULL)
		return;
	if (g->started)
		deflateEnd(&g->stream);
	free(g);
}

static bool
start(struct gzip *g)
{
	if (g->started)
		return deflateReset(&g->stream) == Z_OK;
	g->started = deflateInit2(&g->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
			 WINDOW_BITS + GZIP_HEADER, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) == Z_OK;
	return g->started;
}

bool
gzip_compress(struct gzip *g, struct buf *out, const struct buf *plain)
{
	z_stream *z = &g->stream;

	buf_reset(out);
	/* No room for more: a body that does not shrink is sent plain. */
	buf_reserve(out, plain->len);
	if (out->bad || plain->len == 0 || plain->len > UINT_MAX || !start(g))
		return false;
	z->next_in = (unsigned char *)plain->data;
	z->avail_in = (unsigned)plain->len;
	z->next_out = (unsigned char *)out->data;
	z->avail_out = (unsigned)plain->len;
	if (deflate(z, Z_FINISH) != Z_STREAM_END)
		return false;
	out->len = z->total_out;
	out->data[out->len] = '\0';
	return true;
}

/* ---- Accept-Encoding (RFC 9110 12.5.3) ---- */

/* Whether the parameters of a coding have the weight zero. */
static bool
is_refused(const char *parameters, size_t len)
{
	const char *end = parameters + len;
	const char *at = memchr(parameters, ';', len);

	if (at == NULL)
		return false;
	for (at++; at < end && (*at == ' ' || *at == '\t'); at++)
		;
	if (end - at < 3 || tolower((unsigned char)at[0]) != 'q' ||
	    at[1] != '=' || at[2] != '0')
		return false;
	for (at += 3; at < end && (*at == '.' || *at == '0'); at++)
		;
	return at == end || *at == ' ' || *at == '\t';
}

bool
gzip_is_accepted(const char *header)
{
	bool any = false;

	while (header != NULL && *header != '\0') {
		size_t len, name_len;

		header += strspn(header, " \t,");
		len = strcspn(header, ",");
		name_len = strcspn(header, " \t,;");
		if (name_len == 4 && strncasecmp(header, "gzip", 4) == 0)
			return !is_refused(header + name_len, len - name_len);
		if (name_len == 1 && *header == '*')
			any = !is_refused(header + name_len, len - name_len);
		header += len;
	}
	return any;
}
