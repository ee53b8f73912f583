/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking one entry: parse it, walk it along the tables of rules
 * (lib/document/rules_walk.c), and pick out the facts.
 */
#include "lib/document/rules.h"

#include "lib/document/jscan.h"
#include "lib/document/rules_arena.h"
#include "lib/document/rules_generation.h"
#include "lib/document/rules_parse.h"
#include "lib/document/rules_private.h"
#include "lib/document/rules_walk.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIRST_TEXTS 16 /* room for so many at the start */

/* Texts of an entry that are being collected. */
struct collection {
	struct rules_texts texts;
	size_t capacity;
	json_t *seen; /* made with the entry's first */
};

struct rules {
	size_t max_meta_size;
	struct rules_arena *arena;
	char name[LIMIT_IDENTITY + 1]; /* facts.name unless the entry has it */
	char version[LIMIT_VERSION_BYTES + 1];
	struct collection tags, registry_types, transports;
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

static const char *
member_text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

/* Adds ${text}, unless it is NULL or there already. */
static void
collect(struct collection *c, const char *text)
{
	struct rules_texts *t = &c->texts;

	if (text == NULL)
		return;
	if (t->count == c->capacity) {
		c->capacity = c->capacity == 0 ? FIRST_TEXTS : c->capacity * 2;
		t->at = xreallocarray(t->at, c->capacity, sizeof *t->at);
	}
	if (c->seen == NULL)
		c->seen = json_object();
	t->at[t->count] = text;
	if (!rules_walk_is_repeated(c->seen, t->at, t->count))
		t->count++;
}

static void
begin_collection(struct collection *c)
{
	c->texts.count = 0;
	c->seen = NULL; /* the arena has taken back the one before */
}

/* What ${extension}.tags holds, as far as it is strings. */
static void
collect_tags(struct collection *c, const json_t *extension)
{
	const json_t *tags = json_object_get(extension, "tags");

	for (size_t i = 0; i < json_array_size(tags); i++)
		collect(c, json_string_value(json_array_get(tags, i)));
}

/* Tags stand two levels below the publisher-provided object, whatever those. */
static void
collect_server_tags(struct collection *c, const json_t *server)
{
	json_t *publishers =
	    json_object_get(json_object_get(server, "_meta"), RULES_PUBLISHER);
	json_t *publisher;

	for (void *at = json_object_iter(publishers); at != NULL;
	     at = json_object_iter_next(publishers, at)) {
		publisher = json_object_iter_value(at);
		for (void *in = json_object_iter(publisher); in != NULL;
		     in = json_object_iter_next(publisher, in))
			collect_tags(c, json_object_iter_value(in));
	}
}

/* What kinds of packages and remotes there are. */
static void
collect_types(struct rules *r, const json_t *entry)
{
	const json_t *packages = json_object_get(entry, "packages");
	const json_t *remotes = json_object_get(entry, "remotes");
	const json_t *package;

	for (size_t i = 0; i < json_array_size(packages); i++) {
		package = json_array_get(packages, i);
		collect(
		    &r->registry_types, member_text(package, "registryType"));
		collect(&r->transports,
		    member_text(json_object_get(package, "transport"), "type"));
	}
	for (size_t i = 0; i < json_array_size(remotes); i++)
		collect(&r->transports,
		    member_text(json_array_get(remotes, i), "type"));
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

/* The first servers had their version in an object of its own. */
static bool
has_version_detail(enum entry_kind kind, const json_t *entry)
{
	return kind == ENTRY_SERVER &&
	       json_object_get(entry, "version") == NULL &&
	       json_is_object(json_object_get(entry, "version_detail"));
}

/* Name and version, which are wanted of bad entries too. */
static void
collect_identity(struct rules *r, struct rules_entry *facts,
    enum entry_kind kind, const json_t *entry)
{
	const char *version = member_text(entry, "version");

	if (has_version_detail(kind, entry))
		version = member_text(
		    json_object_get(entry, "version_detail"), "version");
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
	begin_collection(&r->tags);
	begin_collection(&r->registry_types);
	begin_collection(&r->transports);
	if (kind == ENTRY_SERVER)
		collect_server_tags(&r->tags, entry);
	collect_types(r, entry);
	facts->tags = r->tags.texts.at;
	facts->tag_count = r->tags.texts.count;
	facts->registry_types = r->registry_types.texts;
	facts->transports = r->transports.texts;
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

/* Says in the problem why jansson refused.  -1. */
static int
refused(struct rules_walk *c, const json_error_t *why)
{
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
	return -1;
}

/* Finds name and version without a tree. */
static void
raw_identity(struct rules *r, enum entry_kind kind, const struct rules_walk *c,
    struct rules_entry *facts)
{
	const char *name, *space;

	if (*c->json != '{')
		return;
	name =
	    raw_text(c->json, c->len, "name", r->raw.name, sizeof r->raw.name);
	space = raw_text(
	    c->json, c->len, "namespace", r->raw.space, sizeof r->raw.space);
	facts->name = full_name(r, kind, space, name);
	facts->version =
	    raw_text(c->json, c->len, "version", r->version, sizeof r->version);
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
 * The status that an entry gives itself: a skill or a plugin, or a server of an
 * earlier schema.  One that is unknown costs the status, and is noted.
 */
static void
take_status(struct rules_walk *c, struct rules_entry *facts,
    enum entry_kind kind, const json_t *entry)
{
	const json_t *status = json_object_get(entry, "status");
	const char *text = json_string_value(status);

	if (kind != ENTRY_SERVER)
		facts->status = "active";
	if (status == NULL || json_is_null(status))
		return;
	if (text != NULL)
		text = rules_status(kind, text, json_string_length(status));
	if (text != NULL)
		facts->status = text;
	/* In capitals the reference sends those of skills and plugins. */
	if (c->noted || c->stored ||
	    (text != NULL && (kind != ENTRY_SERVER ||
				 strcmp(text, json_string_value(status)) == 0)))
		return;
	c->depth = 0;
	rules_walk_enter(c, "status");
	rules_walk_violated(c, "%s", rules_status_rule(kind));
	c->noted = true;
}

/* Judges ${entry}; an ${old} one binds its author less, and is noted more. */
static int
check_shape(struct rules_walk *c, enum entry_kind kind, enum rules_level level,
    bool old, const json_t *entry)
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
		rules_table_server(has_version_detail(kind, entry)),
		entry) == -1)
		return -1;
	/* Said first, because it is why clients miss the rest. */
	c->depth = 0;
	c->noted |= old && rules_generation_renamed(c, entry);
	return 0;
}

static json_t *
parse(struct rules *r, const struct rules_walk *c, json_error_t *why)
{
	json_t *value = rules_parse(c->json, c->len);

	if (value != NULL)
		return value;
	/* Of what was made on the way nothing is kept. */
	rules_arena_reset(r->arena);
	return json_loadb(c->json, c->len, RULES_PARSE_FLAGS, why);
}

static enum rules_verdict
check_entry(struct rules *r, enum entry_kind kind, enum rules_level level,
    struct rules_walk *c, struct rules_entry *facts)
{
	json_error_t why = { 0 };
	const json_t *entry;
	bool old;

