/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a document: the scanner walks the envelope (lib/document/envelope.h);
 * each entry is cut out of its item or converted, checked, and passed on.
 */
#include "lib/document/catalog.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/document/envelope.h"
#include "lib/document/item_meta.h"
#include "lib/document/jscan.h"
#include "lib/document/legacy.h"
#include "lib/limits.h"
#include "lib/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BLOCK (64 * KIB)

struct catalog {
	enum shape_kind shape;
	struct envelope envelope;
	struct rules *rules;
	struct item_meta *item_meta;
	struct buf converted; /* the server made of a legacy entry */
	catalog_known *known;
	const char *seems;
	catalog_callback *callback;
	void *ctx;
	struct catalog_summary *summary;
	/* Of the present entry. */
	struct catalog_entry entry;
	struct rules_problem problem;
	struct rules_problem notes[ITEM_META_NOTES + 1];
	size_t note_count;
	enum rules_level level;
	bool wrapped; /* it was in an item */
	char name[LIMIT_IDENTITY + 1];
	char version[LIMIT_VERSION_BYTES + 1];
};

static enum jscan_action
decide(void *ctx, const struct jscan_place *p)
{
	struct catalog *c = ctx;

	return envelope_decide(&c->envelope, p);
}

/* ---- problems ---- */

__attribute__((format(printf, 3, 4))) static int
broken(struct catalog *c, const char *path, const char *fmt, ...)
{
	va_list ap;

	snprintf(c->problem.path, sizeof c->problem.path, "%s", path);
	va_start(ap, fmt);
	vsnprintf(c->problem.rule, sizeof c->problem.rule, fmt, ap);
	va_end(ap);
	c->problem.value[0] = '\0';
	return -1;
}

/* Paths of rules start at the server; in an item it is one level down. */
static struct rules_problem *
name_server(struct catalog *c)
{
	char path[sizeof c->problem.path];

	if (!c->wrapped)
		return &c->problem;
	snprintf(path, sizeof path, "server%s%.*s",
	    c->problem.path[0] == '\0' ? "" : ".",
	    (int)(sizeof path - sizeof "server."), c->problem.path);
	memcpy(c->problem.path, path, sizeof path);
	return &c->problem;
}

/* A document that is a single invalid entry may be another kind of file. */
static void
name_seeming(struct catalog *c)
{
	const size_t used = strlen(c->problem.rule);

	if (c->entry.root && c->seems != NULL)
		snprintf(c->problem.rule + used, sizeof c->problem.rule - used,
		    "; this seems to be %s", c->seems);
}

/* ---- name and version, before the entry is checked ---- */

/* Copies the text of a string without escapes; NULL if it has any. */
static const char *
plain_text(char *into, size_t size, struct jscan_text literal)
{
	if (literal.len < 2 || literal.text[0] != '"' ||
	    literal.len - 2 >= size ||
	    memchr(literal.text, '\\', literal.len) != NULL)
		return NULL;
	memcpy(into, literal.text + 1, literal.len - 2);
	into[literal.len - 2] = '\0';
	return into;
}

/* The first name and version of a server, if they have no escapes. */
static void
find_identity(struct catalog *c, struct jscan_text server)
{
	struct rules_entry *facts = &c->entry.facts;
	struct jscan_inside i;

	jscan_inside(&i, server);
	while ((facts->name == NULL || facts->version == NULL) && i.object &&
	       jscan_next(&i)) {
		if (facts->name == NULL && jscan_is_named(&i, "name"))
			facts->name =
			    plain_text(c->name, sizeof c->name, i.value);
		else if (facts->version == NULL &&
			 jscan_is_named(&i, "version"))
			facts->version =
			    plain_text(c->version, sizeof c->version, i.value);
	}
}

/* ---- validating lines ---- */

static enum jscan_action
capture_all(void *ctx, const struct jscan_place *p)
{
	(void)ctx;
	(void)p;
	return JSCAN_CAPTURE;
}

static int
measure(void *ctx, const struct jscan_place *p,
    const struct jscan_capture *capture, struct err *e)
{
	size_t *len = ctx;

	(void)p;
	(void)e;
	*len = capture->too_deep ? 0 : capture->len;
	return 0;
}

/* Whether ${value} is valid JSON without white space. */
static bool
is_json(struct jscan_text value)
{
	size_t len = 0;
	const struct jscan_handler handler = { &len, LIMIT_ENTRY, capture_all,
		measure };
	struct err ignored = ERR_INIT;
	struct reader r;

	reader_from_memory(&r, value.text, value.len);
	return jscan_run(&r, &handler, &ignored) == 0 && len == value.len;
}

/* ---- from the text of an item to the server ---- */

