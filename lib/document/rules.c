/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking one entry: make nodes of it, walk them along the tables of rules
 * (lib/document/rules_walk.c), and extract the facts.
 */
#include "lib/document/rules.h"

#include "lib/document/jscan.h"
#include "lib/document/rules_generation.h"
#include "lib/document/rules_private.h"
#include "lib/document/rules_walk.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIRST_TEXTS 16 /* first capacity of a list of texts */

/* A growing list of texts of an entry. */
struct collection {
	struct rules_texts texts;
	size_t capacity;
};

struct rules {
	size_t max_meta_size;
	struct jnodes nodes; /* of the present entry */
	/*
	 * Its facts.  Each is a different part of the entry and, with its NUL,
	 * shorter than there, so the size of the entry is enough.
	 */
	char *texts;
	size_t texts_used, texts_size;
	struct buf scratch;
	char name[LIMIT_IDENTITY + 1]; /* facts.name unless the entry has it */
	struct collection tags, registry_types, transports;
};

static int
check_meta_size(struct rules_walk *c, size_t max)
{
	size_t len;

	if (c->len <= max)
		return 0;
	c->depth = 0;
	rules_walk_enter(c, "_meta");
	rules_walk_enter(c, RULES_PUBLISHER);
	if (jscan_find(c->json, c->len, c->path, c->depth, &len) != NULL &&
	    len > max)
		return rules_walk_violated(c,
		    "publisher-provided metadata size %zu bytes exceeds "
		    "maximum allowed size of %zu bytes",
		    len, max);
	return 0;
}

/* ---- facts ---- */

/*
 * Keeps the text of a string until the next entry.  NULL if ${value} is not a
 * string, or has a NUL in it.
 */
static const char *
keep_text(struct rules *r, const struct jnode *value)
{
	char *kept = r->texts + r->texts_used;
	struct jnode_text text;

	if (value == NULL || *value->text != '"')
		return NULL;
	text = jnode_string(value, &r->scratch);
	if (memchr(text.text, '\0', text.len) != NULL)
		return NULL;
	memcpy(kept, text.text, text.len);
	kept[text.len] = '\0';
	r->texts_used += text.len + 1;
	return kept;
}

static const char *
keep_member(struct rules *r, const struct jnode *object, const char *name)
{
	return keep_text(r, jnode_member(object, name));
}

static void
collect(struct rules *r, struct collection *c, const struct jnode *value)
{
	struct rules_texts *t = &c->texts;
	const char *text = keep_text(r, value);

	if (text == NULL)
		return;
	if (t->count == c->capacity) {
		c->capacity = c->capacity == 0 ? FIRST_TEXTS : c->capacity * 2;
		t->at = xreallocarray(t->at, c->capacity, sizeof *t->at);
	}
	t->at[t->count++] = text;
}

/* Removes texts that equal an earlier one. */
static void
drop_repeats(struct rules_texts *t)
{
	const size_t count = t->count;
	struct rules_item *items;
	size_t repeats;

	if (count < 2)
		return;
	items = xcalloc(count, sizeof *items);
	for (size_t i = 0; i < count; i++)
		items[i] =
		    (struct rules_item){ .text = { t->at[i], strlen(t->at[i]) },
			    .at = i };
	repeats = rules_walk_find_repeats(items, count);
	for (size_t i = 0; i < repeats; i++)
		t->at[items[i].at] = NULL;
	t->count = 0;
	for (size_t i = 0; i < count; i++)
		if (t->at[i] != NULL)
			t->at[t->count++] = t->at[i];
	free(items);
}

/* The first node inside a container that starts with ${bracket}. */
static const struct jnode *
first_inside(const struct jnode *container, char bracket)
{
	return container != NULL && *container->text == bracket &&
		       container->span > 1
		   ? container + 1
		   : NULL;
}

/* The one after ${n}; NULL after the last. */
static const struct jnode *
next_inside(const struct jnode *container, const struct jnode *n)
{
	n = jnode_end(n);
	return n < jnode_end(container) ? n : NULL;
}

static void
collect_list(struct rules *r, struct collection *c, const struct jnode *list)
{
	const struct jnode *n = first_inside(list, '[');

	for (; n != NULL; n = next_inside(list, n))
		collect(r, c, n);
}

/* Tags are two levels below the publisher-provided object, under any name. */
static void
collect_tags(struct rules *r, const struct jnode *server)
{
	const struct jnode *all =
	    jnode_member(jnode_member(server, "_meta"), RULES_PUBLISHER);
	const struct jnode *one = first_inside(all, '{');

	for (; one != NULL; one = next_inside(all, one)) {
		const struct jnode *part = first_inside(one + 1, '{');

		for (; part != NULL; part = next_inside(one + 1, part))
			collect_list(
			    r, &r->tags, jnode_member(part + 1, "tags"));
	}
}

