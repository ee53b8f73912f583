/* SPDX-License-Identifier: Apache-2.0 */
/* The list of kinds, and what can be derived from a row and its keys. */
#include "sync/kinds/kind.h"

#include "lib/clock.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define TIME_DEFAULT (600 * CLOCK_SECOND)

#define ROW(name) &kind_##name,
const struct source_kind *const kind_list[] = { KIND_LIST(ROW) NULL };
#undef ROW

static void
note_address(void *ctx, const struct conf_key *key, const char *text)
{
	const char **address = ctx;

	if ((key->flags & CONF_ADDRESS) != 0)
		*address = text;
}

const char *
kind_address(const struct conf_source *s)
{
	const char *address = NULL;

	conf_block_each_text(s, s->kind->keys, note_address, &address);
	return address;
}

int64_t
kind_time(const struct conf_source *s)
{
	int64_t ns = conf_block_deadline(s, s->kind->keys);

	if (ns > 0)
		return ns / 1000;
	return s->kind->time_us > 0 ? s->kind->time_us : TIME_DEFAULT;
}

void
kind_needs_file(struct kind_needs *n, const char *path)
{
	if (path == NULL || *path == '\0')
		return;
	n->files = xreallocarray(n->files, n->file_count + 2, sizeof *n->files);
	n->files[n->file_count++] = xstrdup(path);
	n->files[n->file_count] = NULL;
}

static void
add_file(void *ctx, const struct conf_key *key, const char *text)
{
	if (key->type == CONF_FILE)
		kind_needs_file(ctx, text);
}

void
kind_needs_of(struct kind_needs *n, const struct conf_source *s)
{
	static const char *const no_variables[] = { NULL };

	memset(n, 0, sizeof *n);
	n->variables = no_variables;
	n->files = xcalloc(1, sizeof *n->files);
	conf_block_each_text(s, s->kind->keys, add_file, n);
	if (s->kind->needs != NULL)
		s->kind->needs(n, s);
}

void
kind_needs_free(struct kind_needs *n)
{
	for (size_t i = 0; i < n->file_count; i++)
		free((char *)n->files[i]);
	free(n->files);
	memset(n, 0, sizeof *n);
}
