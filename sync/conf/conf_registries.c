/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of registries[], and those of registries and sources together. */
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <string.h>

#define UNKNOWN SIZE_MAX

void
conf_check_registry_name(const struct conf_at *at, void *registry)
{
	const struct conf_registry *g = registry;
	char shown[CONF_SHOWN_SIZE];

	for (const struct conf_registry *other =
		 conf_being_read(at)->registries;
	     other < g; other++) {
		if (other->name == NULL || strcmp(other->name, g->name) != 0)
			continue;
		conf_error(at, "name",
		    "duplicate registry name '%s', first on line %d",
		    conf_show(shown, g->name), other->line);
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
report_unknown(const struct conf_at *at, size_t index, const char *name)
{
	const struct conf *c = conf_being_read(at);
	const char *nearest = NULL;
	char shown[CONF_SHOWN_SIZE];
	size_t best = strlen(name) < 4 ? 2 : 3;

	for (size_t i = 0; i < c->source_count; i++) {
		size_t distance =
		    c->sources[i].name == NULL
			? SIZE_MAX
			: conf_key_distance(c->sources[i].name, name);

		if (distance < best) {
			best = distance;
			nearest = c->sources[i].name;
		}
	}
	conf_show(shown, name);
	if (nearest == NULL)
		conf_error_element(at, "sources", index,
		    "references unknown source '%s'", shown);
	else
		conf_error_element(at, "sources", index,
		    "references unknown source '%s'; did you mean '%s'?", shown,
		    nearest);
}

static bool
has_source(const struct conf_registry *g, size_t source)
{
	for (size_t i = 0; i < g->source_count; i++) {
		if (g->sources[i] == source)
			return true;
	}
	return false;
}

void
conf_check_registry(const struct conf_at *at, void *registry)
{
	struct conf_registry *g = registry;
	const struct conf *c = conf_being_read(at);
	char shown[CONF_SHOWN_SIZE];

	g->line = at->line;
	if (c->source_count == 0)
		return; /* that error is reported already */
	g->sources = xcalloc(g->source_names.count + 1, sizeof *g->sources);
	for (size_t i = 0; i < g->source_names.count; i++) {
		const char *name = g->source_names.items[i];
		size_t source = find_source(c, name);

		if (source == UNKNOWN)
			report_unknown(at, i, name);
		else if (has_source(g, source))
			conf_error_element(at, "sources", i,
			    "source '%s' is listed more than once",
			    conf_show(shown, name));
		else
			g->sources[g->source_count++] = source;
	}
}

static void
choose_default(const struct conf_at *at, struct conf *c)
{
	const struct conf_registry *first = NULL;

	for (size_t i = 0; i < c->registry_count; i++) {
		struct conf_registry *g = &c->registries[i];
		struct conf_at block = conf_element(at, "registries", i);

		if (!g->is_default)
			continue;
		if (first == NULL) {
			first = g;
			continue;
		}
		g->is_default = false;
		conf_error(&block, "default",
		    "found a second default registry, expected at most one; "
		    "the first is on line %d",
		    first->line);
	}
	if (first == NULL && c->registry_count > 0)
		c->registries[0].is_default = true;
}

/* The publish API writes to one source. */
static void
check_managed(const struct conf_at *at, const struct conf *c)
{
	size_t found = 0, second = 0;

	for (size_t i = 0; i < c->source_count; i++) {
		struct conf_at block = conf_element(at, "sources", i);

		if (conf_present(&block, "managed") && ++found == 2)
			second = i;
	}
	if (found > 1) {
		struct conf_at block = conf_element(at, "sources", second);

		conf_error(&block, NULL,
		    "at most one managed source is allowed, found %zu", found);
	}
}

/* A source in no registry is fetched and never served. */
static void
warn_about_unused(const struct conf_at *at, const struct conf *c)
{
	for (size_t i = 0; i < c->source_count; i++) {
		struct conf_at block = conf_element(at, "sources", i);
		bool used = c->sources[i].name == NULL;

		for (size_t k = 0; !used && k < c->registry_count; k++)
			used = has_source(&c->registries[k], i);
		if (!used)
			conf_warn(&block, NULL,
			    "source '%.63s' is not used by any registry",
			    c->sources[i].name);
	}
}

static bool
has_claims(const struct conf *c)
{
	for (size_t i = 0; i < c->source_count; i++)
		if (c->sources[i].claims != NULL)
			return true;
	for (size_t i = 0; i < c->registry_count; i++)
		if (c->registries[i].claims != NULL)
			return true;
	return false;
}

void
conf_check_whole(const struct conf_at *at, void *conf)
{
	struct conf *c = conf;
	struct conf_at auth = conf_enter(at, "auth");
	const char *mode = conf_text(&auth, "mode");

	check_managed(at, c);
	choose_default(at, c);
	/* A source may be unused only because of an invalid name. */
	if (c->error_count == 0)
		warn_about_unused(at, c);
	if (at->reader->claims_ignored && has_claims(c) && mode != NULL &&
	    strcmp(mode, "oauth") != 0)
		conf_warn(&auth, "claims",
		    "claims are ignored: every client can read everything");
}
