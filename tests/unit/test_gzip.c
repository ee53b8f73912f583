/* SPDX-License-Identifier: Apache-2.0 */
/* fcgi/http/gzip: Accept-Encoding, and the compressed bytes. */
#include "fcgi/http/gzip.h"

#include "lib/err.h"
#include "lib/limits.h"
#include "sync/fetch/http/gunzip.h"
#include "tests/t.h"

#include <stdlib.h>

static const struct {
	int line;
	const char *header;
	bool accepted;
} headers[] = {
	{ __LINE__, NULL, false },
	{ __LINE__, "", false },
	{ __LINE__, "gzip", true },
	{ __LINE__, "GZip", true },
	{ __LINE__, "gzip, deflate, br, zstd", true },
	{ __LINE__, "br, gzip", true },
	{ __LINE__, "br,gzip", true },
	{ __LINE__, " ,\t, gzip", true },
	{ __LINE__, "gzip;q=1", true },
	{ __LINE__, "gzip;q=1.000", true },
	{ __LINE__, "gzip;q=0.8", true },
	{ __LINE__, "gzip ; q=0.001", true },
	{ __LINE__, "gzip;q=0", false },
	{ __LINE__, "gzip;q=0.000", false },
	{ __LINE__, "gzip; Q=0.0 ", false },
	{ __LINE__, "gzip ;q=0 , br", false },
	{ __LINE__, "gzip;q=", true },
	{ __LINE__, "gzip;", true },
	{ __LINE__, "*", true },
	{ __LINE__, "*;q=0", false },
	{ __LINE__, "br, *;q=0.1", true },
	{ __LINE__, "gzip;q=0, *", false },
	{ __LINE__, "*, gzip;q=0", false },
	{ __LINE__, "*;q=0, gzip", true },
	{ __LINE__, "identity", false },
	{ __LINE__, "x-gzip", false },
	{ __LINE__, "gzipped", false },
	{ __LINE__, "gzi", false },
	{ __LINE__, "br;gzip", false },
	{ __LINE__, ",,,;;;", false },
};

static void
test_accepted(void)
{
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		T_AT(headers[i].line);
		CHECK_INT(
		    gzip_is_accepted(headers[i].header), headers[i].accepted);
	}
	T_AT(0);
}

static int
keep(void *ctx, const void *data, size_t len, struct err *e)
{
	(void)e;
	buf_add(ctx, data, len);
	return 0;
}

/* Whether ${packed} is ${plain} again when it is taken apart. */
static bool
is_same(const struct buf *packed, const struct buf *plain)
{
	struct buf out = BUF_INIT(16 * MIB);
	struct err e = ERR_INIT;
	bool same = gunzip_run(packed->data, packed->len, 16 * MIB, keep, &out,
			&e) == 0 &&
		    out.len == plain->len &&
		    memcmp(out.data, plain->data, out.len) == 0;

	buf_free(&out);
	return same;
}

static void
test_there_and_back(void)
{
	struct buf plain = BUF_INIT(MIB), packed = BUF_INIT(MIB);
	struct buf again = BUF_INIT(MIB);
	struct gzip *g = gzip_new();

	for (int i = 0; i < 5000; i++)
		buf_addf(&plain, "{\"number\":%d},", i * i);
	CHECK(gzip_compress(g, &packed, &plain));
	CHECK(packed.len < plain.len / 2);
	CHECK(is_same(&packed, &plain));
	CHECK(gzip_compress(g, &again, &plain));
	CHECK(again.len == packed.len &&
	      memcmp(again.data, packed.data, again.len) == 0);
	/* What is as good as random does not get shorter. */
	for (size_t i = 0; i < plain.len; i++)
		plain.data[i] = (char)(rand() >> 7);
	CHECK(!gzip_compress(g, &packed, &plain));
	buf_reset(&plain);
	CHECK(!gzip_compress(g, &packed, &plain));
	/* And after such ones all goes on. */
	for (int i = 0; i < 100; i++)
		buf_adds(&plain, "the same ");
	CHECK(gzip_compress(g, &packed, &plain) && packed.len < 60);
	CHECK(is_same(&packed, &plain));
	buf_free(&plain);
	buf_free(&packed);
	buf_free(&again);
	gzip_free(g);
	gzip_free(NULL);
}

int
main(void)
{
	test_accepted();
	test_there_and_back();
	return t_done();
}