/* Reads the _meta of an item and checks that clients can read it. */
static int
read_item_meta(struct catalog *c, struct jscan_text meta, bool inside)
{
	const struct catalog_upstream **upstream = &c->entry.upstream;

	if (c->shape == SHAPE_ENTRIES && meta.text != NULL && !is_json(meta))
		return broken(c, "_meta", "must be valid JSON");
	c->note_count =
	    item_meta_read(upstream, c->item_meta, meta, inside, c->notes);
	if (*upstream == NULL ||
	    (*upstream)->extra_len + (*upstream)->official_len == 0)
		return 0;
	if (rules_check_text(c->rules, meta.text, meta.len, &c->problem) == 0)
		return 0;
	snprintf(c->problem.path, sizeof c->problem.path, "_meta");
	return -1;
}

/*
 * An element of a page or list is an item, with a server and its _meta, or a
 * bare server.  Cuts the text of an item down to the server.
 */
static int
unwrap(struct catalog *c, char *json, size_t len)
{
	struct jscan_text server = { NULL, 0 }, meta = { NULL, 0 };
	struct jscan_inside i;

	jscan_inside(&i, (struct jscan_text){ json, len });
	if (!i.object) {
		c->wrapped = false;
		return 0; /* rules_check() rejects it */
	}
	while (jscan_next(&i)) {
		if (jscan_is_named(&i, "server"))
			server = i.value;
		else if (jscan_is_named(&i, "_meta"))
			meta = i.value;
		else if (jscan_is_named(&i, "name"))
			c->wrapped = false;
	}
	if (server.text == NULL && c->wrapped)
		return broken(c, "server", "is required");
	c->wrapped = server.text != NULL;
	/* Found first, so that messages about the item name the server. */
	find_identity(
	    c, c->wrapped ? server : (struct jscan_text){ json, len });
	if (read_item_meta(c, meta, !c->wrapped) == -1)
		return -1;
	if (!c->wrapped)
		return 0;
	c->level = RULES_SERVED;
	c->entry.json = server.text;
	c->entry.json_len = server.len;
	json[(size_t)(server.text - json) + server.len] = '\0';
	return 0;
}

static int
convert(struct catalog *c, const struct jscan_step *step, bool remote)
{
	struct buf *out = &c->converted;

	c->level = RULES_SERVED;
	if (legacy_convert(out, step->key, step->key_len, remote, c->entry.json,
		c->entry.json_len, &c->problem) == -1)
		return -1;
	if (out->bad)
		return broken(
		    c, "", "must not be larger than %zu bytes", LIMIT_ENTRY);
	c->entry.json = out->data;
	c->entry.json_len = out->len;
	return 0;
}

static int
prepare(struct catalog *c, const struct jscan_place *p,
    const struct envelope_array *array, const struct jscan_capture *capture)
{
	if (capture->too_large)
		return broken(
		    c, "", "must not be larger than %zu bytes", LIMIT_ENTRY);
	if (capture->too_deep)
		return broken(c, "", "must not be nested deeper than %d levels",
		    LIMIT_JSON_DEPTH);
	switch (c->shape) {
	case SHAPE_LEGACY:
		return convert(c, &p->steps[p->depth - 1], array->second);
	case SHAPE_PAGE:
	case SHAPE_ITEM:
	case SHAPE_ENTRIES:
		c->level = RULES_SERVED;
		if (array->kind != ENTRY_SERVER)
			return 0;
		c->wrapped = true; /* unless it is a bare server */
		return unwrap(c, capture->json, capture->len);
	case SHAPE_LIST:
		c->wrapped = true;
		return unwrap(c, capture->json, capture->len);
	case SHAPE_FOREIGN:
	case SHAPE_REGISTRY:
	case SHAPE_SERVER:
		break;
	}
	return 0;
}

/* ---- known entries ---- */

/*
 * Asks the callback whether the same server was checked before.  With a
 * duplicate name or version the first ones may be the wrong ones, but then the
 * entry that is stored under them has another digest.
 */
static int
check_known(struct catalog *c, bool *known, struct err *e)
{
	const struct rules_entry *facts = &c->entry.facts;

	*known = false;
	if (c->known == NULL || c->entry.kind != ENTRY_SERVER)
		return 0;
	find_identity(
	    c, (struct jscan_text){ c->entry.json, c->entry.json_len });
	if (facts->name == NULL || facts->version == NULL)
		return 0;
	return c->known(c->ctx, &c->entry, known, e);
}

/* ---- checking an entry and calling back ---- */

