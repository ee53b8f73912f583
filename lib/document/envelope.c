/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelopes as tables: which members have a rule, their types, and which of
 * them hold entries.  Problems are reported at the end, because members come in
 * any order.
 */
#include "lib/document/envelope.h"

#include "lib/document/rules_format.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ROOT 0 /* the first row of each table */

enum member_type {
	OBJECT,
	ARRAY,
	STRING,
	ENTRY, /* the value is an entry */
	ANYTHING, /* is skipped */
	NEVER /* belongs to another shape */
};

struct envelope_member {
	enum member_type type;
	bool required; /* if its parent is an object */
	bool entries; /* what is in it are entries */
	unsigned char parent; /* row */
	enum entry_kind kind; /* of the entries */
	const char *key;
	const char *path;
	const struct rules_format *format; /* of a string */
};

/* In the order of checking. */
static const struct envelope_member registry[] = {
	{ OBJECT, true, false, ROOT, 0, "", "(root)", NULL },
	{ STRING, true, false, ROOT, 0, "version", "version",
	    &rules_format_registry_version },
	{ OBJECT, true, false, ROOT, 0, "meta", "meta", NULL },
	{ STRING, true, false, 2, 0, "last_updated", "meta.last_updated",
	    &rules_format_date_time },
	{ OBJECT, true, false, ROOT, 0, "data", "data", NULL },
	{ ARRAY, true, true, 4, ENTRY_SERVER, "servers", "data.servers", NULL },
	{ ARRAY, false, true, 4, ENTRY_SKILL, "skills", "data.skills", NULL },
	{ ARRAY, false, true, 4, ENTRY_PLUGIN, "plugins", "data.plugins",
	    NULL },
	{ STRING, false, false, ROOT, 0, "$schema", "$schema",
	    &rules_format_uri },
	{ NEVER, false, false, ROOT, 0, "servers", "servers", NULL },
	{ NEVER, false, false, ROOT, 0, "remote_servers", "remote_servers",
	    NULL },
	{ ANYTHING, false, false, ROOT, 0, "apiVersion", "apiVersion", NULL },
};

static const struct envelope_member page[] = {
	{ OBJECT, true, false, ROOT, 0, "", "(root)", NULL },
	{ ARRAY, false, true, ROOT, ENTRY_SERVER, "servers", "servers", NULL },
	{ ARRAY, false, true, ROOT, ENTRY_SKILL, "skills", "skills", NULL },
	{ ARRAY, false, true, ROOT, ENTRY_PLUGIN, "plugins", "plugins", NULL },
	{ NEVER, false, false, ROOT, 0, "data", "data", NULL },
	{ NEVER, false, false, ROOT, 0, "remote_servers", "remote_servers",
	    NULL },
};

static const struct envelope_member legacy[] = {
	{ OBJECT, true, false, ROOT, 0, "", "(root)", NULL },
	{ OBJECT, false, true, ROOT, ENTRY_SERVER, "servers", "servers", NULL },
	{ OBJECT, false, true, ROOT, ENTRY_SERVER, "remote_servers",
	    "remote_servers", NULL },
	{ ANYTHING, false, false, ROOT, 0, "groups", "groups", NULL },
	{ NEVER, false, false, ROOT, 0, "data", "data", NULL },
};

static const struct envelope_member list[] = {
	{ ARRAY, true, true, ROOT, ENTRY_SERVER, "", "", NULL },
};

static const struct envelope_member single[] = {
	{ ENTRY, true, false, ROOT, ENTRY_SERVER, "", "", NULL },
};

static const struct {
	const struct envelope_member *members;
	size_t count;
} envelopes[] = {
	[SHAPE_FOREIGN] = { registry, COUNT(registry) },
	[SHAPE_REGISTRY] = { registry, COUNT(registry) },
	[SHAPE_PAGE] = { page, COUNT(page) },
	[SHAPE_LIST] = { list, COUNT(list) },
	[SHAPE_SERVER] = { single, COUNT(single) },
	[SHAPE_ITEM] = { single, COUNT(single) },
	[SHAPE_LEGACY] = { legacy, COUNT(legacy) },
};

_Static_assert(COUNT(registry) <= ENVELOPE_MEMBERS, "ENVELOPE_MEMBERS");

void
envelope_init(struct envelope *env, enum shape_kind shape)
{
	*env = (struct envelope){ .members = envelopes[shape].members,
		.count = envelopes[shape].count };
}

