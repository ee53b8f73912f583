/* SPDX-License-Identifier: Apache-2.0 */
/* The buffers of an exchange, kept from request to request. */
#include "fcgi/answer/exchange.h"

#include "lib/limits.h"

/* Above any text of a request or name in a row. */
#define SCRATCH_MAX (4 * LIMIT_REQUEST_URI)

static void
each(struct scratch *s, void (*act)(struct buf *))
{
	struct buf *const all[] = { &s->registry, &s->name, &s->needle,
		&s->sort_keys, &s->key, &s->last_name, &s->last_version,
		&s->cursor_in, &s->cursor_out };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		act(all[i]);
}

static void
init(struct buf *b)
{
	buf_init(b, SCRATCH_MAX);
}

void
scratch_init(struct scratch *s)
{
	each(s, init);
	candidates_init(&s->candidates);
}

void
scratch_free(struct scratch *s)
{
	each(s, buf_free);
	candidates_free(&s->candidates);
}