static int
count_entry(struct catalog *c, enum entry_kind kind, struct err *e)
{
	struct catalog_summary *s = c->summary;

	if (s->servers + s->skills + s->plugins == LIMIT_ENTRIES) {
		err_set(e, ERR_LIMIT, "more than %d entries", LIMIT_ENTRIES);
		return -1;
	}
	switch (kind) {
	case ENTRY_SERVER:
		s->servers++;
		break;
	case ENTRY_SKILL:
		s->skills++;
		break;
	case ENTRY_PLUGIN:
		s->plugins++;
		break;
	}
	return 0;
}

/*
 * Clients reject a whole page if one of its servers has no description, so that
 * server would hide the others.  Deleted servers are not on their pages.
 */
static bool
can_be_listed(const struct catalog_entry *entry)
{
	const char *status = entry->facts.status;
	const char *text = entry->facts.description;

	if (entry->upstream != NULL && entry->upstream->status != NULL)
		status = entry->upstream->status;
	return entry->kind != ENTRY_SERVER || (text != NULL && *text != '\0') ||
	       (status != NULL && strcmp(status, "deleted") == 0);
}

static enum rules_verdict
check_rules(struct catalog *c)
{
	struct catalog_entry *entry = &c->entry;
	enum rules_verdict verdict;

	if (c->shape == SHAPE_ENTRIES &&
	    !is_json((struct jscan_text){ entry->json, entry->json_len })) {
		broken(c, "", "must be valid JSON");
		return RULES_BROKEN;
	}
	verdict = rules_check(c->rules, entry->kind, c->level, entry->json,
	    entry->json_len, &entry->facts, &c->problem);
	if (verdict != RULES_BROKEN && !can_be_listed(entry)) {
		broken(c, "description", "must not be missing or empty");
		return RULES_BROKEN;
	}
	return verdict;
}

static int
check(struct catalog *c, bool *known, struct err *e)
{
	struct catalog_entry *entry = &c->entry;

	/* Notes are listed in each sync, so an entry with notes is checked. */
	if (c->note_count == 0 && check_known(c, known, e) == -1)
		return -1;
	if (*known)
		return 0;
	switch (check_rules(c)) {
	case RULES_BROKEN:
		entry->problem = name_server(c);
		name_seeming(c);
		return 0;
	case RULES_NOTED:
		c->notes[c->note_count++] = *name_server(c);
		break;
	case RULES_KEPT:
		break;
	}
	entry->note = c->note_count > 0 ? c->notes : NULL;
	entry->note_count = c->note_count;
	return 0;
}

static int
process_entry(struct catalog *c, const struct jscan_place *p,
    const struct envelope_array *array, const struct jscan_capture *capture,
    struct err *e)
{
	bool known = false;

	if (count_entry(c, array->kind, e) == -1)
		return -1;
	c->entry = (struct catalog_entry){ .kind = array->kind,
		.array = array->path,
		.index = p->depth == 0 ? 0 : p->steps[p->depth - 1].index,
		.root = p->depth == 0,
		.json = capture->json,
		.json_len = capture->len };
	if (c->shape == SHAPE_LEGACY)
		c->entry.key = p->steps[p->depth - 1].key;
	c->level = RULES_AUTHORED;
	c->wrapped = false;
	c->note_count = 0;
	if (prepare(c, p, array, capture) == -1)
		c->entry.problem = &c->problem;
	else if (check(c, &known, e) == -1)
		return -1;
	c->summary->good += c->entry.problem == NULL;
	return known ? 0 : c->callback(c->ctx, &c->entry, e);
}

static int
captured(void *ctx, const struct jscan_place *p,
    const struct jscan_capture *capture, struct err *e)
{
	struct catalog *c = ctx;
	struct envelope_array array;

	if (envelope_is_entry(&c->envelope, p, &array))
		return process_entry(c, p, &array, capture, e);
	envelope_check_text(&c->envelope, p, capture);
	return 0;
}

/* ---- documents of lines ---- */

static int
process_line(
    struct catalog *c, char *line, size_t len, size_t index, struct err *e)
{
	static const struct envelope_array lists[] = {
		{ "servers", ENTRY_SERVER, false },
		{ "skills", ENTRY_SKILL, false },
		{ "plugins", ENTRY_PLUGIN, false },
	};
	const struct jscan_step step = { .index = index };
	const struct jscan_place place = { .steps = &step, .depth = 1 };
	const struct jscan_capture capture = { .json = line + 1,
		.len = len - 1,
		.too_large = len == 1,
		.too_deep = strcmp(line + 1, CATALOG_TOO_DEEP) == 0 };
	const char *kind = len > 0 ? strchr(CATALOG_KINDS, *line) : NULL;

