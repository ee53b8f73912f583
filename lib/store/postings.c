/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting postings: a hash table of terms, each with a list of ordinals. */
#include "lib/store/postings.h"

#include "lib/buf.h"
#include "lib/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 4096 /* a power of two */
#define FEW 4 /* ordinals in the term itself; a power of two */
#define HEAD_BYTES 8

/*
 * Terms are looked up millions of times, and nearly all fit into a 64-bit
 * number, which is compared at once.
 */
struct term {
	uint64_t
	    head; /* the first bytes, in the order of memcmp(), and zeros */
	union {
		uint16_t few[FEW]; /* if count is not above FEW */
		uint16_t *many; /* room for the next power of two */
	} ordinals;
	uint32_t text; /* where the term starts in the texts */
	uint32_t len;
	uint32_t count;
	uint16_t last; /* the last of its ordinals, of which it has one */
};

/* A place in the hash table. */
struct slot {
	uint32_t term; /* 1 + its index; 0: free */
	uint32_t hash;
};

struct postings {
	struct term *terms;
	size_t count;
	size_t room;
	struct slot *slots;
	size_t slot_count; /* more than 4/3 of the terms */
	struct buf texts;
	size_t size;
	struct posting *sorted;
};

struct postings *
postings_new(void)
{
	struct postings *p = xcalloc(1, sizeof *p);

	p->slot_count = FIRST_SLOTS;
	p->slots = xcalloc(p->slot_count, sizeof *p->slots);
	buf_init(&p->texts, UINT32_MAX);
	return p;
}

void
postings_reset(struct postings *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->terms[i].count > FEW)
			free(p->terms[i].ordinals.many);
	p->count = 0;
	p->size = 0;
	buf_reset(&p->texts);
	memset(p->slots, 0, p->slot_count * sizeof *p->slots);
}

void
postings_free(struct postings *p)
{
	if (p == NULL)
		return;
	postings_reset(p);
	buf_free(&p->texts);
	free(p->terms);
	free(p->slots);
	free(p->sorted);
	free(p);
}

static uint64_t
head_of(const char *text, size_t len)
{
	uint64_t head = 0;

	for (size_t i = 0; i < HEAD_BYTES; i++)
		head = head << 8 | (i < len ? (unsigned char)text[i] : 0);
	return head;
}

static uint32_t
hash_of(uint64_t head, const char *text, size_t len)
{
	uint64_t h = head + len;

	for (size_t i = HEAD_BYTES; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	/* The upper half of a product depends on every bit. */
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32);
}

static bool
is_term(const struct postings *p, const struct term *t, uint64_t head,
    const char *text, size_t len)
{
	return t->head == head && t->len == len &&
	       (len <= HEAD_BYTES ||
		   memcmp(buf_str(&p->texts) + t->text, text, len) == 0);
}

static void
grow_slots(struct postings *p)
{
	struct slot *old = p->slots;
	size_t count = p->slot_count;

	p->slot_count *= 2;
	p->slots = xcalloc(p->slot_count, sizeof *p->slots);
	for (size_t i = 0; i < count; i++) {
		size_t at = old[i].hash & (p->slot_count - 1);

		if (old[i].term == 0)
			continue;
		while (p->slots[at].term != 0)
			at = (at + 1) & (p->slot_count - 1);
		p->slots[at] = old[i];
	}
	free(old);
}

static struct term *
add_term(struct postings *p, uint64_t head, const char *text, size_t len)
{
	struct term *t;

	if (p->count == p->room) {
		p->room = p->room == 0 ? FIRST_SLOTS / 4 : p->room * 2;
		p->terms = xreallocarray(p->terms, p->room, sizeof *p->terms);
	}
	t = &p->terms[p->count++];
	*t = (struct term){ .head = head,
		.text = (uint32_t)p->texts.len,
		.len = (uint32_t)len };
	buf_add(&p->texts, text, len);
	return t;
}

static struct term *
find_term(struct postings *p, const char *text, size_t len)
{
	const uint64_t head = head_of(text, len);
	const uint32_t hash = hash_of(head, text, len);
	size_t at = hash & (p->slot_count - 1);
	struct term *t;

	for (; p->slots[at].term != 0; at = (at + 1) & (p->slot_count - 1)) {
		if (p->slots[at].hash != hash)
			continue;
		t = &p->terms[p->slots[at].term - 1];
		if (is_term(p, t, head, text, len))
			return t;
	}
	t = add_term(p, head, text, len);
	p->slots[at] = (struct slot){ (uint32_t)p->count, hash };
	if (p->count * 4 > p->slot_count * 3)
		grow_slots(p);
	return t;
}

/* Makes room for one more, of which the term has ${count} = FEW, 2 FEW, ... */
static void
grow_ordinals(struct term *t)
{
	uint16_t *many = t->count == FEW ? NULL : t->ordinals.many;

	many = xreallocarray(many, 2 * t->count, sizeof *many);
	if (t->count == FEW)
		memcpy(many, t->ordinals.few, sizeof t->ordinals.few);
	t->ordinals.many = many;
}

void
postings_add(struct postings *p, const char *term, size_t len, uint16_t ordinal)
{
	struct term *t = find_term(p, term, len);

	if (t->count > 0 && t->last == ordinal)
		return;
	if (t->count >= FEW && (t->count & (t->count - 1)) == 0)
		grow_ordinals(t);
	if (t->count < FEW)
		t->ordinals.few[t->count++] = ordinal;
	else
		t->ordinals.many[t->count++] = ordinal;
	t->last = ordinal;
	p->size++;
}

size_t
postings_size(const struct postings *p)
{
	return p->size;
}

static int
compare(const void *left, const void *right)
{
	const struct posting *a = left, *b = right;
	int order = memcmp(a->term, b->term, a->len < b->len ? a->len : b->len);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

const struct posting *
postings_sorted(struct postings *p, size_t *count)
{
	*count = p->count;
	if (p->count == 0)
		return NULL;
	p->sorted = xreallocarray(p->sorted, p->count, sizeof *p->sorted);
	for (size_t i = 0; i < p->count; i++) {
		const struct term *t = &p->terms[i];

		p->sorted[i] =
		    (struct posting){ buf_str(&p->texts) + t->text, t->len,
			    t->count > FEW ? t->ordinals.many : t->ordinals.few,
			    t->count };
	}
	qsort(p->sorted, p->count, sizeof *p->sorted, compare);
	return p->sorted;
}
