/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping answers.
 *
 * Answers are stored in a ring of bytes, where a new one overwrites the oldest.
 * A place in the ring is the number of bytes written before it since the start,
 * so comparing two numbers shows whether an answer was overwritten.  A small
 * table maps hashes to places.  A slot whose answer was overwritten, or was
 * never kept, still records that it was requested.
 */
#include "fcgi/answer/answers.h"

#include "fcgi/http/etag.h"
#include "lib/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 2048 /* a power of two */
#define WAYS 4 /* slots where one hash may be */
#define ALIGNMENT 16
#define NOWHERE 0 /* no answer is written there */

/* An answer in the ring; its URI and its bytes follow. */
struct answer {
	uint64_t hash;
	size_t uri_len;
	size_t len;
	enum answers_form form;
	bool compressed;
	char etag[ETAG_SIZE];
};

struct slot {
	uint64_t hash; /* 0: none */
	uint64_t place;
};

struct answers {
	size_t size;
	uint64_t written; /* where the next one goes */
	char *ring;
	struct slot slots[SLOTS];
};

struct answers *
answers_new(size_t size)
{
	struct answers *a = xcalloc(1, sizeof *a);

	a->size = size / ALIGNMENT * ALIGNMENT;
	a->written = a->size; /* so that no place is NOWHERE */
	a->ring = xmalloc(a->size);
	return a;
}

void
answers_free(struct answers *a)
{
	if (a == NULL)
		return;
	free(a->ring);
	free(a);
}

/* Eight bytes at a time.  A collision costs a client only its own time. */
static uint64_t
hash_of(const struct answers_key *key)
{
	const char *uri = key->uri;
	size_t len = key->uri_len;
	uint64_t h = len << 2 | key->form;
	uint64_t part;

	for (; len >= sizeof part; uri += sizeof part, len -= sizeof part) {
		memcpy(&part, uri, sizeof part);
		h = (h ^ part) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	part = 0;
	memcpy(&part, uri, len);
	h = (h ^ part) * UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 32;
	return h == 0 ? 1 : h;
}

/* The answer at ${place}, or NULL if it was overwritten. */
static struct answer *
at(const struct answers *a, uint64_t place)
{
	if (place == NOWHERE || place + a->size < a->written)
		return NULL;
	return (struct answer *)(void *)(a->ring + place % a->size);
}

/* The slot of ${hash}, or NULL. */
static struct slot *
slot_of(struct answers *a, uint64_t hash)
{
	for (unsigned i = 0; i < WAYS; i++) {
		struct slot *s = &a->slots[(hash + i) % SLOTS];

		if (s->hash == hash)
			return s;
	}
	return NULL;
}

/* Whether ${found} is the answer to ${key}; its URI follows the struct. */
static bool
is_for(const struct answer *found, const struct answers_key *key, uint64_t hash)
{
	return found->hash == hash && found->form == key->form &&
	       found->uri_len == key->uri_len &&
	       strcmp(found->etag, key->etag) == 0 &&
	       memcmp(found + 1, key->uri, key->uri_len) == 0;
}

bool
answers_get(struct answers *a, const struct answers_key *key, struct buf *body,
    bool *compressed)
{
	uint64_t hash = hash_of(key);
	const struct slot *slot = slot_of(a, hash);
	const struct answer *found = slot == NULL ? NULL : at(a, slot->place);

	if (found == NULL || !is_for(found, key, hash))
		return false;
	buf_add(body, (const char *)(found + 1) + key->uri_len, found->len);
	*compressed = found->compressed;
	return true;
}

/* Records a hash in the slot whose answer is the oldest. */
static void
remember(struct answers *a, uint64_t hash)
{
	struct slot *least = &a->slots[hash % SLOTS];

	for (unsigned i = 1; i < WAYS; i++) {
		struct slot *s = &a->slots[(hash + i) % SLOTS];

		if (s->place < least->place)
			least = s;
	}
	*least = (struct slot){ .hash = hash, .place = NOWHERE };
}

/* A place for ${size} bytes; an answer never wraps around the end. */
static uint64_t
take_place(struct answers *a, size_t size)
{
	size_t offset = a->written % a->size;
	uint64_t place = a->written;

	if (offset + size > a->size)
		place += a->size - offset;
	a->written = place + size;
	return place;
}

void
answers_put(struct answers *a, const struct answers_key *key,
    const struct buf *body, bool compressed)
{
	struct answer new = {
		.uri_len = key->uri_len,
		.len = body->len,
		.form = key->form,
		.compressed = compressed,
	};
	size_t size = sizeof new + new.uri_len + new.len;
	struct slot *slot;
	char *to;

	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	new.hash = hash_of(key);
	slot = slot_of(a, new.hash);
	if (slot == NULL) {
		remember(a, new.hash);
		return;
	}
	/* One answer must not replace all others. */
	if (size > a->size / 8)
		return;
	memcpy(new.etag, key->etag, strlen(key->etag) + 1);
	slot->place = take_place(a, size);
	to = a->ring + slot->place % a->size;
	memcpy(to, &new, sizeof new);
	memcpy(to + sizeof new, key->uri, new.uri_len);
	if (new.len > 0)
		memcpy(to + sizeof new + new.uri_len, body->data, new.len);
}
