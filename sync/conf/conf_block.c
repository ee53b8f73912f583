/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, wiping and showing a block by the table of its keys. */
#include "sync/conf/conf_block.h"

#include "lib/duration.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *
member(void *block, const struct conf_key *key)
{
	return (char *)block + key->offset;
}

static const char *
text_of(const void *block, const struct conf_key *key)
{
	return *(char *const *)((const char *)block + key->offset);
}

static int64_t
duration_of(const void *block, const struct conf_key *key)
{
	int64_t ns;

	memcpy(&ns, (const char *)block + key->offset, sizeof ns);
	return ns;
}

static bool
is_text(const struct conf_key *key)
{
	return key->form == CONF_STRING || key->form == CONF_FILE;
}

/* Whether the member at the offset is this key's. */
static bool
has_member(const struct conf_key *key)
{
	return key->use != 0;
}

/* ---- reading ---- */

char *
conf_block_file(
    const struct conf_at *at, const char *key, const char *name, int mode)
{
	const char *file = conf_value_text(at, key);

	if (file == NULL)
		return NULL;
	if (*file != '/') {
		conf_message_error(at, key,
		    "%s must be an absolute path, found '%s'", name, file);
		return NULL;
	}
	if (access(file, mode) == -1) {
		conf_message_error(at, key, "%s is not accessible: %s: %s",
		    name, file, strerror(errno));
		return NULL;
	}
	return xstrdup(file);
}

static void
read_duration(int64_t *ns, const struct conf_key *key, const struct conf_at *at,
    const char *name)
{
	if (!conf_value_duration(ns, at, key->name, name, "'30s', '1m'"))
		*ns = key->initial_ns;
}

static void
read_inner(void *into, const struct conf_key *key, const struct conf_at *at,
    const char *name)
{
	char *path = xasprintf("%s.%s", at->path, key->name);
	struct conf_at inner = conf_value_enter(at, key->name, path);

	conf_block_read(into, key->block, &inner, name);
	free(path);
}

static void
read_key(void *into, const struct conf_key *key, const struct conf_at *at,
    const char *name)
{
	void *to = member(into, key);

	switch (key->form) {
	case CONF_STRING:
		*(char **)to = (key->use & CONF_REQUIRED) != 0
				   ? conf_value_required(at, key->name, name)
				   : conf_value_copy(at, key->name, NULL);
		break;
	case CONF_FILE:
		*(char **)to = conf_block_file(at, key->name, name,
		    (key->use & CONF_LATER) != 0 ? F_OK : R_OK);
		break;
	case CONF_DURATION:
		read_duration(to, key, at, name);
		break;
	case CONF_BOOL:
		*(bool *)to = conf_value_flag(at, key->name);
		break;
	case CONF_STRINGS:
		conf_value_strings(to, at, key->name);
		break;
	case CONF_BLOCK:
		read_inner(into, key, at, name);
		break;
	default:
		break;
	}
}

void
conf_block_read(void *into, const struct conf_key *keys,
    const struct conf_at *at, const char *name)
{
	for (const struct conf_key *key = keys; key->name != NULL; key++) {
		char *full;

		if ((key->use & CONF_READ) == 0)
			continue;
		full = xasprintf("%s.%s", name, key->name);
		read_key(into, key, at, full);
		free(full);
	}
}

/* ---- what was read ---- */

void
conf_block_wipe(void *block, const struct conf_key *keys)
{
	for (const struct conf_key *key = keys; key->name != NULL; key++) {
		if (!has_member(key))
			continue;
		if (is_text(key))
			xwipe(*(char **)member(block, key));
		else if (key->form == CONF_STRINGS)
			conf_value_free_strings(member(block, key));
		else if (key->form == CONF_BLOCK)
			conf_block_wipe(block, key->block);
	}
}

static void
show_text(struct json_out *j, const struct conf_key *key, const char *text)
{
	char *shown = (key->use & CONF_URL) != 0 ? url_shown(text) : NULL;

	json_out_key(j, key->name);
	json_out_str(j, shown != NULL ? shown : text);
	free(shown);
}

static void
show_duration(struct json_out *j, const struct conf_key *key, const void *block)
{
	int64_t ns = duration_of(block, key);
	char text[DURATION_TEXT_SIZE];

	if (ns == CONF_NO_DURATION)
		return;
	duration_format(text, ns);
	json_out_key(j, key->name);
	json_out_str(j, text);
}

void
conf_block_show(struct json_out *j, const void *block,
    const struct conf_key *keys, unsigned uses)
{
	for (const struct conf_key *key = keys; key->name != NULL; key++) {
		if ((key->use & uses) == 0)
			continue;
		if (is_text(key) && text_of(block, key) != NULL)
			show_text(j, key, text_of(block, key));
		else if (key->form == CONF_DURATION)
			show_duration(j, key, block);
	}
}

int64_t
conf_block_deadline(const void *block, const struct conf_key *keys)
{
	for (const struct conf_key *key = keys; key->name != NULL; key++)
		if ((key->use & CONF_DEADLINE) != 0)
			return duration_of(block, key);
	return 0;
}

void
conf_block_each_text(const void *block, const struct conf_key *keys,
    void (*visit)(void *ctx, const struct conf_key *key, const char *text),
    void *ctx)
{
	for (const struct conf_key *key = keys; key->name != NULL; key++)
		if (!has_member(key))
			continue;
		else if (key->form == CONF_BLOCK)
			conf_block_each_text(block, key->block, visit, ctx);
		else if (is_text(key) && text_of(block, key) != NULL)
			visit(ctx, key, text_of(block, key));
}
