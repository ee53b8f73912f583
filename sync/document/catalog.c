/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a registry document: the scanner goes inside the envelope, entries
 * are checked and handed over as they come, and what is wrong with the
 * envelope itself is said at the end, because its members come in any order.
 */
#include "sync/document/catalog.h"

#include "lib/limits.h"
#include "sync/document/jscan.h"
#include "sync/document/rules_format.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The members of the envelope that have a rule, in the order of checking. */
enum member {
	ROOT,
	VERSION,
	META,
	LAST_UPDATED,
	DATA,
	SERVERS,
	SKILLS,
	PLUGINS,
	SCHEMA
};

enum member_type {
	OBJECT,
	ARRAY,
	STRING
};

static const struct {
	enum member_type type;
	enum member parent;
	const char *key;
	const char *path;
	bool required; /* if its parent is an object */
	const struct rules_format *format; /* of a string */
	enum entry_kind kind; /* of an array's elements */
} members[] = {
	[ROOT] = { OBJECT, ROOT, "", "(root)", true, NULL, 0 },
	[VERSION] = { STRING, ROOT, "version", "version", true,
	    &rules_format_registry_version, 0 },
	[META] = { OBJECT, ROOT, "meta", "meta", true, NULL, 0 },
	[LAST_UPDATED] = { STRING, META, "last_updated", "meta.last_updated",
	    true, &rules_format_date_time, 0 },
	[DATA] = { OBJECT, ROOT, "data", "data", true, NULL, 0 },
	[SERVERS] = { ARRAY, DATA, "servers", "data.servers", true, NULL,
	    ENTRY_SERVER },
	[SKILLS] = { ARRAY, DATA, "skills", "data.skills", false, NULL,
	    ENTRY_SKILL },
	[PLUGINS] = { ARRAY, DATA, "plugins", "data.plugins", false, NULL,
	    ENTRY_PLUGIN },
	[SCHEMA] = { STRING, ROOT, "$schema", "$schema", false,
	    &rules_format_uri, 0 },
};

struct finding {
	bool met; /* and of the right type */
	const char *rule; /* what is wrong; NULL: nothing */
};

struct catalog {
	struct finding found[COUNT(members)];
	struct rules *rules;
	catalog_callback *callback;
	void *ctx;
	struct catalog_summary summary;
};

/* The member of the envelope at ${p}; -1 if there is no rule for it. */
static int
find_member(const struct jscan_place *p)
{
	int at = ROOT;

	for (size_t i = 0; i < p->depth; i++) {
		const struct jscan_step *step = &p->steps[i];
		int next = -1;

		for (size_t m = VERSION;
		     step->key != NULL && m < COUNT(members); m++) {
			if ((int)members[m].parent == at &&
			    strlen(members[m].key) == step->key_len &&
			    memcmp(members[m].key, step->key, step->key_len) ==
				0)
				next = (int)m;
		}
		if (next == -1)
			return -1;
		at = next;
	}
	return at;
}

static enum jscan_action
decide(void *ctx, const struct jscan_place *p)
{
	static const char firsts[] = { '{', '[', '"' };
	static const char *const rules[] = { "must be an object",
		"must be an array", "must be a string" };
	struct catalog *c = ctx;
	struct finding *f;
	int m;

	/* Inside data only what is in an array is one step further. */
	if (p->depth == 3)
		return JSCAN_CAPTURE;
	m = find_member(p);
	if (m == -1)
		return JSCAN_SKIP;
	f = &c->found[m];
	if (p->first != firsts[members[m].type]) {
		f->rule = rules[members[m].type];
		return JSCAN_SKIP;
	}
	/* Entries that were handed over cannot be taken back. */
	if (f->met && members[m].type != STRING) {
		f->rule = "must not be given twice";
		return JSCAN_SKIP;
	}
	f->met = true;
	f->rule = NULL;
	return members[m].type == STRING ? JSCAN_CAPTURE : JSCAN_DESCEND;
}