	/* Never released: the arena takes it back with the next entry. */
	entry = parse(r, c, &why);
	if (entry == NULL) {
		refused(c, &why);
		raw_identity(r, kind, c, facts);
		return RULES_BROKEN;
	}
	if (!json_is_object(entry)) {
		rules_walk_violated(c, "must be an object");
		return RULES_BROKEN;
	}
	collect_identity(r, facts, kind, entry);
	old = kind == ENTRY_SERVER && rules_generation_is_old(entry);
	c->stored = level == RULES_STORED;
	if (check_shape(c, kind, level, old, entry) == -1)
		return RULES_BROKEN;
	if (kind == ENTRY_SERVER && !c->stored) {
		c->depth = 0;
		if (check_meta_size(c, r->max_meta_size) == -1)
			return RULES_BROKEN;
	}
	collect_facts(r, facts, kind, entry);
	if (old || kind != ENTRY_SERVER)
		take_status(c, facts, kind, entry);
	return c->noted ? RULES_NOTED : RULES_KEPT;
}

enum rules_verdict
rules_check(struct rules *r, enum entry_kind kind, enum rules_level level,
    const char *json, size_t len, struct rules_entry *facts,
    struct rules_problem *problem)
{
	struct rules_walk c = { .json = json, .len = len, .problem = problem };
	enum rules_verdict verdict;

	*facts = (struct rules_entry){ 0 };
	*problem = (struct rules_problem){ 0 };
	rules_arena_reset(r->arena);
	rules_arena_enter(r->arena);
	verdict = check_entry(r, kind, level, &c, facts);
	rules_arena_leave();
	return verdict;
}

int
rules_check_text(struct rules *r, const char *json, size_t len,
    struct rules_problem *problem)
{
	struct rules_walk c = { .json = json, .len = len, .problem = problem };
	json_error_t why = { 0 };
	int rc = 0;

	*problem = (struct rules_problem){ 0 };
	rules_arena_reset(r->arena);
	rules_arena_enter(r->arena);
	if (parse(r, &c, &why) == NULL)
		rc = refused(&c, &why);
	rules_arena_leave();
	return rc;
}
