/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of texts, kept as 64 bits of their SHA-256 each: what an upstream
 * chooses cannot make two of them collide.
 */
#include "sync/kinds/api/fetch_api.h"

#include "lib/digest.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64

/* Puts ${mark} where it belongs; false when it is there. */
static bool
place(uint64_t *slots, size_t size, uint64_t mark)
{
	size_t at = (size_t)mark & (size - 1);

	while (slots[at] != 0 && slots[at] != mark)
		at = (at + 1) & (size - 1);
	if (slots[at] == mark)
		return false;
	slots[at] = mark;
	return true;
}

static void
grow(struct fetch_api_seen *s)
{
	size_t size = s->size == 0 ? FIRST_SIZE : 2 * s->size;
	uint64_t *slots = xcalloc(size, sizeof *slots);

	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i] != 0)
			place(slots, size, s->slots[i]);
	free(s->slots);
	s->slots = slots;
	s->size = size;
}

bool
fetch_api_seen_add(struct fetch_api_seen *s, const char *text)
{
	unsigned char raw[DIGEST_RAW_SIZE];
	struct digest *d = digest_new();
	uint64_t mark;

	digest_add(d, text, strlen(text));
	digest_raw(d, raw);
	digest_free(d);
	memcpy(&mark, raw, sizeof mark);
	if (mark == 0)
		mark = 1;
	if (2 * (s->count + 1) > s->size)
		grow(s);
	if (!place(s->slots, s->size, mark))
		return false;
	s->count++;
	return true;
}

void
fetch_api_seen_free(struct fetch_api_seen *s)
{
	free(s->slots);
	memset(s, 0, sizeof *s);
}
