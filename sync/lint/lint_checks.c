/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking a server's document to the values of a rule, and the conditions under
 * which they are wrong.  Only this file of the lint uses jansson.
 */
#include "sync/lint/lint_checks.h"

#include "lib/buf.h"
#include "lib/document/jscan.h"
#include "lib/document/rules_format.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/url.h"
#include "lib/version.h"
#include "sync/lint/lint_text.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUBLISHER LINT_CHECKS_PUBLISHER
#define PATH_SIZE (64 * KIB)

/* One value and its place. */
struct lint_at {
	const struct lint_server *document;
	const json_t *server; /* the document's root */
	const json_t *holder; /* the innermost element around it */
	const json_t *value; /* NULL: missing */
	const char *text; /* the value if it is a string, else NULL */
	const char *shown; /* reported; the text unless a condition sets it */
	char note[64]; /* memory for ${shown} */
};

/* ---- the document ---- */

static const char *
text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static size_t
publisher_size(const char *json, size_t len)
{
	static const struct jscan_step steps[] = {
		{ "_meta", sizeof "_meta" - 1, 0 },
		{ PUBLISHER, sizeof PUBLISHER - 1, 0 },
	};
	size_t size;

	return jscan_find(json, len, steps, 2, &size) == NULL ? 0 : size;
}

bool
lint_checks_read(struct lint_server *out, const char *json, size_t len)
{
	json_t *tree = json_loadb(json, len, JSON_DECODE_INT_AS_REAL, NULL);

	lint_checks_free(out);
	if (!json_is_object(tree)) {
		json_decref(tree);
		return false;
	}
	out->tree = tree;
	out->publisher_size = publisher_size(json, len);
	return true;
}

void
lint_checks_free(struct lint_server *s)
{
	json_decref(s->tree);
	memset(s, 0, sizeof *s);
}

const char *
lint_checks_text(const struct lint_server *s, const char *member)
{
	return text(s->tree, member);
}

size_t
lint_checks_remotes(const struct lint_server *s)
{
	return json_array_size(json_object_get(s->tree, "remotes"));
}

const char *
lint_checks_url(const struct lint_server *s, size_t i)
{
	return text(
	    json_array_get(json_object_get(s->tree, "remotes"), i), "url");
}

/* ---- the walk ---- */

struct walk {
	struct lint_sink *sink;
	const struct lint_server *document;
	const struct lint_spot *spot;
	/* The member or, if NULL, the element at each LINT_ANY. */
	const char *member[LINT_STEPS];
	size_t element[LINT_STEPS];
};

static bool
is_any(const char *step)
{
	return strcmp(step, LINT_ANY) == 0;
}

static void
report(const struct walk *w, const struct lint_at *at)
{
	struct buf path = BUF_INIT(PATH_SIZE);
	struct lint_finding f = { .rule = w->sink->rule,
		.place = w->sink->place,
		.value = at->shown };
	const char *last = "";
	char *shown = NULL;

	for (size_t i = 0; w->spot->steps[i] != NULL; i++) {
		last = w->spot->steps[i];
		buf_adds(&path, i == 0 ? "" : ".");
		if (!is_any(last))
			buf_adds(&path, last);
		else if (w->member[i] != NULL)
			buf_adds(&path, w->member[i]);
		else
			buf_addf(&path, "%zu", w->element[i]);
	}
	/* Reports are often passed on, so secrets in URLs are hidden. */
	if (strcmp(last, "url") == 0 && at->shown != NULL)
		f.value = shown = url_shown(at->shown);
	f.path = buf_str(&path);
	w->sink->found(w->sink->ctx, &f);
	free(shown);
	buf_free(&path);
}

static bool
is_wrong(const struct lint_spot *spot, struct lint_at *at)
{
	if (spot->when != NULL && !spot->when(at))
		return false;
	return spot->is_wrong_text == NULL
		   ? spot->is_wrong(at)
		   : at->text != NULL && spot->is_wrong_text(at->text);
}

