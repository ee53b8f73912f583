/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding and decoding sets of entries; collecting terms. */
#include "lib/posting.h"

#include "lib/limits.h"
#include "lib/store/terms.h"
#include "tests/t.h"

#include <stdio.h>
#include <string.h>

static struct buf out = BUF_INIT(POSTING_BLOCK);

static bool
has(const uint64_t *bits, size_t i)
{
	return (bits[i / 64] >> (i % 64) & 1) != 0;
}

/* Every ${step}th of ${entries}, starting with ${first}. */
static void
check_set(size_t entries, size_t first, size_t step, size_t most_bytes)
{
	uint16_t ordinals[POSTING_BLOCK];
	uint64_t bits[POSTING_WORDS] = { 0 };
	size_t count = 0, wrong = 0;

	for (size_t i = first; i < entries; i += step)
		ordinals[count++] = (uint16_t)i;
	buf_reset(&out);
	posting_encode(&out, ordinals, count, entries);
	CHECK(out.len <= most_bytes);
	CHECK_INT(posting_add(bits, buf_str(&out), out.len), 0);
	for (size_t i = 0; i < POSTING_BLOCK; i++)
		wrong += has(bits, i) !=
			 (i < entries && i >= first && (i - first) % step == 0);
	CHECK_INT(wrong, 0);
}

static void
test_sets(void)
{
	static const struct {
		int line;
		size_t entries, first, step, bytes;
	} rows[] = {
		{ __LINE__, 1, 0, 1, 2 },
		{ __LINE__, 7, 6, 1, 2 },
		{ __LINE__, 100, 3, 10, 14 },
		{ __LINE__, POSTING_BLOCK, 0, 1, 513 },
		{ __LINE__, POSTING_BLOCK, 4095, 1, 3 },
		{ __LINE__, POSTING_BLOCK, 1, 16, 513 },
		{ __LINE__, POSTING_BLOCK, 1, 17, 483 },
		{ __LINE__, 4001, 2, 3, 502 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		T_AT(rows[i].line);
		check_set(rows[i].entries, rows[i].first, rows[i].step,
		    rows[i].bytes);
	}
	T_AT(0);
}

static void
test_what_is_no_set(void)
{
	char bytes[POSTING_BLOCK / 8 + 2] = { 1 };
	uint64_t bits[POSTING_WORDS];

	CHECK_INT(posting_add(bits, "", 0), -1);
	CHECK_INT(posting_add(bits, "\2", 1), -1);
	CHECK_INT(posting_add(bits, "\0\0", 2), -1);
	CHECK_INT(posting_add(bits, "\0\x10\0", 3), -1);
	CHECK_INT(posting_add(bits, "\0\x0f\xff", 3), 0);
	CHECK_INT(posting_add(bits, bytes, sizeof bytes - 1), 0);
	CHECK_INT(posting_add(bits, bytes, sizeof bytes), -1);
}

static void
test_keys(void)
{
	static const int64_t keys[] = { 0, 1, INT64_MAX, -1, INT64_MIN };

	buf_reset(&out);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		posting_put_key(&out, keys[i]);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		CHECK_INT(posting_key(out.data, i), keys[i]);
}

static void
test_terms(void)
{
	static const char word[] = "a\xe6\x97\xa5z";
	char text[POSTING_TEXT + 10];

	memset(text, 'x', sizeof text);
	buf_reset(&out);
	posting_term(&out, POSTING_TAG, text, sizeof text);
	CHECK_INT(out.len, POSTING_TEXT + 1);
	CHECK_INT(posting_character(word, word + 5), 1);
	CHECK_INT(posting_character(word + 1, word + 5), 3);
	CHECK_INT(posting_character(word + 1, word + 3), 2);
}

/* What was collected, as text: "term:ordinals " each. */
static struct buf seen = BUF_INIT(LIMIT_ENTRY);

static int
see(void *ctx, const struct posting *posting)
{
	(void)ctx;
	buf_add(&seen, posting->term, posting->len);
	buf_addc(&seen, ':');
	for (size_t i = 0; i < posting->count; i++)
		buf_addf(&seen, "%u,", (unsigned)posting->ordinals[i]);
	buf_addc(&seen, ' ');
	return 0;
}

static void
see_all(struct postings *p)
{
	const struct posting *sorted;
	size_t count;

	buf_reset(&seen);
	sorted = postings_sorted(p, &count);
	for (size_t i = 0; i < count; i++)
		see(NULL, &sorted[i]);
}

static void
test_collecting(void)
{
	struct postings *p = postings_new();
	char term[16];

	for (int round = 0; round < 2; round++) {
		postings_add(p, "tb", 2, 0);
		postings_add(p, "tb", 2, 0);
		postings_add(p, "ta", 2, 3);
		postings_add(p, "tb", 2, 7);
		postings_add(p, "t", 1, 9);
		CHECK_INT(postings_size(p), 4);
		see_all(p);
		CHECK_STR(buf_str(&seen), "t:9, ta:3, tb:0,7, ");
		postings_reset(p);
		CHECK_INT(postings_size(p), 0);
	}
	/* More than the table begins with. */
	for (unsigned i = 0; i < 20000; i++) {
		int len = snprintf(term, sizeof term, "g%u", i % 10000);

		postings_add(p, term, (size_t)len, (uint16_t)(i / 10000));
	}
	CHECK_INT(postings_size(p), 20000);
	see_all(p);
	CHECK(strstr(buf_str(&seen), " g9999:0,1, ") != NULL);
	postings_free(p);
}

static void
add_text(struct terms *t, const char *text, uint16_t ordinal)
{
	const struct terms_source source = { .text = text,
		.text_len = strlen(text),
		.list = "tab\0v1",
		.list_len = sizeof "tab\0v1" };

	terms_add_all(t, &source, ordinal);
}

static int
refuse(void *ctx, const struct posting *posting)
{
	(void)posting;
	++*(int *)ctx;
	return -1;
}

/* Every run of one to four characters, however it came about. */
static void
test_grams(void)
{
	struct postings *p = postings_new();
	struct terms t;
	int calls = 0;

	terms_init(&t, p);
	CHECK_INT(terms_each(&t, refuse, &calls), 0);
	add_text(&t, "abcab", 1);
	add_text(&t, "bc", 2);
	add_text(&t, "", 3);
	add_text(&t, "\xe6\x97\xa5\xe6\x9c\xac", 4);
	buf_reset(&seen);
	CHECK_INT(terms_each(&t, see, NULL), 0);
	CHECK_STR(buf_str(&seen),
	    "ga:1, gab:1, gabc:1, gabca:1, gb:1,2, gbc:1,2, gbca:1, gbcab:1, "
	    "gc:1,2, gca:1, gcab:1, g\xe6\x97\xa5:4, "
	    "g\xe6\x97\xa5\xe6\x9c\xac:4, g\xe6\x9c\xac:4, "
	    "tab:1,2,3,4, v1:1,2,3,4, ");
	CHECK_INT(terms_each(&t, refuse, &calls), -1);
	CHECK_INT(calls, 1);
	terms_free(&t);
	postings_free(p);
}

int
main(void)
{
	test_sets();
	test_what_is_no_set();
	test_keys();
	test_terms();
	test_collecting();
	test_grams();
	buf_free(&seen);
	buf_free(&out);
	return t_done();
}
