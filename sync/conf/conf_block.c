/* SPDX-License-Identifier: Apache-2.0 */
/* What the table of keys says about a block that was read. */
#include "lib/duration.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_key.h"

#include <stdlib.h>
#include <string.h>

/* The text of the key, NULL if it has none or is no text. */
static const char *
text_of(const void *block, const struct conf_key *k)
{
	bool is_text =
	    k->type == CONF_TEXT || k->type == CONF_URL || k->type == CONF_FILE;

	return is_text ? *(char *const *)((const char *)block + k->offset)
		       : NULL;
}

static int64_t
duration_of(const void *block, const struct conf_key *k)
{
	int64_t ns;

	memcpy(&ns, (const char *)block + k->offset, sizeof ns);
	return ns;
}

static void
show_duration(struct json_out *j, const struct conf_key *k, int64_t ns)
{
	char text[DURATION_TEXT_SIZE];

	if (ns == CONF_NO_DURATION)
		return;
	duration_format(text, ns);
	json_out_key(j, k->name);
	json_out_str(j, text);
}

void
conf_block_show(struct json_out *j, const void *block,
    const struct conf_key *keys, unsigned flags)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		const char *text = text_of(block, k);
		char *shown;

		if ((k->flags & flags) == 0)
			continue;
		if (k->type == CONF_DURATION)
			show_duration(j, k, duration_of(block, k));
		if (text == NULL)
			continue;
		shown = (k->flags & CONF_ADDRESS) != 0 ? url_shown(text)
						       : xstrdup(text);
		json_out_key(j, k->name);
		json_out_str(j, shown);
		free(shown);
	}
}

int64_t
conf_block_deadline(const void *block, const struct conf_key *keys)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++)
		if ((k->flags & CONF_DEADLINE) != 0)
			return duration_of(block, k);
	return 0;
}

void
conf_block_each_text(const void *block, const struct conf_key *keys,
    void (*visit)(void *ctx, const struct conf_key *key, const char *text),
    void *ctx)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		const char *inner = (const char *)block + k->offset;
		const char *text = text_of(block, k);
		size_t count;

		if (text != NULL)
			visit(ctx, k, text);
		if (k->type == CONF_BLOCK)
			conf_block_each_text(inner, k->keys, visit, ctx);
		if (k->type != CONF_BLOCKS)
			continue;
		memcpy(&count, (const char *)block + k->count, sizeof count);
		memcpy(&inner, inner, sizeof inner);
		for (size_t i = 0; i < count; i++)
			conf_block_each_text(
			    inner + i * k->size, k->keys, visit, ctx);
	}
}
