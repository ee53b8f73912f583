/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of sources[]: names, kinds, policies and filters. */
#include "lib/store/glob.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"
#include "sync/kinds/kind.h"

#include <string.h>

bool
conf_name_is_label(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(name);

	return len >= 1 && len <= 63 && *name != '-' && name[len - 1] != '-' &&
	       name[strspn(name, letters)] == '\0';
}

void
conf_check_source_name(const struct conf_at *at, void *source)
{
	const struct conf_source *s = source;
	char shown[CONF_SHOWN_SIZE];

	conf_show(shown, s->name);
	if (!conf_name_is_label(s->name)) {
		conf_error(at, "name",
		    "name '%s' must be a valid DNS subdomain (lowercase "
		    "alphanumeric and hyphens, max 63 chars)",
		    shown);
		return;
	}
	for (const struct conf_source *other = conf_being_read(at)->sources;
	     other < s; other++) {
		if (other->name == NULL || strcmp(other->name, s->name) != 0)
			continue;
		conf_error(at, "name",
		    "duplicate source name '%s', first on line %d", shown,
		    other->line);
		return;
	}
}

/* Sets the kind if exactly one block is there. */
static bool
find_kind(struct conf_source *s, const struct conf_at *at)
{
	const char *second = NULL;
	int found = 0;

	for (size_t i = 0; kind_list[i] != NULL; i++) {
		if (!conf_present(at, kind_list[i]->name))
			continue;
		if (found++ == 0)
			s->kind = kind_list[i];
		else if (second == NULL)
			second = kind_list[i]->name;
	}
	if (found == 0)
		conf_error(at, NULL,
		    "one of git, api, file, managed, or kubernetes "
		    "configuration must be specified, or configmap");
	if (found > 1)
		conf_error(at, second,
		    "only one of git, api, file, managed, or kubernetes "
		    "configuration may be specified, or configmap, found %d",
		    found);
	return found == 1;
}

static void
check_policy(const struct conf_at *at, struct conf_source *s)
{
	struct conf_at policy = conf_enter(at, "syncPolicy");
	int64_t ns;

	if (conf_present(at, "syncPolicy") && !conf_is_block(policy.node))
		return; /* the reader has reported it */
	if (!conf_present(&policy, "interval"))
		conf_error(
		    &policy, "interval", "syncPolicy.interval is required");
	else if (!conf_duration(&ns, &policy, "interval", "'30m', '1h'"))
		return;
	else if (ns > 0)
		s->interval_ns = ns;
	else
		conf_warn(&policy, "interval",
		    "interval is zero or less: the source is due at every "
		    "run");
}

static void
check_patterns(const struct conf_at *names, const char *key,
    const struct filter_list *patterns)
{
	struct err e = ERR_INIT;

	for (size_t i = 0; i < patterns->count; i++) {
		struct glob *g = NULL;

		if (glob_new(&g, patterns->items[i], &e) == -1)
			conf_error_element(
			    names, key, i, "filter.names.%s: %s", key, e.text);
		glob_free(g);
	}
}

static void
check_filter(const struct conf_at *at, struct conf_source *s)
{
	struct conf_at filter = conf_enter(at, "filter");
	struct conf_at names = conf_enter(&filter, "names");

	s->filter.present = conf_present(at, "filter");
	check_patterns(&names, "include", &s->filter.names_include);
	check_patterns(&names, "exclude", &s->filter.names_exclude);
}

static void
warn_if_ignored(
    const struct conf_source *s, const struct conf_at *at, const char *key)
{
	if (conf_present(at, key))
		conf_warn(at, key, "%s is ignored for %s sources", key,
		    source_kind_name(s->kind));
}

void
conf_check_source(const struct conf_at *at, void *source)
{
	struct conf_source *s = source;
	struct conf_at block;

	s->line = at->line;
	if (!find_kind(s, at))
		return;
	block = conf_enter(at, s->kind->name);
	if (conf_is_block(block.node)) {
		conf_block_read(&block, s->kind->keys, s);
		if (s->kind->check != NULL)
			s->kind->check(s, &block);
	}
	if (source_kind_is_synced(s->kind)) {
		check_policy(at, s);
		check_filter(at, s);
	} else {
		warn_if_ignored(s, at, "syncPolicy");
		warn_if_ignored(s, at, "filter");
	}
}
