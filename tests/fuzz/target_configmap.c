/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server says when asked for a ConfigMap: as an answer, with the bytes
 * in it decoded and inflated, and as a refusal.
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
check_documents(const struct fetch_configmap_object *o)
{
	const struct fetch_configmap_document *d = o->documents;
	uint64_t sum = 0;

	for (size_t i = 0; i < o->count; i++) {
		FUZZ_HOLDS(strlen(d[i].hash) == FETCH_HASH_SIZE - 1);
		FUZZ_HOLDS(i == 0 || strcmp(d[i - 1].key, d[i].key) < 0);
		sum += d[i].size;
		FUZZ_HOLDS(d[i].offset + d[i].size <= spool_size(o->spool));
	}
	FUZZ_HOLDS(sum == spool_size(o->spool));
	FUZZ_HOLDS(sum <= INFLATED_MAX);
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
	struct fetch_configmap_object *o = NULL;
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
	if (fetch_configmap_object(&o, answer, "*", "/tmp", INFLATED_MAX, &e) ==
	    0)
		check_documents(o);
	else
		FUZZ_HOLDS(o == NULL && e.text[0] != '\0');
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
	fetch_configmap_object_free(o);
	spool_free(answer);
}
