/* SPDX-License-Identifier: Apache-2.0 */
/* gzip by zlib. */
#include "sync/fetch/http/gunzip.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <zlib.h>

#include <stdlib.h>
#include <string.h>

#define PIECE (64 * KIB)
#define GZIP_ONLY 16 /* added to the window bits */

/* Running out of memory ends the process, so zlib never fails for it. */
static void *
allocate(void *ctx, unsigned count, unsigned size)
{
	(void)ctx;
	return xreallocarray(NULL, count, size);
}

static void
release(void *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

bool
gunzip_applies(const void *data, size_t len)
{
	return len >= 2 && memcmp(data, "\x1f\x8b", 2) == 0;
}

/* Inflates into ${piece} once; its length, or -1.  Sets ${ended}. */
static ssize_t
inflate_piece(z_stream *z, void *piece, bool *ended, struct err *e)
{
	int code;

	z->next_out = piece;
	z->avail_out = PIECE;
	code = inflate(z, Z_NO_FLUSH);
	*ended = code == Z_STREAM_END;
	if (code == Z_STREAM_END && z->avail_in > 0)
		code = inflateReset(z); /* another member has to follow */
	if (code == Z_BUF_ERROR || (code == Z_OK && z->avail_in == 0 &&
				       !*ended && z->avail_out != 0)) {
		err_set(e, ERR_INPUT, "gzip data is cut off");
		return -1;
	}
	if (code != Z_OK && code != Z_STREAM_END) {
		err_set(e, ERR_INPUT, "gzip data is damaged: %s",
		    z->msg != NULL ? z->msg : zError(code));
		return -1;
	}
	return (ssize_t)(PIECE - z->avail_out);
}

int
gunzip_run(const void *data, size_t len, uint64_t max,
    int (*write)(void *ctx, const void *data, size_t len, struct err *e),
    void *ctx, struct err *e)
{
	z_stream z = { .zalloc = allocate, .zfree = release };
	void *piece = xmalloc(PIECE);
	bool open = false, ended = false;
	uint64_t total = 0;
	ssize_t n;
	int rc = -1;

	if (len > UINT32_MAX ||
	    inflateInit2(&z, MAX_WBITS + GZIP_ONLY) != Z_OK) {
		err_set(e, ERR_INTERNAL, "failed to decompress %zu bytes", len);
		goto out;
	}
	open = true;
	/* zlib does not change its input; old versions lack the const. */
	z.next_in = (void *)(uintptr_t)data;
	z.avail_in = (unsigned)len;
	while (!ended || z.avail_in > 0) {
		n = inflate_piece(&z, piece, &ended, e);
		if (n == -1)
			goto out;
		total += (uint64_t)n;
		if (total > max) {
			err_set(e, ERR_LIMIT,
			    "inflates to more than %llu bytes",
			    (unsigned long long)max);
			goto out;
		}
		if (n > 0 && write(ctx, piece, (size_t)n, e) == -1)
			goto out;
	}
	rc = 0;
out:
	if (open)
		inflateEnd(&z);
	free(piece);
	return rc;
}
