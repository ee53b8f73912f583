/* SPDX-License-Identifier: Apache-2.0 */
/* Remembering registries. */
#include "fcgi/answer/registry_memo.h"

#include <stddef.h>
#include <string.h>

static unsigned
slot_of(const char *name)
{
	unsigned h = 0;

	for (; name != NULL && *name != '\0'; name++)
		h = h * 31 + (unsigned char)*name;
	return h % REGISTRY_MEMO_SLOTS;
}

const struct registry_facts *
registry_memo_get(const struct registry_memo *memo,
    const struct db_state *state, const char *name)
{
	const struct registry_facts *f = &memo->slots[slot_of(name)];

	if (!f->known || !db_same_state(&memo->state, state))
		return NULL;
	if (name == NULL)
		return f->by_default ? f : NULL;
	return !f->by_default && strcmp(f->name, name) == 0 ? f : NULL;
}

void
registry_memo_put(struct registry_memo *memo, const struct db_state *state,
    const char *requested, int64_t id, const char *name, const char *etag)
{
	struct registry_facts *f = &memo->slots[slot_of(requested)];
	size_t len = strlen(name);

	if (!db_same_state(&memo->state, state)) {
		for (size_t i = 0; i < REGISTRY_MEMO_SLOTS; i++)
			memo->slots[i].known = false;
		memo->state = *state;
	}
	if (len >= sizeof f->name)
		return;
	f->known = true;
	f->by_default = requested == NULL;
	f->id = id;
	memcpy(f->name, name, len + 1);
	memcpy(f->etag, etag, sizeof f->etag);
}
