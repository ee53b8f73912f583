/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The response to a request for a ConfigMap: as success, whose values are
 * decoded and decompressed, and as an error.
 */
#include "lib/limits.h"
#include "lib/url.h"
#include "sync/fetch/http/gunzip.h"
#include "sync/fetch/http/http_private.h"
#include "sync/kinds/configmap/fetch_configmap.h"
#include "tests/fuzz/fuzz.h"

#include <ctype.h>
#include <string.h>

#define INFLATED_MAX (64 * KIB)

static void
check_documents(const struct fetch *f)
{
	const struct fetch_document *d = f->documents;
	uint64_t sum = 0;

	for (size_t i = 0; i < f->document_count; i++) {
		FUZZ_HOLDS(strlen(d[i].hash) == FETCH_HASH_SIZE - 1);
		sum += d[i].length;
		FUZZ_HOLDS(d[i].offset + d[i].length <= spool_size(f->spool));
	}
	FUZZ_HOLDS(sum <= INFLATED_MAX);
}

static void
read_object(struct spool *answer)
{
	const struct fetch_options options = { .cache_dir = "/tmp" };
	struct fetch f = { .unchanged = false };
	struct err e = ERR_INIT;
	struct fetch_writer w;

	FUZZ_HOLDS(fetch_writer_start(&w, &f, &options, &e) == 0);
	if (fetch_configmap_object(&w, answer, "*", INFLATED_MAX, &e) == 0)
		check_documents(&f);
	else
		FUZZ_HOLDS(e.text[0] != '\0');
	fetch_writer_free(&w);
	fetch_free(&f);
}

static int
count_bytes(void *ctx, const void *data, size_t len, struct err *e)
{
	uint64_t *sum = ctx;

	(void)data;
	(void)e;
	*sum += len;
	return 0;
}

/* Whether the secret stands alone nowhere. */
static void
check_word(const char *text, const char *word)
{
	const char *at = text;

	while ((at = strstr(at, word)) != NULL) {
		FUZZ_HOLDS((at > text && isalnum((unsigned char)at[-1])) ||
			   isalnum((unsigned char)at[strlen(word)]));
		at++;
	}
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct spool *answer = NULL;
	struct err e = ERR_INIT;
	char *version = NULL, *words;
	uint64_t sum = 0;

	FUZZ_HOLDS(spool_new(&answer, "/tmp", &e) == 0);
	FUZZ_HOLDS(spool_add(answer, data, len, &e) == 0);
	if (fetch_configmap_version(&version, answer, &e) == 0)
		FUZZ_HOLDS(*version != '\0');
	else
		FUZZ_HOLDS(version == NULL && e.text[0] != '\0');
	read_object(answer);
	words = http_words_read((const char *)data, len);
	if (words != NULL) {
		FUZZ_HOLDS(
		    *words != '\0' && strpbrk(words, "\r\n\t\x1b") == NULL);
		url_hide(words, strlen(words) + 1,
		    "http://us%65r:pass@h/?q=%41bcdefgh");
		check_word(words, "pass");
		http_words_cut(words);
		FUZZ_HOLDS(strlen(words) <= LIMIT_HTTP_WORDS);
	}
	if (gunzip_run(data, len, INFLATED_MAX, count_bytes, &sum, &e) == 0)
		FUZZ_HOLDS(sum <= INFLATED_MAX);
	free(words);
	free(version);
	spool_free(answer);
}
