/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembering responses.
 *
 * Responses are stored in a ring of bytes, where a new one overwrites the
 * oldest.  A place in the ring is the number of bytes written before it since
 * the start, so comparing two numbers shows whether a response was overwritten.
 * A small table maps hashes to places.  A slot whose response was overwritten,
 * or was never kept, still records that it was requested.
 */
#include "fcgi/answer/memo.h"

#include "fcgi/http/gzip.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OK 200

#define SLOTS 2048 /* a power of two */
#define WAYS 4 /* slots where one hash may be */
#define ALIGNMENT 16
#define NOWHERE 0 /* no response is written there */
#define COMPRESSED_FROM 512 /* bytes; shorter bodies gain nothing */

enum form {
	FORM_PLAIN,
	FORM_GZIP, /* the client accepts a compressed body */
	FORM_FOUND /* a 304: no body */
};

/* Which of several responses to a URI. */
struct key {
	const char *uri;
	size_t uri_len;
	const char *etag; /* shorter than ETAG_SIZE */
	enum form form;
};

/* A response in the ring; its URI and its body follow. */
struct record {
	uint64_t hash;
	size_t uri_len;
	size_t len; /* of the body */
	enum form form;
	bool compressed;
	char etag[ETAG_SIZE];
};

struct slot {
	uint64_t hash; /* 0: none */
	uint64_t place;
};

struct memo {
	size_t size;
	uint64_t written; /* where the next one goes */
	char *ring;
	struct slot slots[SLOTS];
	struct gzip *gzip;
	struct buf packed; /* the compressed body */
};

struct memo *
memo_new(size_t size)
{
	struct memo *m = xcalloc(1, sizeof *m);

	m->size = size / ALIGNMENT * ALIGNMENT;
	m->written = m->size; /* so that no place is NOWHERE */
	m->ring = xmalloc(m->size);
	m->gzip = gzip_new();
	buf_init(&m->packed, LIMIT_RESPONSE);
	return m;
}

void
memo_free(struct memo *m)
{
	if (m == NULL)
		return;
	free(m->ring);
	gzip_free(m->gzip);
	buf_free(&m->packed);
	free(m);
}

/* ---- keys ---- */

static struct key
key_of(const struct exchange *x)
{
	const struct request_input *in = x->request->in;

	return (struct key){
		.uri = in->uri,
		.uri_len = strlen(in->uri),
		.etag = x->response->etag,
		.form = gzip_is_accepted(in->accept_encoding) ? FORM_GZIP
							      : FORM_PLAIN,
	};
}

/* The key of a 304; unknown parameters make no difference. */
static struct key
found_key_of(const struct exchange *x)
{
	const struct request *r = x->request;

	return (struct key){
		.uri = r->in->uri,
		.uri_len = r->given == 0 ? r->path_len : strlen(r->in->uri),
		.etag = x->response->etag,
		.form = FORM_FOUND,
	};
}

/* Eight bytes at a time.  A collision costs a client only its own time. */
static uint64_t
hash_of(const struct key *key)
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

/* ---- reading ---- */

/* The response at ${place}, or NULL if it was overwritten. */
static struct record *
record_at(const struct memo *m, uint64_t place)
{
	if (place == NOWHERE || place + m->size < m->written)
		return NULL;
	return (struct record *)(void *)(m->ring + place % m->size);
}

/* The slot of ${hash}, or NULL. */
static struct slot *
slot_of(struct memo *m, uint64_t hash)
{
	for (unsigned i = 0; i < WAYS; i++) {
		struct slot *s = &m->slots[(hash + i) % SLOTS];

		if (s->hash == hash)
			return s;
	}
	return NULL;
}

/* Whether ${found} has ${key}; its URI follows the struct. */
static bool
has_key(const struct record *found, const struct key *key, uint64_t hash)
{
	return found->hash == hash && found->form == key->form &&
	       found->uri_len == key->uri_len &&
	       strcmp(found->etag, key->etag) == 0 &&
	       memcmp(found + 1, key->uri, key->uri_len) == 0;
}

static const struct record *
find(struct memo *m, const struct key *key)
{
	uint64_t hash = hash_of(key);
	const struct slot *slot = slot_of(m, hash);
	const struct record *found =
	    slot == NULL ? NULL : record_at(m, slot->place);

	return found != NULL && has_key(found, key, hash) ? found : NULL;
}

bool
memo_recall(struct memo *m, struct exchange *x)
{
	const struct key key = key_of(x);
	const struct record *found = find(m, &key);

	if (found == NULL)
		return false;
	buf_add(&x->response->body, (const char *)(found + 1) + key.uri_len,
	    found->len);
	x->response->gzip = found->compressed;
	return true;
}

bool
memo_recall_found(struct memo *m, const struct exchange *x)
{
	const struct key key = found_key_of(x);

	return find(m, &key) != NULL;
}

/* ---- writing ---- */

/* Records a hash in the slot whose response is the oldest. */
static void
record_request(struct memo *m, uint64_t hash)
{
	struct slot *oldest = &m->slots[hash % SLOTS];

	for (unsigned i = 1; i < WAYS; i++) {
		struct slot *s = &m->slots[(hash + i) % SLOTS];

		if (s->place < oldest->place)
			oldest = s;
	}
	*oldest = (struct slot){ .hash = hash, .place = NOWHERE };
}

/* A place for ${size} bytes; a response never wraps around the end. */
static uint64_t
reserve(struct memo *m, size_t size)
{
	size_t offset = m->written % m->size;
	uint64_t place = m->written;

	if (offset + size > m->size)
		place += m->size - offset;
	m->written = place + size;
	return place;
}

static void
store(struct memo *m, const struct key *key, const struct response *response)
{
	struct record new = {
		.hash = hash_of(key),
		.uri_len = key->uri_len,
		.len = response->body.len,
		.form = key->form,
		.compressed = response->gzip,
	};
	size_t size = sizeof new + new.uri_len + new.len;
	struct slot *slot = slot_of(m, new.hash);
	char *to;

	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (slot == NULL) {
		record_request(m, new.hash);
		return;
	}
	/* One response must not replace all others. */
	if (size > m->size / 8)
		return;
	memcpy(new.etag, key->etag, strlen(key->etag) + 1);
	slot->place = reserve(m, size);
	to = m->ring + slot->place % m->size;
	memcpy(to, &new, sizeof new);
	memcpy(to + sizeof new, key->uri, new.uri_len);
	if (new.len > 0)
		memcpy(to + sizeof new + new.uri_len, response->body.data,
		    new.len);
}

void
memo_keep(struct memo *m, struct exchange *x)
{
	struct response *out = x->response;
	const struct key key = out->status == OK ? key_of(x) : found_key_of(x);

	if (key.form == FORM_FOUND)
		buf_reset(&out->body);
	if (key.form == FORM_GZIP && out->body.len >= COMPRESSED_FROM &&
	    gzip_compress(m->gzip, &m->packed, &out->body)) {
		/* Copied: of the other buffer little was ever touched. */
		buf_reset(&out->body);
		buf_add(&out->body, m->packed.data, m->packed.len);
		out->gzip = true;
	}
	store(m, &key, out);
}