/* The row of the member ${depth} steps down; -1 if there is no rule for it. */
static int
find_member(
    const struct envelope *env, const struct jscan_place *p, size_t depth)
{
	int at = ROOT;

	for (size_t i = 0; i < depth; i++) {
		const struct jscan_step *step = &p->steps[i];
		int next = -1;

		for (size_t m = 1; m < env->count; m++) {
			const struct envelope_member *row = &env->members[m];

			if (row->parent == at && jscan_step_is(step, row->key))
				next = (int)m;
		}
		if (next == -1)
			return -1;
		at = next;
	}
	return at;
}

/* Whether the value at ${p} stands in a container of entries; its row. */
static int
find_array(const struct envelope *env, const struct jscan_place *p)
{
	int m = p->depth == 0 ? -1 : find_member(env, p, p->depth - 1);

	return m != -1 && env->members[m].entries ? m : -1;
}

static enum jscan_action
enter(struct envelope *env, size_t m, char first)
{
	static const char firsts[] = { '{', '[', '"' };
	static const char *const rules[] = { "must be an object",
		"must be an array", "must be a string" };
	const enum member_type type = env->members[m].type;

	if (type == ENTRY) {
		env->found[m].present = true;
		return JSCAN_CAPTURE;
	}
	if (type == ANYTHING || type == NEVER) {
		env->found[m].present = true;
		env->found[m].rule = type == ANYTHING
					 ? NULL
					 : "belongs to another document format";
		return JSCAN_SKIP;
	}
	/* Counts as absent: some programs write null for an empty list. */
	if (first == 'n' && !env->members[m].required)
		return JSCAN_SKIP;
	if (first != firsts[type]) {
		env->found[m].rule = rules[type];
		return JSCAN_SKIP;
	}
	/* The callback has already received the entries. */
	if (env->found[m].present && type != STRING) {
		env->found[m].rule = "duplicate member";
		return JSCAN_SKIP;
	}
	env->found[m].present = true;
	env->found[m].rule = NULL;
	return type == STRING ? JSCAN_CAPTURE : JSCAN_DESCEND;
}

enum jscan_action
envelope_decide(struct envelope *env, const struct jscan_place *p)
{
	int m;

	if (find_array(env, p) != -1)
		return JSCAN_CAPTURE;
	m = find_member(env, p, p->depth);
	return m == -1 ? JSCAN_SKIP : enter(env, (size_t)m, p->first);
}

bool
envelope_is_entry(const struct envelope *env, const struct jscan_place *p,
    struct envelope_array *array)
{
	int m = find_array(env, p);

	if (m == -1 && p->depth == 0)
		m = ROOT;
	if (m == -1)
		return false;
	array->path = env->members[m].path;
	array->kind = env->members[m].kind;
	array->second = env->members == legacy && m == 2;
	return true;
}

void
envelope_check_text(struct envelope *env, const struct jscan_place *p,
    const struct jscan_capture *capture)
{
	int m = find_member(env, p, p->depth);
	const struct rules_format *format = env->members[m].format;
	size_t len = capture->len;
	const char *text;

	env->found[m].rule = format->rule;
	if (capture->too_large)
		return;
	text = jscan_unquote(capture->json, &len);
	if (strlen(text) == len && rules_format_matches(format, text, len))
		env->found[m].rule = NULL;
}

bool
envelope_has(const struct envelope *env, const char *path)
{
	for (size_t m = 0; m < env->count; m++)
		if (strcmp(env->members[m].path, path) == 0)
			return env->found[m].present;
	return false;
}

int
envelope_check(const struct envelope *env, struct err *e)
{
	const char *const failed = "registry schema validation failed";
	char list_of[ERR_TEXT_MAX] = "";
	size_t used = 0, count = 0;

	for (size_t m = 0; m < env->count; m++) {
		const struct envelope_member *row = &env->members[m];
		const char *rule = env->found[m].rule;
		bool expected = row->required &&
				(m == ROOT || env->found[row->parent].present);

		if (rule == NULL && expected && !env->found[m].present)
			rule = "is required";
		if (rule == NULL)
			continue;
		count++;
		used += (size_t)snprintf(list_of + used, sizeof list_of - used,
		    "%s%s: %s", count > 1 ? "; " : "", row->path, rule);
	}
	/* lib/document/shape.c misses a manifest whose data come first. */
	if (count > 0 && envelope_has(env, "apiVersion") &&
	    !envelope_has(env, "meta"))
		err_set(e, ERR_INPUT,
		    "%s: %s: this seems to be a Kubernetes manifest; use a "
		    "configmap source, or put the value of a data key into a "
		    "file of its own",
		    failed, list_of);
	else if (count == 1)
		err_set(e, ERR_INPUT, "%s: %s", failed, list_of);
	else if (count > 1)
		err_set(e, ERR_INPUT, "%s with %zu errors: %s", failed, count,
		    list_of);
	return count == 0 ? 0 : -1;
}
