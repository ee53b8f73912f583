/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a document: the scanner goes inside the envelope
 * (lib/document/envelope.h), entries are cut out of their items or converted,
 * checked, and handed over as they come.
 */
#include "lib/document/catalog.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/document/envelope.h"
#include "lib/document/jscan.h"
#include "lib/document/legacy.h"
#include "lib/document/outer.h"
#include "lib/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct catalog {
	enum shape_kind shape;
	struct envelope envelope;
	struct rules *rules;
	struct outer *outer;
	struct buf converted; /* the server a legacy entry stands for */
	catalog_known *known;
	const char *seems;
	catalog_callback *callback;
	void *ctx;
	struct catalog_summary *summary;
	/* Of the entry at hand. */
	struct catalog_entry entry;
	struct rules_problem problem;
	struct rules_problem notes[OUTER_NOTES + 1];
	size_t note_count;
	enum rules_level level;
	bool wrapped; /* it stood in an item */
	char name[LIMIT_IDENTITY + 1];
	char version[LIMIT_VERSION_BYTES + 1];
};

static enum jscan_action
decide(void *ctx, const struct jscan_place *p)
{
	struct catalog *c = ctx;

	return envelope_decide(&c->envelope, p);
}

/* ---- what is wrong ---- */

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

/* The rules speak of the server; in an item it is one level down. */
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

/* A document that is one entry and a bad one may be another file. */
static void
name_seeming(struct catalog *c)
{
	const size_t used = strlen(c->problem.rule);

	if (c->entry.root && c->seems != NULL)
		snprintf(c->problem.rule + used, sizeof c->problem.rule - used,
		    "; this seems to be %s", c->seems);
}

/* ---- who it is, before it is parsed ---- */

/* Copies the text of a string without escapes; NULL if it has some. */
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

/* The first name and the first version of a server, as far as they are plain.
 */
static void
find_identity(struct catalog *c, struct jscan_text server)
{
	struct rules_entry *facts = &c->entry.facts;
	struct jscan_inside i;

	jscan_inside(&i, server.text, server.len);
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

/* ---- from what stands there to the server ---- */

/* What a registry says beside the server, and that it can be passed on. */
static int
take_outer(struct catalog *c, struct jscan_text meta, bool inside)
{
	const struct catalog_outer **outer = &c->entry.outer;

	c->note_count = outer_read(outer, c->outer, meta, inside, c->notes);
	if (*outer == NULL || (*outer)->extra_len + (*outer)->official_len == 0)
		return 0;
	if (rules_check_text(c->rules, meta.text, meta.len, &c->problem) == 0)
		return 0;
	snprintf(c->problem.path, sizeof c->problem.path, "_meta");
	return -1;
}

/*
 * An item of a page or of a list: a server with what is said of it, or a bare
 * server.  Of the first the text is cut down to the server.
 */
static int
unwrap(struct catalog *c, char *json, size_t len)
{
	struct jscan_text server = { NULL, 0 }, meta = { NULL, 0 };
	struct jscan_inside i;

	jscan_inside(&i, json, len);
	if (!i.object) {
		c->wrapped = false;
		return 0; /* the rules will say so */
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
	/* Whatever is wrong around it, the message shall name the server. */
	find_identity(
	    c, c->wrapped ? server : (struct jscan_text){ json, len });
	if (take_outer(c, meta, !c->wrapped) == -1)
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
		c->level = RULES_SERVED;
		if (array->kind != ENTRY_SERVER)
			return 0;
		c->wrapped = true; /* unless it looks like a server */
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

/* ---- an entry that was seen before ---- */

/*
 * Asks whether this very server was checked before.  The first name and the
 * first version will do: if they are not the ones that count, what is stored
 * under them is another text.
 */
static int
ask(struct catalog *c, bool *known, struct err *e)
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

/* ---- handing over ---- */

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
 * Clients refuse a whole page whose first server has no description, so one
 * such would hide others.  What is gone is on no page of theirs.
 */
static bool
can_be_listed(const struct catalog_entry *entry)
{
	const char *status = entry->facts.status;
	const char *text = entry->facts.description;

	if (entry->outer != NULL && entry->outer->status != NULL)
		status = entry->outer->status;
	return entry->kind != ENTRY_SERVER || (text != NULL && *text != '\0') ||
	       (status != NULL && strcmp(status, "deleted") == 0);
}

static enum rules_verdict
judge(struct catalog *c)
{
	struct catalog_entry *entry = &c->entry;
	enum rules_verdict verdict = rules_check(c->rules, entry->kind,
	    c->level, entry->json, entry->json_len, &entry->facts, &c->problem);

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

	/* What is noted is noted each time. */
	if (c->note_count == 0 && ask(c, known, e) == -1)
		return -1;
	if (*known)
		return 0;
	switch (judge(c)) {
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
captured(void *ctx, const struct jscan_place *p,
    const struct jscan_capture *capture, struct err *e)
{
	struct catalog *c = ctx;
	struct envelope_array array;
	bool known = false;

	if (!envelope_is_entry(&c->envelope, p, &array)) {
		envelope_take(&c->envelope, p, capture);
		return 0;
	}
	if (count_entry(c, array.kind, e) == -1)
		return -1;
	c->entry = (struct catalog_entry){ .kind = array.kind,
		.array = array.path,
		.index = p->depth == 0 ? 0 : p->steps[p->depth - 1].index,
		.root = p->depth == 0,
		.json = capture->json,
		.json_len = capture->len };
	if (c->shape == SHAPE_LEGACY)
		c->entry.key = p->steps[p->depth - 1].key;
	c->level = RULES_AUTHORED;
	c->wrapped = false;
	c->note_count = 0;
	if (prepare(c, p, &array, capture) == -1)
		c->entry.problem = &c->problem;
	else if (check(c, &known, e) == -1)
		return -1;
	c->summary->good += c->entry.problem == NULL;
	return known ? 0 : c->callback(c->ctx, &c->entry, e);
}

/* ---- the interface ---- */

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
	const struct jscan_handler handler = { &c, LIMIT_ENTRY, decide,
		captured };
	int rc = -1;

	envelope_init(&c.envelope, options->shape);
	c.rules = rules_new(options->max_meta_size);
	c.outer = outer_new(clock_now());
	if (jscan_run(r, &handler, e) == -1)
		goto out;
	if (envelope_check(&c.envelope, e) == -1)
		goto out;
	summary->groups |=
	    c.shape == SHAPE_LEGACY && envelope_met(&c.envelope, "groups");
	summary->extensions_suffice |=
	    c.shape == SHAPE_PAGE && (envelope_met(&c.envelope, "skills") ||
					 envelope_met(&c.envelope, "plugins"));
	rc = 0;
out:
	outer_free(c.outer);
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
		    "%s: is none of what can be read: " SHAPE_ACCEPTED, failed);
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
	/* A character that was cut goes as a whole. */
	used = (int)strlen(into);
	if ((size_t)used + 1 < size)
		return;
	while (used > 0 && ((unsigned char)into[used - 1] & 0x80) != 0)
		into[--used] = '\0';
}
