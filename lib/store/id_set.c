/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of bits. */
#include "lib/store/id_set.h"

#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64
#define PAGE_WORDS 512
#define PAGE_BITS ((size_t)PAGE_WORDS * WORD_BITS)

void
id_set_free(struct id_set *s)
{
	for (size_t i = 0; i < s->page_count; i++)
		free(s->pages[i]);
	free(s->pages);
	free(s->added);
	*s = (struct id_set){ 0 };
}

static uint64_t
bit_of(int64_t id)
{
	return UINT64_C(1) << ((size_t)id % WORD_BITS);
}

/* The word with the bit of ${id}; NULL if its page is not allocated. */
static uint64_t *
word_of(const struct id_set *s, int64_t id)
{
	size_t page = (size_t)id / PAGE_BITS;

	if (page >= s->page_count || s->pages[page] == NULL)
		return NULL;
	return &s->pages[page][(size_t)id % PAGE_BITS / WORD_BITS];
}

static uint64_t *
make_word(struct id_set *s, int64_t id)
{
	size_t page = (size_t)id / PAGE_BITS, old = s->page_count;

	if (page >= old) {
		s->page_count = page + 1 + page / 2;
		s->pages =
		    xreallocarray(s->pages, s->page_count, sizeof *s->pages);
		memset(s->pages + old, 0,
		    (s->page_count - old) * sizeof *s->pages);
	}
	if (s->pages[page] == NULL)
		s->pages[page] = xcalloc(PAGE_WORDS, sizeof **s->pages);
	return word_of(s, id);
}

static void
log_added(struct id_set *s, int64_t id)
{
	if (s->added_count == s->added_room) {
		s->added_room = s->added_room == 0 ? 64 : s->added_room * 2;
		s->added =
		    xreallocarray(s->added, s->added_room, sizeof *s->added);
	}
	s->added[s->added_count++] = id;
}

bool
id_set_add(struct id_set *s, int64_t id)
{
	uint64_t *word = word_of(s, id);

	if (word == NULL)
		word = make_word(s, id);
	if ((*word & bit_of(id)) != 0)
		return false;
	*word |= bit_of(id);
	if (s->is_marked)
		log_added(s, id);
	return true;
}

bool
id_set_has(const struct id_set *s, int64_t id)
{
	const uint64_t *word = word_of(s, id);

	return word != NULL && (*word & bit_of(id)) != 0;
}

void
id_set_mark(struct id_set *s)
{
	s->is_marked = true;
	s->added_count = 0;
}

void
id_set_keep(struct id_set *s)
{
	s->is_marked = false;
}

void
id_set_undo(struct id_set *s)
{
	for (size_t i = 0; i < s->added_count; i++)
		*word_of(s, s->added[i]) &= ~bit_of(s->added[i]);
	s->is_marked = false;
}