static void
walk(struct walk *w, size_t depth, const json_t *holder, json_t *value)
{
	const char *step = w->spot->steps[depth], *member;
	struct lint_at at;
	json_t *child;
	size_t i;

	if (step == NULL) {
		at = (struct lint_at){ .document = w->document,
			.server = w->document->tree,
			.holder = holder,
			.value = value,
			.text = json_string_value(value),
			.shown = json_string_value(value) };
		if (is_wrong(w->spot, &at))
			report(w, &at);
		return;
	}
	if (!is_any(step)) {
		walk(w, depth + 1, holder, json_object_get(value, step));
		return;
	}
	w->member[depth] = NULL;
	json_array_foreach(value, i, child)
	{
		w->element[depth] = i;
		if (w->spot->steps[depth + 1] == NULL || json_is_object(child))
			walk(w, depth + 1, child, child);
	}
	json_object_foreach(value, member, child)
	{
		w->member[depth] = member;
		walk(w, depth + 1, child, child);
	}
}

void
lint_checks_try(struct lint_sink *sink, const struct lint_server *s,
    const struct lint_spot *spot)
{
	struct walk w = { .sink = sink, .document = s, .spot = spot };

	walk(&w, 0, s->tree, s->tree);
}

/* ---- texts ---- */

static bool
is(const char *text, const char *word)
{
	return text != NULL && strcmp(text, word) == 0;
}

static bool
is_blank(const char *text)
{
	return text == NULL || *text == '\0';
}

bool
lint_checks_blank(struct lint_at *at)
{
	return is_blank(at->text);
}

bool
lint_checks_missing(struct lint_at *at)
{
	return at->text == NULL;
}

/* ---- packages ---- */

static const char *
type_of(const struct lint_at *at)
{
	return text(at->holder, "registryType");
}

/* The version in the identifier of the package. */
static const char *
carried(const struct lint_at *at)
{
	return lint_text_carried_version(
	    type_of(at), text(at->holder, "identifier"));
}

bool
lint_checks_executable(struct lint_at *at)
{
	return at->value != NULL && !json_is_null(at->value) &&
	       !is(type_of(at), "npm");
}

bool
lint_checks_twice(struct lint_at *at)
{
	return !is_blank(text(at->holder, "version")) && carried(at) != NULL;
}

bool
lint_checks_hint(struct lint_at *at)
{
	return is(type_of(at), "npm") && is(carried(at), "latest") &&
	       text(at->holder, "runtimeHint") != NULL;
}

bool
lint_checks_identifier_range(struct lint_at *at)
{
	const char *version = carried(at);

	return text(at->holder, "version") == NULL && version != NULL &&
	       lint_text_is_range(version);
}

bool
lint_checks_floating(struct lint_at *at)
{
	static const char *const versioned[] = { "npm", "pypi", "oci", "docker",
		"nuget", "cargo", NULL };
	const char *version = carried(at);

	return at->text != NULL && text_is_one_of(type_of(at), versioned) &&
	       text(at->holder, "version") == NULL &&
	       (version == NULL || is(version, "latest"));
}

/* ---- the entry as a whole ---- */

static size_t
count(const struct lint_at *at, const char *list)
{
	return json_array_size(json_object_get(at->server, list));
}

bool
lint_checks_nothing_to_run(struct lint_at *at)
{
	return count(at, "packages") + count(at, "remotes") == 0;
}

/*
 * Whether there are only packages of types other than ${types}, and no remote.
 * Packages of cargo are left to the rule package-cargo.
 */
static bool
cannot_start(struct lint_at *at, const char *const *types)
{
	const char *type;
	json_t *package;
	size_t i;

	if (count(at, "packages") == 0 || count(at, "remotes") > 0)
		return false;
	json_array_foreach(at->value, i, package)
	{
		type = text(package, "registryType");
		if (text_is_one_of(type, types) || is(type, "cargo"))
			return false;
		if (i == 0)
			at->shown = type;
	}
	return true;
}

