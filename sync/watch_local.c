/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing the state of local files with the one before. */
#include "sync/watch_local.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/fetch/file_list.h"
#include "sync/kinds/kind.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK (CLOCK_SECOND / 20) /* no kernel's file times are coarser */

/* The path that ${s} reads; the caller frees it.  NULL: none. */
static char *
path_of(const struct conf_source *s)
{
	return s->kind->watched == NULL ? NULL : s->kind->watched(s);
}

/* Of a mounted ConfigMap: which state of it is there; else "". */
static char *
generation_of(const char *path)
{
	char *link = xasprintf("%s/..data", path);
	char target[LIMIT_PATH];
	ssize_t n = readlink(link, target, sizeof target);

	free(link);
	return xstrndup(target, n > 0 ? (size_t)n : 0);
}

/*
 * A text that differs when the files do.  NULL right after a change: another
 * one might not show.
 */
static char *
state_of(const char *path)
{
	int64_t now = clock_now();
	struct file_list list = { 0 };
	struct err e = ERR_INIT;
	char *state = NULL, *generation;

	if (file_list_read(&list, AT_FDCWD, path, &e) == -1) {
		generation = generation_of(path);
		state = xasprintf("%s %s", e.text, generation);
		free(generation);
		return state;
	}
	if (!file_list_touched_since(&list, now - TICK))
		state = file_list_identity(&list);
	file_list_free(&list);
	return state;
}

static void
item_free(struct watch_local_item *item)
{
	free(item->name);
	free(item->path);
	free(item->state);
}

void
watch_local_free(struct watch_local *l)
{
	for (size_t i = 0; i < l->count; i++)
		item_free(&l->items[i]);
	free(l->items);
	memset(l, 0, sizeof *l);
}

static struct watch_local_item *
find(const struct watch_local *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->items[i].name, name) == 0)
			return &l->items[i];
	return NULL;
}

void
watch_local_take(struct watch_local *l, const struct conf *conf)
{
	struct watch_local fresh = { .items = NULL };

	fresh.items = xcalloc(conf->source_count, sizeof *fresh.items);
	for (size_t i = 0; i < conf->source_count; i++) {
		const struct conf_source *s = &conf->sources[i];
		struct watch_local_item *old = find(l, s->name);
		struct watch_local_item *item = &fresh.items[fresh.count];
		char *path = path_of(s);

		if (path == NULL)
			continue;
		fresh.count++;
		item->name = xstrdup(s->name);
		item->path = path;
		if (old != NULL && strcmp(old->path, path) == 0) {
			item->state = xstrdup_null(old->state);
			item->changed = old->changed;
			fresh.changed += item->changed;
		} else {
			item->state = state_of(path);
		}
	}
	watch_local_free(l);
	*l = fresh;
}

static void
mark(struct watch_local *l, struct watch_local_item *item)
{
	l->changed += !item->changed;
	item->changed = true;
}

void
watch_local_look(struct watch_local *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct watch_local_item *item = &l->items[i];
		char *state = state_of(item->path);

		if (state == NULL || item->state == NULL ||
		    strcmp(state, item->state) != 0)
			mark(l, item);
		free(item->state);
		item->state = state;
	}
}

void
watch_local_change_all(struct watch_local *l)
{
	for (size_t i = 0; i < l->count; i++)
		mark(l, &l->items[i]);
}

bool
watch_local_take_change(struct watch_local *l, const char *source)
{
	struct watch_local_item *item;

	if (l->changed == 0)
		return false;
	item = find(l, source);
	if (item == NULL || !item->changed)
		return false;
	item->changed = false;
	l->changed--;
	return true;
}

bool
watch_local_has_change(const struct watch_local *l)
{
	return l->changed > 0;
}
