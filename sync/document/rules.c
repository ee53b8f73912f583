/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking one entry: parse it, walk it along the tables of rules
 * (sync/document/rules_walk.c), and pick out the facts.
 */
#include "sync/document/rules.h"

#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/document/jscan.h"
#include "sync/document/rules_arena.h"
#include "sync/document/rules_private.h"
#include "sync/document/rules_walk.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_TAGS 16 /* room for so many at the start */

struct rules {
	size_t max_meta_size;
	struct rules_arena *arena;
	char name[LIMIT_IDENTITY + 1]; /* facts.name unless the entry has it */
	char version[LIMIT_VERSION_BYTES + 1];
	const char **tags; /* facts.tags */
	size_t tag_capacity;
	struct {
		char name[LIMIT_IDENTITY + 1];
		char space[LIMIT_IDENTITY + 1];
	} raw; /* parts of an entry that jansson refused */
};

static int
check_meta_size(struct rules_walk *c, size_t max)
{
	size_t len;

	if (c->len <= max)
		return 0;
	rules_walk_enter(c, "_meta");
	rules_walk_enter(c, RULES_PUBLISHER);
	if (jscan_find(c->json, c->len, c->path, c->depth, &len) != NULL &&
	    len > max)
		return rules_walk_violated(c,
		    "publisher-provided metadata size %zu bytes exceeds "
		    "maximum allowed size of %zu bytes",
		    len, max);
	c->depth -= 2;
	return 0;
}

/* ---- facts ---- */

static void
add_tag(
    struct rules *r, struct rules_entry *facts, json_t *seen, const char *tag)
{
	if (facts->tag_count == r->tag_capacity) {
		r->tag_capacity =
		    r->tag_capacity == 0 ? FIRST_TAGS : r->tag_capacity * 2;
		r->tags =
		    xreallocarray(r->tags, r->tag_capacity, sizeof *r->tags);
	}
	facts->tags = r->tags;
	r->tags[facts->tag_count] = tag;
	if (!rules_walk_is_repeated(seen, r->tags, facts->tag_count))
		facts->tag_count++;
}

/* What ${extension}.tags holds, as far as it is strings. */
static void
collect_tags(struct rules *r, struct rules_entry *facts, json_t *seen,
    const json_t *extension)
{
	const json_t *tags = json_object_get(extension, "tags");
	const char *tag;

	for (size_t i = 0; i < json_array_size(tags); i++) {
		tag = json_string_value(json_array_get(tags, i));
		if (tag != NULL)
			add_tag(r, facts, seen, tag);
	}
}

/* Tags stand two levels below the publisher-provided object, whatever those. */
static void
collect_server_tags(
    struct rules *r, struct rules_entry *facts, const json_t *server)
{
	json_t *publishers =
	    json_object_get(json_object_get(server, "_meta"), RULES_PUBLISHER);
	json_t *seen, *publisher;

	if (publishers == NULL)
		return;
	seen = json_object();
	for (void *at = json_object_iter(publishers); at != NULL;
	     at = json_object_iter_next(publishers, at)) {
		publisher = json_object_iter_value(at);
		for (void *in = json_object_iter(publisher); in != NULL;
		     in = json_object_iter_next(publisher, in))
			collect_tags(
			    r, facts, seen, json_object_iter_value(in));
	}
}

static const char *
member_text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

/* The name by which an entry is known, NULL if there is none of its size. */
static const char *
full_name(
    struct rules *r, enum entry_kind kind, const char *space, const char *name)
{
	int len;

	if (name == NULL || (kind != ENTRY_SERVER && space == NULL))
		return NULL;
	if (kind == ENTRY_SERVER)
		return strlen(name) > LIMIT_IDENTITY ? NULL : name;
	len = snprintf(r->name, sizeof r->name, "%s/%s", space, name);
	return len < 0 || (size_t)len >= sizeof r->name ? NULL : r->name;
}

/* Name and version, which are wanted of bad entries too. */
static void
collect_identity(struct rules *r, struct rules_entry *facts,
    enum entry_kind kind, const json_t *entry)
{
	const char *version = member_text(entry, "version");

	facts->name = full_name(r, kind, member_text(entry, "namespace"),
	    member_text(entry, "name"));
	if (version != NULL && strlen(version) <= LIMIT_VERSION_BYTES)
		facts->version = version;
}