/* The types of packages, and the transports of packages and remotes. */
static void
collect_types(struct rules *r, const struct jnode *entry)
{
	const struct jnode *packages = jnode_member(entry, "packages");
	const struct jnode *remotes = jnode_member(entry, "remotes");
	const struct jnode *n;

	for (n = first_inside(packages, '['); n != NULL;
	     n = next_inside(packages, n)) {
		collect(r, &r->registry_types, jnode_member(n, "registryType"));
		collect(r, &r->transports,
		    jnode_member(jnode_member(n, "transport"), "type"));
	}
	for (n = first_inside(remotes, '['); n != NULL;
	     n = next_inside(remotes, n))
		collect(r, &r->transports, jnode_member(n, "type"));
}

/* The name that identifies an entry; NULL if missing or too long. */
static const char *
full_name(struct rules *r, enum entry_kind kind, const struct jnode *entry)
{
	const char *name = keep_member(r, entry, "name"), *space;
	int len;

	if (name == NULL)
		return NULL;
	if (kind == ENTRY_SERVER)
		return strlen(name) > LIMIT_IDENTITY ? NULL : name;
	space = keep_member(r, entry, "namespace");
	if (space == NULL)
		return NULL;
	len = snprintf(r->name, sizeof r->name, "%s/%s", space, name);
	return len < 0 || (size_t)len >= sizeof r->name ? NULL : r->name;
}

/*
 * The object that has the version in the first schemas; NULL if the entry
 * itself has it.
 */
static const struct jnode *
version_detail(enum entry_kind kind, const struct jnode *entry)
{
	const struct jnode *detail;

	if (kind != ENTRY_SERVER || jnode_member(entry, "version") != NULL)
		return NULL;
	detail = jnode_member(entry, "version_detail");
	return detail != NULL && *detail->text == '{' ? detail : NULL;
}

/* Name and version, which are reported for bad entries, too. */
static void
collect_identity(struct rules *r, struct rules_entry *facts,
    enum entry_kind kind, const struct jnode *entry)
{
	const struct jnode *detail = version_detail(kind, entry);
	const char *version =
	    keep_member(r, detail == NULL ? entry : detail, "version");

	facts->name = full_name(r, kind, entry);
	if (version != NULL && strlen(version) <= LIMIT_VERSION_BYTES)
		facts->version = version;
}

static void
collect_facts(struct rules *r, struct rules_entry *facts, enum entry_kind kind,
    const struct jnode *entry)
{
	facts->title = keep_member(r, entry, "title");
	if (facts->title != NULL && facts->title[0] == '\0')
		facts->title = NULL;
	facts->description = keep_member(r, entry, "description");
	r->tags.texts.count = 0;
	r->registry_types.texts.count = 0;
	r->transports.texts.count = 0;
	if (kind == ENTRY_SERVER)
		collect_tags(r, entry);
	collect_types(r, entry);
	drop_repeats(&r->tags.texts);
	drop_repeats(&r->registry_types.texts);
	drop_repeats(&r->transports.texts);
	facts->tags = r->tags.texts.at;
	facts->tag_count = r->tags.texts.count;
	facts->registry_types = r->registry_types.texts;
	facts->transports = r->transports.texts;
}

/* ---- the interface ---- */

struct rules *
rules_new(size_t max_meta_size)
{
	struct rules *r = xcalloc(1, sizeof *r);

	r->max_meta_size = max_meta_size;
	buf_init(&r->scratch, SIZE_MAX);
	return r;
}

void
rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	jnode_free(&r->nodes);
	buf_free(&r->scratch);
	free(r->texts);
	free(r->tags.texts.at);
	free(r->registry_types.texts.at);
	free(r->transports.texts.at);
	free(r);
}

const char *
rules_status(enum entry_kind kind, const char *text, size_t len)
{
	static const char *const servers[] = { "active", "deprecated",
		"deleted" };
	static const char *const extensions[] = { "active", "deprecated",
		"archived" };
	const char *const *known = kind == ENTRY_SERVER ? servers : extensions;

	for (size_t i = 0; i < 3; i++)
		if (strlen(known[i]) == len &&
		    strncasecmp(known[i], text, len) == 0)
			return known[i];
	return NULL;
}

const char *
rules_status_rule(enum entry_kind kind)
{
	return kind == ENTRY_SERVER
		   ? "must be one of: active, deprecated, deleted"
		   : "must be one of: active, deprecated, archived";
}

