/* SPDX-License-Identifier: Apache-2.0 */
/* sources[]: names, kinds, policies and filters. */
#include "lib/limits.h"
#include "lib/store/glob.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"
#include "sync/kinds/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_SIZE (CONF_SHOWN_SIZE + 40)

bool
conf_sources_name_is_valid(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(name);

	return len >= 1 && len <= 63 && *name != '-' && name[len - 1] != '-' &&
	       name[strspn(name, letters)] == '\0';
}

/* ${at} still has the label without a name: so the reference words these. */
static void
read_name(struct conf_source *s, const struct conf_at *at)
{
	const struct conf *c = at->reader->conf;
	char shown[CONF_SHOWN_SIZE];

	s->name = conf_value_required(at, "name", "name");
	if (s->name == NULL)
		return;
	conf_message_show(shown, s->name);
	if (!conf_sources_name_is_valid(s->name)) {
		conf_message_error(at, "name",
		    "name '%s' must be a valid DNS subdomain (lowercase "
		    "alphanumeric and hyphens, max 63 chars)",
		    shown);
		return;
	}
	for (const struct conf_source *other = c->sources; other < s; other++) {
		if (other->name != NULL && strcmp(other->name, s->name) == 0) {
			conf_message_error(at, "name",
			    "duplicate source name '%s', first on line %d",
			    shown, other->line);
			return;
		}
	}
}

/* Sets the kind when exactly one is there. */
static bool
read_kind(struct conf_source *s, const struct conf_at *at)
{
	const char *second = NULL;
	int found = 0;

	for (size_t i = 0; kind_list[i] != NULL; i++) {
		const char *name = kind_list[i]->name;

		if (!conf_value_present(at, name))
			continue;
		if (found++ == 0)
			s->kind = kind_list[i];
		else if (second == NULL)
			second = name;
	}
	if (found == 0)
		conf_message_error(at, NULL,
		    "one of git, api, file, managed, or kubernetes "
		    "configuration must be specified, or configmap");
	if (found > 1)
		conf_message_error(at, second,
		    "only one of git, api, file, managed, or kubernetes "
		    "configuration may be specified, or configmap, found %d",
		    found);
	return found == 1;
}

/* The block of its kind. */
static void
read_block(struct conf_source *s, const struct conf_at *at)
{
	const char *name = s->kind->name;
	char *path = xasprintf("%s.%s", at->path, name);
	struct conf_at block = conf_value_enter(at, name, path);

	/* A block of the wrong form has been reported. */
	if (block.node != NULL) {
		conf_block_read(&s->u, s->kind->keys, &block, name);
		if (s->kind->check != NULL)
			s->kind->check(s, &block);
	}
	free(path);
}

static void
read_policy(struct conf_source *s, const struct conf_at *at)
{
	char *path = xasprintf("%s.syncPolicy", at->path);
	struct conf_at policy = conf_value_enter(at, "syncPolicy", path);
	int64_t ns;

	s->strict = conf_value_flag(&policy, "strict");
	s->allow_shrink = conf_value_flag(&policy, "allowShrink");
	if (policy.node == NULL && conf_value_present(at, "syncPolicy"))
		goto out; /* of the wrong form, which has been said */
	if (conf_value_text(&policy, "interval") == NULL) {
		const struct yaml_tree *node =
		    yaml_tree_get(policy.node, "interval");

		if (node == NULL || !node->bad)
			conf_message_error(&policy, "interval",
			    "syncPolicy.interval is required");
		goto out;
	}
	if (!conf_value_duration(
		&ns, &policy, "interval", "syncPolicy.interval", "'30m', '1h'"))
		goto out;
	if (ns > 0)
		s->interval_ns = ns;
	else
		conf_message_warn(&policy, "interval",
		    "an interval of zero or less: the source is due at every "
		    "run");
out:
	free(path);
}