static void
collect_facts(struct rules *r, struct rules_entry *facts, enum entry_kind kind,
    const json_t *entry)
{
	facts->title = member_text(entry, "title");
	if (facts->title != NULL && facts->title[0] == '\0')
		facts->title = NULL;
	facts->description = member_text(entry, "description");
	if (kind == ENTRY_SERVER) {
		collect_server_tags(r, facts, entry);
		return;
	}
	facts->status = member_text(entry, "status");
	if (facts->status == NULL)
		facts->status = "active";
}

/* ---- an entry that jansson refuses ---- */

/* Copies the top-level string ${member} to ${into}; NULL if there is none. */
static const char *
raw_text(
    const char *json, size_t len, const char *member, char *into, size_t size)
{
	const struct jscan_step step = { member, strlen(member), 0 };
	const char *found = jscan_find(json, len, &step, 1, &len);

	if (found == NULL || len < 2 || *found != '"' || len >= size)
		return NULL;
	memcpy(into, found, len);
	jscan_unquote(into, &len);
	return strlen(into) == len ? into : NULL;
}

/* Says why in ${problem}; finds name and version without a tree.  -1. */
static int
refused(struct rules *r, enum entry_kind kind, struct rules_walk *c,
    struct rules_entry *facts, const json_error_t *why)
{
	const char *name, *space;

	/* Without memory jansson gives up without a word. */
	switch (why->text[0] == '\0' ? json_error_out_of_memory
				     : json_error_code(why)) {
	case json_error_numeric_overflow:
		rules_walk_violated(c, "holds a number that is out of range");
		break;
	case json_error_null_character:
	case json_error_null_byte_in_key:
		rules_walk_violated(c, "holds a NUL character (\\u0000)");
		break;
	case json_error_out_of_memory:
		rules_walk_violated(c, "has too many values");
		break;
	default:
		rules_walk_violated(c, "cannot be read: %.160s", why->text);
		break;
	}
	c->problem->value[0] = '\0';
	if (*c->json != '{')
		return -1;
	name =
	    raw_text(c->json, c->len, "name", r->raw.name, sizeof r->raw.name);
	space = raw_text(
	    c->json, c->len, "namespace", r->raw.space, sizeof r->raw.space);
	facts->name = full_name(r, kind, space, name);
	facts->version =
	    raw_text(c->json, c->len, "version", r->version, sizeof r->version);
	return -1;
}

/* ---- the interface ---- */

struct rules *
rules_new(size_t max_meta_size)
{
	struct rules *r = xcalloc(1, sizeof *r);

	r->max_meta_size = max_meta_size;
	r->arena = rules_arena_new(LIMIT_ENTRY_TREE);
	return r;
}

void
rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	rules_arena_free(r->arena);
	free(r->tags);
	free(r);
}

static int
check_entry(struct rules *r, enum entry_kind kind, struct rules_walk *c,
    struct rules_entry *facts)
{
	const size_t flags = JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY;
	json_error_t why = { 0 };
	const json_t *entry;

	/* Never released: the arena takes it back with the next entry. */
	entry = json_loadb(c->json, c->len, flags, &why);
	if (entry == NULL)
		return refused(r, kind, c, facts, &why);
	if (!json_is_object(entry))
		return rules_walk_violated(c, "must be an object");
	collect_identity(r, facts, kind, entry);
	if (rules_walk_shape(c, rules_table_shape(kind), entry) == -1)
		return -1;
	if (kind == ENTRY_SERVER && check_meta_size(c, r->max_meta_size) == -1)
		return -1;
	collect_facts(r, facts, kind, entry);
	return 0;
}

int
rules_check(struct rules *r, enum entry_kind kind, const char *json, size_t len,
    struct rules_entry *facts, struct rules_problem *problem)
{
	struct rules_walk c = { .json = json, .len = len, .problem = problem };
	int rc;

	*facts = (struct rules_entry){ 0 };
	*problem = (struct rules_problem){ 0 };
	rules_arena_reset(r->arena);
	rules_arena_enter(r->arena);
	rc = check_entry(r, kind, &c, facts);
	rules_arena_leave();
	return rc;
}
