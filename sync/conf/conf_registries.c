/* SPDX-License-Identifier: Apache-2.0 */
/* registries[]: names, their sources in order, and which one is the default. */
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_SIZE (CONF_SHOWN_SIZE + 40)
#define UNKNOWN SIZE_MAX

static void
read_name(struct conf_registry *g, const struct conf_at *at)
{
	const struct conf *c = at->reader->conf;
	char shown[CONF_SHOWN_SIZE];

	g->name = conf_value_required(at, "name", "name");
	for (const struct conf_registry *other = c->registries;
	     g->name != NULL && other < g; other++) {
		if (other->name == NULL || strcmp(other->name, g->name) != 0)
			continue;
		conf_message_error(at, "name",
		    "duplicate registry name '%s', first on line %d",
		    conf_message_show(shown, g->name), other->line);
		return;
	}
}

static size_t
find_source(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->source_count; i++) {
		if (c->sources[i].name != NULL &&
		    strcmp(c->sources[i].name, name) == 0)
			return i;
	}
	return UNKNOWN;
}

static void
report_unknown(
    const struct conf_at *at, const char *name, int line, const char *path)
{
	const struct conf *c = at->reader->conf;
	const char *nearest = NULL;
	char shown[CONF_SHOWN_SIZE];
	size_t best = strlen(name) < 4 ? 2 : 3;

	for (size_t i = 0; i < c->source_count; i++) {
		size_t distance =
		    c->sources[i].name == NULL
			? SIZE_MAX
			: conf_keys_distance(c->sources[i].name, name);

		if (distance < best) {
			best = distance;
			nearest = c->sources[i].name;
		}
	}
	conf_message_show(shown, name);
	if (nearest == NULL)
		conf_message_add(at->reader, true, line, path,
		    "%sreferences unknown source '%s'", at->label, shown);
	else
		conf_message_add(at->reader, true, line, path,
		    "%sreferences unknown source '%s'; did you mean '%s'?",
		    at->label, shown, nearest);
}

/* Whether ${index} is among the sources already read. */
static bool
holds(const struct conf_registry *g, size_t index)
{
	for (size_t i = 0; i < g->source_count; i++) {
		if (g->sources[i] == index)
			return true;
	}
	return false;
}

static void
read_sources(struct conf_registry *g, const struct conf_at *at)
{
	const struct yaml_tree *node = yaml_tree_get(at->node, "sources");
	struct filter_list names;

	conf_value_strings(&names, at, "sources");
	if (at->reader->conf->source_count == 0)
		goto out; /* that there are no sources has been said */
	if (names.count == 0 && (node == NULL || !node->bad))
		conf_message_error(
		    at, "sources", "at least one source is required");
	if (names.count > 0)
		g->sources = xcalloc(names.count, sizeof *g->sources);
	for (size_t i = 0; i < names.count; i++) {
		int line = conf_value_string_line(at, "sources", i);
		size_t index = find_source(at->reader->conf, names.items[i]);
		char *path = xasprintf("%s.sources[%zu]", at->path, i);
		char shown[CONF_SHOWN_SIZE];

		if (index == UNKNOWN)
			report_unknown(at, names.items[i], line, path);
		else if (holds(g, index))
			conf_message_add(at->reader, true, line, path,
			    "%ssource '%s' is listed more than once", at->label,
			    conf_message_show(shown, names.items[i]));
		else
			g->sources[g->source_count++] = index;
		free(path);
	}
out:
	conf_value_free_strings(&names);
}

static void
read_registry(struct conf_reader *r, const struct conf_at *top, size_t index)
{
	struct conf_registry *g = &r->conf->registries[index];
	const struct yaml_tree *node =
	    conf_value_block(top, "registries", index);
	char path[64], label[LABEL_SIZE], shown[CONF_SHOWN_SIZE];
	struct conf_at at = { r, node, path, label, node->line };

	g->line = node->line;
	if (node->bad)
		return;
	snprintf(path, sizeof path, "registries[%zu]", index);
	snprintf(label, sizeof label, "registries[%zu]: ", index);
	read_name(g, &at);
	if (g->name != NULL)
		snprintf(label, sizeof label, "registries[%zu] (%s): ", index,
		    conf_message_show(shown, g->name));
	read_sources(g, &at);
	g->is_default = conf_value_flag(&at, "default");
	g->claims = conf_claims_read(&at);
}

static void
settle_default(struct conf_reader *r, const struct conf_at *top)
{
	struct conf *c = r->conf;
	size_t found = 0, first = 0;

	for (size_t i = 0; i < c->registry_count; i++) {
		struct conf_registry *g = &c->registries[i];
		const struct yaml_tree_member *m;
		char path[64];

		if (!g->is_default)
			continue;
		if (found++ == 0) {
			first = i;
			continue;
		}
		g->is_default = false;
		m = yaml_tree_find(
		    conf_value_block(top, "registries", i), "default");
		snprintf(path, sizeof path, "registries[%zu].default", i);
		conf_message_add(r, true, m->line, path,
		    "found a second default registry, expected at most one; "
		    "the first is on line %d",
		    c->registries[first].line);
	}
	c->registries[first].is_default = true;
}

/* A source in no registry is fetched and never shown. */
static void
warn_about_unused(struct conf_reader *r)
{
	const struct conf *c = r->conf;

	for (size_t i = 0; i < c->source_count; i++) {
		char path[64];
		bool used = c->sources[i].name == NULL;

		for (size_t k = 0; !used && k < c->registry_count; k++)
			used = holds(&c->registries[k], i);
		if (used)
			continue;
		snprintf(path, sizeof path, "sources[%zu]", i);
		conf_message_add(r, false, c->sources[i].line, path,
		    "source '%.63s' is in no registry: nothing shows it",
		    c->sources[i].name);
	}
}

void
conf_registries_read(struct conf_reader *r)
{
	struct conf_at top = { r, r->root, "", "", 1 };
	const struct yaml_tree *node = yaml_tree_get(r->root, "registries");
	size_t count = conf_value_block_count(&top, "registries");

	if (count == 0) {
		if (node == NULL || !node->bad)
			conf_message_error(&top, "registries",
			    "at least one registry must be configured");
		return;
	}
	if (count > LIMIT_CONFIG_REGISTRIES) {
		conf_message_error(&top, "registries",
		    "found %zu registries, expected at most %d", count,
		    LIMIT_CONFIG_REGISTRIES);
		return;
	}
	r->conf->registries = xcalloc(count, sizeof *r->conf->registries);
	for (size_t i = 0; i < count; i++) {
		r->conf->registry_count++;
		read_registry(r, &top, i);
	}
	settle_default(r, &top);
	/* A name that is wrong somewhere makes this one moot. */
	if (r->error_count == 0)
		warn_about_unused(r);
}