bool
lint_checks_toolhive(struct lint_at *at)
{
	static const char *const types[] = { "oci", NULL };

	return cannot_start(at, types);
}

bool
lint_checks_copilot(struct lint_at *at)
{
	static const char *const types[] = { "npm", "pypi", "oci", "docker",
		NULL };

	return cannot_start(at, types);
}

bool
lint_checks_no_picture(struct lint_at *at)
{
	const json_t *meta = json_object_get(at->server, "_meta");
	const json_t *publishers = json_object_get(meta, PUBLISHER);
	const json_t *github = json_object_get(publishers, "github");
	const json_t *icon;
	size_t i;

	json_array_foreach(at->value, i, icon)
	{
		if (text(icon, "src") != NULL)
			return false;
	}
	return text(github, "preferredImage") == NULL &&
	       text(github, "ownerAvatarUrl") == NULL &&
	       text(publishers, "x-ms-icon") == NULL &&
	       text(meta, "x-ms-icon") == NULL &&
	       text(at->server, "x-ms-icon") == NULL;
}

bool
lint_checks_scalar(struct lint_at *at)
{
	at->shown = NULL;
	return !json_is_object(at->value);
}

bool
lint_checks_large(struct lint_at *at)
{
	snprintf(at->note, sizeof at->note, "%zu bytes",
	    at->document->publisher_size);
	at->shown = at->note;
	return at->document->publisher_size > LIMIT_META_DEFAULT;
}

/* ---- Kiro ---- */

static const char *const kiro_types[] = { "npm", "pypi", NULL };

/* The rules about remotes and packages apply to entries with a single one. */
bool
lint_checks_one_remote(struct lint_at *at)
{
	return count(at, "remotes") == 1 && count(at, "packages") == 0;
}

bool
lint_checks_one_package(struct lint_at *at)
{
	return count(at, "packages") == 1 && count(at, "remotes") == 0;
}

/* A package of another type is reported once, for its type. */
bool
lint_checks_kiro_starts(struct lint_at *at)
{
	const json_t *packages = json_object_get(at->server, "packages");

	return lint_checks_one_package(at) &&
	       text_is_one_of(text(json_array_get(packages, 0), "registryType"),
		   kiro_types);
}

bool
lint_checks_kiro_ways(struct lint_at *at)
{
	snprintf(at->note, sizeof at->note, "%zu remotes, %zu packages",
	    count(at, "remotes"), count(at, "packages"));
	at->shown = at->note;
	return !lint_checks_one_remote(at) && !lint_checks_one_package(at);
}

bool
lint_checks_kiro_remote(struct lint_at *at)
{
	static const char *const types[] = { "streamable-http", "sse", NULL };

	return !is_blank(text(at->holder, "url")) &&
	       !text_is_one_of(at->text, types);
}

bool
lint_checks_kiro_header_value(struct lint_at *at)
{
	at->shown = text(at->holder, "name");
	return !is_blank(at->shown) && is_blank(at->text);
}

bool
lint_checks_kiro_type(struct lint_at *at)
{
	return !text_is_one_of(at->text, kiro_types);
}

bool
lint_checks_kiro_version(struct lint_at *at)
{
	return is_blank(at->text) && !is_blank(text(at->holder, "identifier"));
}

bool
lint_checks_kiro_transport(struct lint_at *at)
{
	return !is(at->text, "stdio") &&
	       !is_blank(text(at->holder, "identifier")) &&
	       !is_blank(text(at->holder, "version"));
}

bool
lint_checks_kiro_argument_type(struct lint_at *at)
{
	return !is(at->text, "positional");
}

bool
lint_checks_kiro_argument_value(struct lint_at *at)
{
	return is_blank(at->text) && is(text(at->holder, "type"), "positional");
}

bool
lint_checks_kiro_variable_default(struct lint_at *at)
{
	at->shown = text(at->holder, "name");
	return at->text == NULL && !is_blank(at->shown);
}