/*
 * The status in the document of a skill, a plugin, or a server of an earlier
 * schema.  An unknown one is ignored and noted.
 */
static void
read_status(struct rules *r, struct rules_walk *c, struct rules_entry *facts,
    enum entry_kind kind, const struct jnode *entry)
{
	const struct jnode *value = jnode_member(entry, "status");
	struct jnode_text text = { "", 0 };
	const char *status;

	if (kind != ENTRY_SERVER)
		facts->status = "active";
	if (value == NULL || *value->text == 'n')
		return;
	if (*value->text == '"')
		text = jnode_string(value, &r->scratch);
	status = rules_status(kind, text.text, text.len);
	if (status != NULL)
		facts->status = status;
	/* The reference sends those of skills and plugins in upper case. */
	if (c->noted || c->stored ||
	    (status != NULL && (kind != ENTRY_SERVER ||
				   memcmp(status, text.text, text.len) == 0)))
		return;
	c->depth = 0;
	rules_walk_enter(c, "status");
	rules_walk_violated(c, "%s", rules_status_rule(kind));
	c->noted = true;
}

/* Checks the shape; of an ${old} server some rules are only noted. */
static int
check_shape(struct rules *r, struct rules_walk *c, enum entry_kind kind,
    enum rules_level level, bool old, const struct jnode *entry)
{
	const bool authored = level == RULES_AUTHORED;

	if (level == RULES_STORED)
		return 0;
	if (kind != ENTRY_SERVER) {
		c->kind_bound = true;
		return rules_walk_shape(
		    c, rules_table_extension(kind, !authored), entry);
	}
	c->authors_bound = authored && !old;
	c->quiet = !authored;
	if (rules_walk_shape(c,
		rules_table_server(version_detail(kind, entry) != NULL),
		entry) == -1)
		return -1;
	/* Noted first, because it explains why clients ignore the rest. */
	c->depth = 0;
	c->noted |= old && rules_generation_renamed(c, entry);
	return check_meta_size(c, r->max_meta_size);
}

/* Makes room for the facts of an entry, and makes its nodes. */
static const struct jnode *
start_entry(struct rules *r, const struct rules_walk *c)
{
	if (r->texts_size <= c->len) {
		free(r->texts);
		r->texts_size = c->len + 1;
		r->texts = xmalloc(r->texts_size);
	}
	r->texts_used = 0;
	jnode_read(&r->nodes, c->json, c->len);
	return r->nodes.at;
}

/* Rejects an entry that some clients cannot read. */
static int
reject_defect(struct rules_walk *c, const char *defect)
{
	rules_walk_violated(c, "%s", defect);
	c->problem->value[0] = '\0';
	return -1;
}

static enum rules_verdict
check_entry(struct rules *r, enum entry_kind kind, enum rules_level level,
    struct rules_walk *c, struct rules_entry *facts)
{
	const struct jnode *entry = start_entry(r, c);
	bool old;

	collect_identity(r, facts, kind, entry);
	if (r->nodes.defect != NULL) {
		reject_defect(c, r->nodes.defect);
		return RULES_BROKEN;
	}
	if (*entry->text != '{') {
		rules_walk_violated(c, "must be an object");
		return RULES_BROKEN;
	}
	old = kind == ENTRY_SERVER &&
	      rules_generation_is_old(entry, keep_member(r, entry, "$schema"));
	c->stored = level == RULES_STORED;
	if (check_shape(r, c, kind, level, old, entry) == -1)
		return RULES_BROKEN;
	collect_facts(r, facts, kind, entry);
	if (old || kind != ENTRY_SERVER)
		read_status(r, c, facts, kind, entry);
	return c->noted ? RULES_NOTED : RULES_KEPT;
}

enum rules_verdict
rules_check(struct rules *r, enum entry_kind kind, enum rules_level level,
    const char *json, size_t len, struct rules_entry *facts,
    struct rules_problem *problem)
{
	struct rules_walk c = { .json = json,
		.len = len,
		.scratch = &r->scratch,
		.problem = problem };

	*facts = (struct rules_entry){ 0 };
	*problem = (struct rules_problem){ 0 };
	return check_entry(r, kind, level, &c, facts);
}

int
rules_check_text(struct rules *r, const char *json, size_t len,
    struct rules_problem *problem)
{
	struct rules_walk c = { .json = json, .len = len, .problem = problem };

	*problem = (struct rules_problem){ 0 };
	jnode_read(&r->nodes, json, len);
	return r->nodes.defect == NULL ? 0 : reject_defect(&c, r->nodes.defect);
}
