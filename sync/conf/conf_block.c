/* SPDX-License-Identifier: Apache-2.0 */
/* Using the table of keys for a block that was read. */
#include "lib/duration.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_key.h"

#include <stdlib.h>
#include <string.h>

/* The value of the key if it is a text, else NULL. */
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

/* The first element of BLOCKS, NULL if there is none. */
static char *
elements_of(size_t *count, const void *block, const struct conf_key *k)
{
	const char *members = block;
	char *elements;

	memcpy(count, members + k->count, sizeof *count);
	memcpy(&elements, members + k->offset, sizeof elements);
	return elements;
}

static void
show_duration(struct json_out *j, const struct conf_key *k, int64_t ns)
{
	char text[DURATION_TEXT_SIZE];

	if (ns == CONF_NO_DURATION)
		return;
	duration_format(text, ns);
	json_out_member_str(j, k->name, text);
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
		json_out_member_str(j, k->name, shown);
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
		const char *text = text_of(block, k);
		const char *elements;
		size_t count;

		if (text != NULL)
			visit(ctx, k, text);
		if (k->type == CONF_BLOCK)
			conf_block_each_text((const char *)block + k->offset,
			    k->keys, visit, ctx);
		if (k->type != CONF_BLOCKS)
			continue;
		elements = elements_of(&count, block, k);
		for (size_t i = 0; i < count; i++)
			conf_block_each_text(
			    elements + i * k->size, k->keys, visit, ctx);
	}
}

void
conf_block_free(const struct conf_key *keys, void *block)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		void *at = (char *)block + k->offset;
		char *elements;
		size_t count;

		if ((k->flags & CONF_CHECKED) != 0)
			continue;
		switch (k->type) {
		case CONF_TEXT:
		case CONF_NAME:
		case CONF_URL:
		case CONF_FILE:
		case CONF_CLAIMS:
			xwipe(*(char **)at);
			break;
		case CONF_STRINGS:
			filter_list_free(at);
			break;
		case CONF_BLOCK:
			conf_block_free(k->keys, at);
			break;
		case CONF_BLOCKS:
			elements = elements_of(&count, block, k);
			for (size_t i = 0; i < count; i++)
				conf_block_free(
				    k->keys, elements + i * k->size);
			free(elements);
			break;
		default:
			break;
		}
	}
}
