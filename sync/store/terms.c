/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting the text of an entry into grams. */
#include "sync/store/terms.h"

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

/* The runs of one to four characters at ${at}, the longest first: */
static void
add_grams_at(struct terms *t, const char *at, const char *end, uint16_t ordinal)
{
	const char *ends[POSTING_GRAM];
	const char *to = at;
	int count = 0;

	while (count < POSTING_GRAM && to < end) {
		to += posting_character(to, end);
		ends[count++] = to;
	}
	/* what the entry has already, it has with all that it begins with. */
	while (count-- > 0 && postings_add(t->postings, at - 1,
				  (size_t)(ends[count] - at) + 1, ordinal))
		;
}

/*
 * Most of the work of indexing, so a term is not copied together: its kind is
 * written over the byte before it.
 */
static void
add_grams(struct terms *t, const char *text, size_t len, uint16_t ordinal)
{
	char *at, *end;
	char covered;

	buf_reset(&t->text);
	buf_addc(&t->text, POSTING_TEXT_GRAM);
	buf_add(&t->text, text, len);
	end = t->text.data + t->text.len;
	for (at = t->text.data + 1; at < end;
	     at += posting_character(at, end)) {
		covered = at[-1];
		at[-1] = POSTING_TEXT_GRAM;
		add_grams_at(t, at, end, ordinal);
		at[-1] = covered;
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
