/* SPDX-License-Identifier: Apache-2.0 */
/* Dividing the text of an entry into grams. */
#include "lib/store/terms.h"

#include "lib/limits.h"

#include <string.h>

void
terms_init(struct terms *t, struct postings *postings)
{
	t->postings = postings;
	buf_init(&t->text, LIMIT_ENTRY + 1);
	buf_init(&t->term, POSTING_TEXT + 1);
}

void
terms_free(struct terms *t)
{
	buf_free(&t->text);
	buf_free(&t->term);
}

void
terms_add(struct terms *t, enum posting_kind kind, const char *text, size_t len,
    uint16_t ordinal)
{
	buf_reset(&t->term);
	posting_term(&t->term, kind, text, len);
	postings_add(t->postings, buf_str(&t->term), t->term.len, ordinal);
}

/*
 * Only the longest run of characters at each place, at most of POSTING_GRAM:
 * the shorter ones are its prefixes.  This is most of the work of
 * indexing, so a term is not copied together: its kind is written over the byte
 * before it.
 */
static void
add_grams(struct terms *t, const char *text, size_t len, uint16_t ordinal)
{
	char *at, *to, *end;
	char covered;

	buf_reset(&t->text);
	buf_addc(&t->text, POSTING_TEXT_GRAM);
	buf_add(&t->text, text, len);
	end = t->text.data + t->text.len;
	at = to = t->text.data + 1;
	for (int i = 0; i < POSTING_GRAM && to < end; i++)
		to += posting_character(to, end);
	while (at < end) {
		covered = at[-1];
		at[-1] = POSTING_TEXT_GRAM;
		postings_add(
		    t->postings, at - 1, (size_t)(to - at) + 1, ordinal);
		at[-1] = covered;
		at += posting_character(at, end);
		if (to < end)
			to += posting_character(to, end);
	}
}

void
terms_add_all(
    struct terms *t, const struct terms_source *source, uint16_t ordinal)
{
	const char *at = source->list;
	const char *end = at + source->list_len;
	size_t len;

	add_grams(t, source->text, source->text_len, ordinal);
	if (source->usable)
		terms_add(t, POSTING_USABLE, "", 0, ordinal);
	while (at < end) {
		len = strlen(at + 1);
		terms_add(t, (enum posting_kind) * at, at + 1, len, ordinal);
		at += len + 2;
	}
}

/* ---- in order, with the prefixes of grams ---- */

/* What terms_each() calls. */
struct receiver {
	int (*each)(void *ctx, const struct posting *posting);
	void *ctx;
};

size_t
terms_ordinals(
    uint16_t ordinals[POSTING_BLOCK], const uint64_t bits[POSTING_WORDS])
{
	size_t count = 0;

	for (size_t i = 0; i < POSTING_WORDS; i++)
		for (uint64_t word = bits[i]; word != 0; word &= word - 1)
			ordinals[count++] =
			    (uint16_t)(64 * i + (size_t)__builtin_ctzll(word));
	return count;
}

/* Reports the prefix of ${len} bytes that all postings of a run share. */
static int
call(const struct receiver *l, const struct posting *at,
    const struct posting *end, size_t len)
{
	uint64_t bits[POSTING_WORDS] = { 0 };
	uint16_t ordinals[POSTING_BLOCK];
	struct posting all = { .term = at->term, .len = len };

	if (end - at == 1) {
		all.ordinals = at->ordinals;
		all.count = at->count;
		return l->each(l->ctx, &all);
	}
	for (; at < end; at++)
		for (size_t i = 0; i < at->count; i++)
			bits[at->ordinals[i] / 64] |= UINT64_C(1)
						      << at->ordinals[i] % 64;
	all.ordinals = ordinals;
	all.count = terms_ordinals(ordinals, bits);
	return l->each(l->ctx, &all);
}

static bool
share_prefix(const struct posting *a, const struct posting *b, size_t len)
{
	return b->len >= len && memcmp(a->term, b->term, len) == 0;
}

/* Reports all grams of a run that are longer than their common ${len} bytes. */
static int
each_gram(const struct receiver *l, const struct posting *at,
    const struct posting *end, size_t len)
{
	while (at < end) {
		const struct posting *next = at + 1;
		size_t longer =
		    len + posting_character(at->term + len, at->term + at->len);

		while (next < end && share_prefix(at, next, longer))
			next++;
		if (call(l, at, next, longer) == -1)
			return -1;
		if (at->len == longer)
			at++; /* its call covered those that start with it */
		if (each_gram(l, at, next, longer) == -1)
			return -1;
		at = next;
	}
	return 0;
}

int
terms_each(struct terms *t,
    int (*each)(void *ctx, const struct posting *posting), void *ctx)
{
	const struct receiver receiver = { each, ctx };
	const struct posting *at, *end, *gram;
	size_t count;

	at = postings_sorted(t->postings, &count);
	if (count == 0)
		return 0;
	end = at + count;
	while (at < end) {
		for (gram = at;
		     gram < end && gram->term[0] == POSTING_TEXT_GRAM; gram++)
			;
		if (each_gram(&receiver, at, gram, 1) == -1)
			return -1;
		at = gram;
		if (at < end && each(ctx, at++) == -1)
			return -1;
	}
	return 0;
}