static void
check_text(struct finding *f, const struct rules_format *format,
    const struct jscan_capture *capture)
{
	size_t len = capture->len;
	const char *text;

	f->rule = format->rule;
	if (capture->too_large)
		return;
	text = jscan_unquote(capture->json, &len);
	if (strlen(text) == len && format->matches(text, len))
		f->rule = NULL;
}

static size_t *
counter(struct catalog_summary *summary, enum entry_kind kind)
{
	return kind == ENTRY_SERVER  ? &summary->servers
	       : kind == ENTRY_SKILL ? &summary->skills
				     : &summary->plugins;
}

static int
take_entry(struct catalog *c, const struct jscan_place *p, enum entry_kind kind,
    const struct jscan_capture *capture, struct err *e)
{
	struct catalog_entry entry = { .kind = kind };
	struct rules_problem problem = { 0 };

	if (c->summary.servers + c->summary.skills + c->summary.plugins ==
	    LIMIT_ENTRIES) {
		err_set(e, ERR_LIMIT, "more than %d entries", LIMIT_ENTRIES);
		return -1;
	}
	entry.index = p->steps[2].index;
	entry.json = capture->json;
	entry.json_len = capture->len;
	if (capture->too_large) {
		snprintf(problem.rule, sizeof problem.rule,
		    "must not be larger than %zu bytes", LIMIT_ENTRY);
		entry.problem = &problem;
	} else if (capture->too_deep) {
		snprintf(problem.rule, sizeof problem.rule,
		    "must not be nested deeper than %d levels",
		    LIMIT_JSON_DEPTH);
		entry.problem = &problem;
	} else if (rules_check(c->rules, kind, capture->json, capture->len,
		       &entry.facts, &problem) == -1) {
		entry.problem = &problem;
	}
	++*counter(&c->summary, kind);
	return c->callback(c->ctx, &entry, e);
}

static int
captured(void *ctx, const struct jscan_place *p,
    const struct jscan_capture *capture, struct err *e)
{
	struct catalog *c = ctx;
	struct jscan_place parent = *p;
	int m;

	if (p->depth < 3) {
		m = find_member(p);
		check_text(&c->found[m], members[m].format, capture);
		return 0;
	}
	parent.depth = 2;
	m = find_member(&parent);
	return take_entry(c, p, members[m].kind, capture, e);
}

/* The verdict on the envelope, when all of it was seen. */
static int
check_envelope(const struct catalog *c, struct err *e)
{
	const char *const failed = "registry schema validation failed";
	char list[ERR_TEXT_MAX] = "";
	size_t used = 0, count = 0;

	for (size_t m = 0; m < COUNT(members); m++) {
		const char *rule = c->found[m].rule;
		bool expected = members[m].required &&
				(m == ROOT || c->found[members[m].parent].met);

		if (rule == NULL && expected && !c->found[m].met)
			rule = "is required";
		if (rule == NULL)
			continue;
		count++;
		used += (size_t)snprintf(list + used, sizeof list - used,
		    "%s%s: %s", count > 1 ? "; " : "", members[m].path, rule);
	}
	if (count == 1)
		err_set(e, ERR_INPUT, "%s: %s", failed, list);
	else if (count > 1)
		err_set(e, ERR_INPUT, "%s with %zu errors: %s", failed, count,
		    list);
	else if (c->summary.servers == 0)
		err_set(e, ERR_INPUT,
		    "upstream registry must contain at least one server");
	else
		return 0;
	return -1;
}

int
catalog_read(struct catalog_summary *out, struct reader *r,
    const struct catalog_options *options, catalog_callback *callback,
    void *ctx, struct err *e)
{
	struct catalog c = { .callback = callback, .ctx = ctx };
	const struct jscan_handler handler = { &c, LIMIT_ENTRY, decide,
		captured };
	int rc = -1;

	c.rules = rules_new(options->max_meta_size);
	if (jscan_run(r, &handler, e) == -1)
		goto out;
	if (check_envelope(&c, e) == -1)
		goto out;
	if (out != NULL)
		*out = c.summary;
	rc = 0;
out:
	rules_free(c.rules);
	return rc;
}