/* One list of patterns (or of tags, which are taken as they are). */
static void
read_list(struct filter_list *out, const struct conf_at *block,
    const char *name, const char *key, bool are_patterns)
{
	struct err e = ERR_INIT;

	conf_value_strings(out, block, key);
	for (size_t i = 0; are_patterns && i < out->count; i++) {
		struct glob *g = NULL;
		char *path;

		if (glob_new(&g, out->items[i], &e) == 0) {
			glob_free(g);
			continue;
		}
		path = xasprintf("%s.%s[%zu]", block->path, key, i);
		conf_message_add(block->reader, true,
		    conf_value_string_line(block, key, i), path,
		    "%sfilter.%s.%s: %s", block->label, name, key, e.text);
		free(path);
	}
}

static void
read_filter_half(struct filter_list *include, struct filter_list *exclude,
    const struct conf_at *filter, const char *name, bool are_patterns)
{
	char *path = xasprintf("%s.%s", filter->path, name);
	struct conf_at block = conf_value_enter(filter, name, path);

	read_list(include, &block, name, "include", are_patterns);
	read_list(exclude, &block, name, "exclude", are_patterns);
	free(path);
}

static void
read_filter(struct conf_source *s, const struct conf_at *at)
{
	char *path = xasprintf("%s.filter", at->path);
	struct conf_at filter = conf_value_enter(at, "filter", path);

	s->filter.present = filter.node != NULL;
	read_filter_half(&s->filter.names_include, &s->filter.names_exclude,
	    &filter, "names", true);
	read_filter_half(&s->filter.tags_include, &s->filter.tags_exclude,
	    &filter, "tags", false);
	free(path);
}

static void
warn_if_ignored(
    const struct conf_source *s, const struct conf_at *at, const char *key)
{
	if (conf_value_present(at, key))
		conf_message_warn(at, key, "%s is ignored for %s sources", key,
		    source_kind_name(s->kind));
}

static void
read_source(struct conf_reader *r, const struct conf_at *top, size_t index)
{
	struct conf_source *s = &r->conf->sources[index];
	const struct yaml_tree *node = conf_value_block(top, "sources", index);
	char path[64], label[LABEL_SIZE], shown[CONF_SHOWN_SIZE];
	struct conf_at at = { r, node, path, label, node->line };

	s->line = node->line;
	if (node->bad)
		return;
	snprintf(path, sizeof path, "sources[%zu]", index);
	snprintf(label, sizeof label, "source[%zu]: ", index);
	read_name(s, &at);
	if (s->name != NULL)
		snprintf(label, sizeof label, "source[%zu] (%s): ", index,
		    conf_message_show(shown, s->name));
	if (read_kind(s, &at)) {
		read_block(s, &at);
		if (source_kind_is_synced(s->kind)) {
			read_policy(s, &at);
			read_filter(s, &at);
		} else {
			warn_if_ignored(s, &at, "syncPolicy");
			warn_if_ignored(s, &at, "filter");
		}
	}
	s->claims = conf_claims_read(&at);
}

/* There is one place that the publish API writes to. */
static void
check_managed(struct conf_reader *r, const struct conf_at *top)
{
	size_t found = 0, second = 0;

	for (size_t i = 0; i < r->conf->source_count; i++) {
		const struct yaml_tree *node =
		    conf_value_block(top, "sources", i);

		if (yaml_tree_get(node, "managed") != NULL && ++found == 2)
			second = i;
	}
	if (found > 1)
		conf_message_add(r, true, r->conf->sources[second].line,
		    "sources",
		    "at most one managed source is allowed, found "
		    "%zu",
		    found);
}

void
conf_sources_read(struct conf_reader *r)
{
	struct conf_at top = { r, r->root, "", "", 1 };
	const struct yaml_tree *node = yaml_tree_get(r->root, "sources");
	size_t count = conf_value_block_count(&top, "sources");

	if (count == 0) {
		if (node == NULL || !node->bad)
			conf_message_error(&top, "sources",
			    "at least one source must be configured");
		return;
	}
	if (count > LIMIT_CONFIG_SOURCES) {
		conf_message_error(&top, "sources",
		    "found %zu sources, expected at most %d", count,
		    LIMIT_CONFIG_SOURCES);
		return;
	}
	r->conf->sources = xcalloc(count, sizeof *r->conf->sources);
	for (size_t i = 0; i < count; i++) {
		r->conf->source_count++;
		read_source(r, &top, i);
	}
	check_managed(r, &top);
}
