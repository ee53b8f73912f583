/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting postings: a hash table of terms, each with a list of ordinals. */
#include "sync/store/postings.h"

#include "lib/posting.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 4096 /* a power of two */
#define FIRST_ORDINALS 4

struct term {
	uint16_t *ordinals;
	uint32_t count;
	uint32_t room;
	uint32_t hash;
	unsigned char len;
	char text[POSTING_TEXT + 1];
};

struct postings {
	struct term *terms;
	size_t count;
	size_t room;
	uint32_t *slots; /* 1 + a term's index; 0: free */
	size_t slot_count; /* more than twice the terms */
	size_t size;
};

struct postings *
postings_new(void)
{
	struct postings *p = xcalloc(1, sizeof *p);

	p->slot_count = FIRST_SLOTS;
	p->slots = xcalloc(p->slot_count, sizeof *p->slots);
	return p;
}

void
postings_reset(struct postings *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->terms[i].ordinals);
	p->count = 0;
	p->size = 0;
	memset(p->slots, 0, p->slot_count * sizeof *p->slots);
}

void
postings_free(struct postings *p)
{
	if (p == NULL)
		return;
	postings_reset(p);
	free(p->terms);
	free(p->slots);
	free(p);
}

static uint32_t
hash_of(const char *text, size_t len)
{
	uint32_t h = UINT32_C(2166136261);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * UINT32_C(16777619);
	return h ^ h >> 15;
}

/* The slot where the term is, or where it would be. */
static uint32_t *
find_slot(struct postings *p, const char *text, size_t len, uint32_t hash)
{
	size_t at = hash & (p->slot_count - 1);

	while (p->slots[at] != 0) {
		const struct term *t = &p->terms[p->slots[at] - 1];

		if (t->hash == hash && t->len == len &&
		    memcmp(t->text, text, len) == 0)
			break;
		at = (at + 1) & (p->slot_count - 1);
	}
	return &p->slots[at];
}

static void
grow_slots(struct postings *p)
{
	p->slot_count *= 2;
	free(p->slots);
	p->slots = xcalloc(p->slot_count, sizeof *p->slots);
	for (size_t i = 0; i < p->count; i++) {
		const struct term *t = &p->terms[i];

		*find_slot(p, t->text, t->len, t->hash) = (uint32_t)i + 1;
	}
}

static struct term *
add_term(struct postings *p, const char *text, size_t len, uint32_t hash)
{
	struct term *t;

	if (p->count == p->room) {
		p->room = p->room == 0 ? FIRST_SLOTS / 4 : p->room * 2;
		p->terms = xreallocarray(p->terms, p->room, sizeof *p->terms);
	}
	t = &p->terms[p->count++];
	*t = (struct term){ .hash = hash, .len = (unsigned char)len };
	memcpy(t->text, text, len);
	return t;
}

void
postings_add(struct postings *p, const char *term, size_t len, uint16_t ordinal)
{
	uint32_t hash = hash_of(term, len);
	uint32_t *slot = find_slot(p, term, len, hash);
	struct term *t;

	if (*slot == 0) {
		t = add_term(p, term, len, hash);
		*slot = (uint32_t)p->count;
		if (p->count * 2 > p->slot_count)
			grow_slots(p);
	} else {
		t = &p->terms[*slot - 1];
	}
	if (t->count > 0 && t->ordinals[t->count - 1] == ordinal)
		return;
	if (t->count == t->room) {
		t->room = t->room == 0 ? FIRST_ORDINALS : t->room * 2;
		t->ordinals =
		    xreallocarray(t->ordinals, t->room, sizeof *t->ordinals);
	}
	t->ordinals[t->count++] = ordinal;
	p->size++;
}

size_t
postings_size(const struct postings *p)
{
	return p->size;
}

static int
compare_terms(const void *left, const void *right)
{
	const struct term *a = left, *b = right;
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->text, b->text, len);

	return order != 0 ? order : (int)a->len - (int)b->len;
}

int
postings_each(struct postings *p,
    int (*each)(void *ctx, const char *term, size_t len,
	const uint16_t *ordinals, size_t count),
    void *ctx)
{
	int result = 0;

	if (p->count > 0)
		qsort(p->terms, p->count, sizeof *p->terms, compare_terms);
	/* The slots are out of step now: the terms have moved. */
	for (size_t i = 0; i < p->count && result == 0; i++) {
		const struct term *t = &p->terms[i];

		result = each(ctx, t->text, t->len, t->ordinals, t->count);
	}
	return result;
}