	if (kind == NULL || *kind == '\0') {
		err_set(
		    e, ERR_INPUT, "entry %zu has an unknown kind", index + 1);
		return -1;
	}
	return process_entry(
	    c, &place, &lists[kind - CATALOG_KINDS], &capture, e);
}

static int
read_lines(struct catalog *c, struct reader *r, struct err *e)
{
	struct buf text = BUF_INIT(LIMIT_ENTRY + 2 * BLOCK);
	size_t index = 0, start, seen;
	char *end;
	ssize_t n;
	int rc = -1;

	for (;;) {
		seen = text.len;
		buf_reserve(&text, BLOCK);
		if (text.bad) {
			err_set(e, ERR_LIMIT,
			    "an entry is larger than %zu bytes", LIMIT_ENTRY);
			goto out;
		}
		n = r->read(r, text.data + seen, BLOCK, e);
		if (n <= 0)
			break;
		text.len += (size_t)n;
		start = 0;
		while ((end = memchr(
			    text.data + seen, '\n', text.len - seen)) != NULL) {
			*end = '\0';
			if (process_line(c, text.data + start,
				(size_t)(end - text.data) - start, index++,
				e) == -1)
				goto out;
			start = seen = (size_t)(end - text.data) + 1;
		}
		text.len -= start;
		memmove(text.data, text.data + start, text.len);
	}
	if (n == 0 && seen > 0)
		err_set(e, ERR_INPUT, "the last entry is incomplete");
	if (n == -1 || seen > 0)
		goto out;
	c->summary->extensions_suffice = true;
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

/* ---- the interface ---- */

static int
read_json(struct catalog *c, struct reader *r, struct err *e)
{
	const struct jscan_handler handler = { c, LIMIT_ENTRY, decide,
		captured };
	const struct envelope *env = &c->envelope;

	envelope_init(&c->envelope, c->shape);
	if (jscan_run(r, &handler, e) == -1 || envelope_check(env, e) == -1)
		return -1;
	c->summary->groups |=
	    c->shape == SHAPE_LEGACY && envelope_has(env, "groups");
	c->summary->extensions_suffice |=
	    c->shape == SHAPE_PAGE &&
	    (envelope_has(env, "skills") || envelope_has(env, "plugins"));
	return 0;
}

int
catalog_read(struct catalog_summary *summary, struct reader *r,
    const struct catalog_options *options, catalog_callback *callback,
    void *ctx, struct err *e)
{
	struct catalog c = { .shape = options->shape,
		.converted = BUF_INIT(LIMIT_ENTRY),
		.known = options->known,
		.seems = options->seems,
		.callback = callback,
		.ctx = ctx,
		.summary = summary };
	int rc = -1;

	c.rules = rules_new(options->max_meta_size);
	c.item_meta = item_meta_new(clock_now());
	if ((c.shape == SHAPE_ENTRIES ? read_lines(&c, r, e)
				      : read_json(&c, r, e)) == -1)
		goto out;
	rc = 0;
out:
	item_meta_free(c.item_meta);
	buf_free(&c.converted);
	rules_free(c.rules);
	return rc;
}

int
catalog_check_summary(const struct catalog_summary *summary, struct err *e)
{
	if (summary->servers > 0 || (summary->extensions_suffice &&
					summary->skills + summary->plugins > 0))
		return 0;
	err_set(
	    e, ERR_INPUT, "upstream registry must contain at least one server");
	return -1;
}

void
catalog_refuse_shape(struct err *e, const char *seems)
{
	const char *const failed = "registry schema validation failed: (root)";

	if (seems == NULL)
		err_set(e, ERR_INPUT,
		    "%s: unrecognized document format; expected " SHAPE_ACCEPTED,
		    failed);
	else
		err_set(e, ERR_INPUT,
		    "%s: this seems to be %s; expected " SHAPE_ACCEPTED, failed,
		    seems);
}

void
catalog_place(char *into, size_t size, const struct catalog_entry *entry,
    const char *path)
{
	const char *dot = entry->array[0] == '\0' ? "" : ".";
	int used;

	if (entry->key != NULL)
		used = snprintf(
		    into, size, "%s%s%s", entry->array, dot, entry->key);
	else if (entry->root)
		used =
		    snprintf(into, size, "%s", path[0] == '\0' ? "(root)" : "");
	else
		used = snprintf(
		    into, size, "%s%s%zu", entry->array, dot, entry->index);
	if (used > 0 && (size_t)used < size)
		snprintf(into + used, size - (size_t)used, "%s%s",
		    path[0] == '\0' ? "" : ".", path);
	else if (used == 0)
		snprintf(into, size, "%s", path);
	if (strlen(into) + 1 == size)
		text_trim(into);
}
