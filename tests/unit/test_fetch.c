/* SPDX-License-Identifier: Apache-2.0 */
/* sync/fetch/fetch.c: kinds that are not fetched, and missing documents. */
#include "sync/fetch/fetch.h"
#include "sync/kinds/kind.h"
#include "tests/t.h"

static void
test_kind_without_fetcher(void)
{
	static char name[] = "own";
	const struct conf_source source = { .name = name,
		.kind = &kind_managed };
	const struct validators none = { .hash = "" };
	const struct fetch_options options = { .cache_dir = "/nonexistent" };
	struct err e = ERR_INIT;
	struct fetch f;

	CHECK_INT(fetch_source(&f, &source, &none, &options, &e), -1);
	CHECK_INT(e.code, ERR_FETCH);
	CHECK_STR(e.text,
	    "sources of kind managed cannot be fetched by this version");
	CHECK_INT(f.document_count, 0);
	fetch_free(&f);
}

static void
test_inline_data(void)
{
	static char name[] = "inline", data[] = "{}";
	const struct conf_source source = {
		.name = name, .kind = &kind_file, .u.file.data = data
	};
	const struct validators none = { .hash = "" };
	const struct fetch_options options = { .cache_dir = "/nonexistent" };
	const char *document;
	struct err e = ERR_INIT;
	struct reader r;
	struct fetch f;
	char bytes[8];

	CHECK_INT(fetch_source(&f, &source, &none, &options, &e), 0);
	data[0] = 'x'; /* the configuration may go away before the fetch */
	CHECK_INT(fetch_open(&f, 0, &r, &document, &e), 0);
	CHECK_INT(r.read(&r, bytes, sizeof bytes, &e), 2);
	CHECK(memcmp(bytes, "{}", 2) == 0);
	CHECK_INT(r.read(&r, bytes, sizeof bytes, &e), 0);
	reader_close(&r);
	CHECK_INT(fetch_open(&f, 1, &r, &document, &e), -1);
	CHECK_INT(e.code, ERR_INTERNAL);
	reader_close(&r);
	fetch_free(&f);
	fetch_free(&f);
	fetch_free(NULL);
}

static void
test_validators_free(void)
{
	struct validators v = { .hash = "00" };

	validators_free(&v);
	CHECK_STR(v.hash, "");
	validators_free(NULL);
}

int
main(void)
{
	test_kind_without_fetcher();
	test_inline_data();
	test_validators_free();
	return t_done();
}
