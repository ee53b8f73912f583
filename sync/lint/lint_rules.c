/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules.  Each function reports what one rule finds in one server; the
 * table at the end says what a finding means.  thv-registry-lint(1) says the
 * same to people.
 */
#include "sync/lint/lint_rules.h"

#include "lib/limits.h"
#include "lib/version.h"
#include "sync/document/rules_format.h"
#include "sync/lint/lint_text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define PATH_SIZE 512
#define SCHEMA_CURRENT "2025-12-11"
#define SCHEMA_FOLDER "/schemas/"
#define DESCRIPTION_MAX 100 /* characters; of a title too */
#define NAME_MIN 3

static void found(struct lint_sink *sink, const char *value, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Reports ${value} at the formatted path. */
static void
found(struct lint_sink *sink, const char *value, const char *fmt, ...)
{
	char path[PATH_SIZE];
	const struct lint_finding f = { .rule = sink->rule,
		.place = sink->place,
		.path = path,
		.value = value };
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof path, fmt, args);
	va_end(args);
	sink->found(sink->ctx, &f);
}

static bool
is(const char *text, const char *word)
{
	return text != NULL && strcmp(text, word) == 0;
}

static bool
is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (is(text, *words))
			return true;
	return false;
}

/* ---- the item as a whole ---- */

static void
check_item(struct lint_sink *sink, const struct lint_server *s)
{
	const struct {
		const char *member;
		const char *value;
	} needed[] = {
		{ "name", s->name },
		{ "description", s->description },
		{ "version", s->version },
	};

	for (size_t i = 0; i < COUNT(needed); i++)
		if (needed[i].value == NULL || needed[i].value[0] == '\0')
			found(sink, needed[i].value, "%s", needed[i].member);
}

static void
check_text_length(struct lint_sink *sink, const struct lint_server *s)
{
	if (s->description != NULL &&
	    lint_text_length(s->description) > DESCRIPTION_MAX)
		found(sink, s->description, "description");
	if (s->title != NULL && lint_text_length(s->title) > DESCRIPTION_MAX)
		found(sink, s->title, "title");
}

static void
check_name(struct lint_sink *sink, const struct lint_server *s)
{
	size_t len = s->name == NULL ? 0 : strlen(s->name);

	if (len > 0 && (len < NAME_MIN || len > LIMIT_NAME ||
			   !rules_format_server_name.matches(s->name, len)))
		found(sink, s->name, "name");
}

static void
check_version_latest(struct lint_sink *sink, const struct lint_server *s)
{
	if (is(s->version, "latest"))
		found(sink, s->version, "version");
}

static void
check_version_range(struct lint_sink *sink, const struct lint_server *s)
{
	if (s->version != NULL && lint_text_is_range(s->version))
		found(sink, s->version, "version");
}

static void
check_version_order(struct lint_sink *sink, const struct lint_server *s)
{
	if (s->version != NULL && s->version[0] != '\0' &&
	    !is(s->version, "latest") && !lint_text_is_range(s->version) &&
	    !version_is_semantic(s->version, strlen(s->version)))
		found(sink, s->version, "version");
}

static void
check_version_encoding(struct lint_sink *sink, const struct lint_server *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	if (s->version != NULL && s->version[strspn(s->version, plain)] != '\0')
		found(sink, s->version, "version");
}

static void
check_schema_missing(struct lint_sink *sink, const struct lint_server *s)
{
	if (s->schema == NULL)
		found(sink, NULL, "$schema");
}

static void
check_schema_old(struct lint_sink *sink, const struct lint_server *s)
{
	const char *folder =
	    s->schema == NULL ? NULL : strstr(s->schema, SCHEMA_FOLDER);

	/* Dates written so compare as text. */
	if (folder != NULL &&
	    isdigit((unsigned char)folder[strlen(SCHEMA_FOLDER)]) &&
	    strncmp(folder + strlen(SCHEMA_FOLDER), SCHEMA_CURRENT,
		strlen(SCHEMA_CURRENT)) < 0)
		found(sink, s->schema, "$schema");
}

/* ---- packages ---- */

static bool
is_carried_latest(const struct lint_package *p)
{
	return is(lint_text_carried_version(p->type, p->identifier), "latest");
}

static void
check_nothing_to_run(struct lint_sink *sink, const struct lint_server *s)
{
	if (!s->has_package && !s->has_remote)
		found(sink, NULL, "%s", "");
}

static void
check_toolhive(struct lint_sink *sink, const struct lint_server *s)
{
	if (!s->has_package || s->has_remote)
		return;
	for (size_t i = 0; i < s->package_count; i++)
		if (is(s->packages[i].type, "oci"))
			return;
	found(sink, s->package_count > 0 ? s->packages[0].type : NULL,
	    "packages");
}

static void
check_copilot(struct lint_sink *sink, const struct lint_server *s)
{
	static const char *const known[] = { "npm", "pypi", "oci", "docker",
		NULL };

	if (!s->has_package || s->has_remote)
		return;
	for (size_t i = 0; i < s->package_count; i++)
		if (is_one_of(s->packages[i].type, known))
			return;
	found(sink, s->package_count > 0 ? s->packages[0].type : NULL,
	    "packages");
}

static void
check_vscode_type(struct lint_sink *sink, const struct lint_server *s)
{
	static const char *const known[] = { "npm", "pypi", "oci", "nuget",
		NULL };

	for (size_t i = 0; i < s->package_count; i++) {
		const struct lint_package *p = &s->packages[i];

		if (!is_one_of(p->type, known))
			found(sink, p->type, "packages.%zu.registryType",
			    p->index);
	}
}

static void
check_version_twice(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < s->package_count; i++) {
		const struct lint_package *p = &s->packages[i];

		if (p->version != NULL && p->version[0] != '\0' &&
		    lint_text_carried_version(p->type, p->identifier) != NULL)
			found(sink, p->identifier, "packages.%zu.identifier",
			    p->index);
	}
}

static void
check_npm_hint(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < s->package_count; i++) {
		const struct lint_package *p = &s->packages[i];

		if (is(p->type, "npm") && p->runtime_hint != NULL &&
		    is_carried_latest(p))
			found(sink, p->identifier, "packages.%zu.identifier",
			    p->index);
	}
}

static void
check_package_latest(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < s->package_count; i++) {
		const struct lint_package *p = &s->packages[i];

		if (is(p->version, "latest"))
			found(
			    sink, p->version, "packages.%zu.version", p->index);
	}
}

static void
check_package_range(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < s->package_count; i++) {
		const struct lint_package *p = &s->packages[i];
		const char *carried =
		    lint_text_carried_version(p->type, p->identifier);

		if (p->version != NULL && lint_text_is_range(p->version))
			found(
			    sink, p->version, "packages.%zu.version", p->index);
		else if (carried != NULL && lint_text_is_range(carried))
			found(sink, p->identifier, "packages.%zu.identifier",
			    p->index);
	}
}

static void
check_package_floating(struct lint_sink *sink, const struct lint_server *s)
{
	static const char *const versioned[] = { "npm", "pypi", "oci", "docker",
		"nuget", NULL };

	for (size_t i = 0; i < s->package_count; i++) {
		const struct lint_package *p = &s->packages[i];

		if (is_one_of(p->type, versioned) && p->identifier != NULL &&
		    p->version == NULL &&
		    (lint_text_carried_version(p->type, p->identifier) ==
			    NULL ||
			is_carried_latest(p)))
			found(sink, p->identifier, "packages.%zu.identifier",
			    p->index);
	}
}

/* ---- remotes ---- */

/* Reports each remote whose URL ${is_wrong} says so of. */
static void
check_urls(struct lint_sink *sink, const struct lint_server *s,
    bool (*is_wrong)(const char *url))
{
	for (size_t i = 0; i < s->remote_count; i++)
		if (is_wrong(s->remotes[i].url))
			found(sink, s->remotes[i].url, "remotes.%zu.url",
			    s->remotes[i].index);
}

static bool
has_variable(const char *url)
{
	return strchr(url, '{') != NULL;
}

static bool
has_query(const char *url)
{
	return strchr(url, '?') != NULL;
}

static bool
is_open_http(const char *url)
{
	return lint_text_is_http(url) && !lint_text_is_local(url);
}

static void
check_remote_variable(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, has_variable);
}

static void
check_remote_http(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, is_open_http);
}

static void
check_remote_local(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, lint_text_is_local);
}

static void
check_remote_slash(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, lint_text_ends_in_slash);
}

static void
check_remote_query(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, has_query);
}

static void
check_remote_form(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, lint_text_is_rewritten);
}

/* ---- pictures ---- */

static void
check_icon_missing(struct lint_sink *sink, const struct lint_server *s)
{
	if (!s->has_picture)
		found(sink, NULL, "icons");
}

static void
check_icon_http(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < s->icon_count; i++)
		if (lint_text_is_http(s->icons[i].src))
			found(sink, s->icons[i].src, "icons.%zu.src",
			    s->icons[i].index);
}

/* ---- what publishers add ---- */

#define PUBLISHER "_meta.io.modelcontextprotocol.registry/publisher-provided"

static void
check_publisher_scalar(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < s->scalar_count; i++)
		found(sink, NULL, PUBLISHER ".%s", s->scalars[i]);
}

static void
check_publisher_size(struct lint_sink *sink, const struct lint_server *s)
{
	char size[32];

	if (s->publisher_size <= LIMIT_META_DEFAULT)
		return;
	snprintf(size, sizeof size, "%zu bytes", s->publisher_size);
	found(sink, size, PUBLISHER);
}

static void
check_tag(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < s->tag_count; i++) {
		const struct lint_tag *t = &s->tags[i];

		if (!rules_format_tag.matches(t->text, strlen(t->text)))
			found(sink, t->text,
			    PUBLISHER ".io.github.stacklok.%s.tags.%zu",
			    t->extension, t->index);
	}
}

/* ---- the table ---- */

const struct lint_rule lint_rules_table[] = {
	{ "document", LINT_ERROR, LINT_SYNC | LINT_REFERENCE,
	    "The document cannot be read, so nothing of it is served.",
	    "Repair the place that is named.", NULL },
	{ "document-size", LINT_ERROR, LINT_REFERENCE,
	    "The reference takes at most 104857600 bytes from a URL.",
	    "Split it into several sources.", NULL },
	{ "rejected", LINT_ERROR, LINT_SYNC | LINT_REFERENCE,
	    "The entry breaks a rule of its format: the sync leaves it out, "
	    "and the reference refuses the whole document.",
	    "Make the member that is named follow the rule.", NULL },
	{ "duplicate", LINT_ERROR, LINT_SYNC | LINT_REFERENCE,
	    "The name and version stand in the document twice: the sync "
	    "leaves the second out, and the reference refuses the whole "
	    "document.",
	    "Remove one, or give it a version of its own.", NULL },
	{ "item-fields", LINT_ERROR, LINT_VSCODE,
	    "VS Code needs a name, a description and a version that are not "
	    "empty.  It passes over an entry without them, and when that "
	    "entry is the first of a page it refuses the page.",
	    "Fill in the member.", check_item },
	{ "text-length", LINT_ERROR, LINT_REFERENCE | LINT_OFFICIAL,
	    "A description or title of more than 100 characters makes the "
	    "reference refuse the whole document, and cannot be published.",
	    "Shorten it; websiteUrl may lead to more.", check_text_length },
	{ "name-form", LINT_ERROR, LINT_REFERENCE | LINT_OFFICIAL,
	    "A name has 3 to 200 characters, letters, digits, dots and "
	    "hyphens, one slash, and underscores after it.  Another one needs "
	    "percent-encoding in URLs that clients build without it.",
	    "Rename the server; what was installed by the old name has to be "
	    "installed anew.",
	    check_name },
	{ "version-latest", LINT_WARNING, LINT_READERS | LINT_OFFICIAL,
	    "In a URL the version latest means the newest one, whatever it is "
	    "called: this version cannot be asked for.",
	    "Give it a number.", check_version_latest },
	{ "version-range", LINT_WARNING, LINT_OFFICIAL,
	    "The version is a range, which is not ordered among versions and "
	    "cannot be published.",
	    "Name one version.", check_version_range },
	{ "version-order", LINT_INFO, LINT_SYNC,
	    "The version is no semantic version: it counts as older than "
	    "every one that is, and is ordered by its bytes.",
	    "Use three numbers, like 1.4.0.", check_version_order },
	{ "version-encoding", LINT_WARNING, LINT_READERS,
	    "The version has characters that need percent-encoding in a URL; "
	    "a plus sign that is sent as it is may arrive as a space.",
	    "Leave build metadata and special characters out.",
	    check_version_encoding },
	{ "schema-missing", LINT_INFO, LINT_OFFICIAL,
	    "The entry does not say which format it is written in ($schema).",
	    "Name the schema of " SCHEMA_CURRENT ".", check_schema_missing },
	{ "schema-old", LINT_INFO, LINT_OFFICIAL | LINT_REFERENCE,
	    "The entry names a schema older than that of " SCHEMA_CURRENT
	    ", which the reference puts into its answers whatever is there.",
	    "Check it against the newer schema and name that.",
	    check_schema_old },
	{ "nothing-to-run", LINT_ERROR, LINT_READERS,
	    "The entry has neither packages nor remotes: there is nothing to "
	    "install and nothing to connect to.",
	    "Add a package or a remote, or take the entry out.",
	    check_nothing_to_run },
	{ "toolhive-dropped", LINT_ERROR, LINT_TOOLHIVE,
	    "ToolHive drops an entry without an OCI package or a remote and "
	    "does not say so.",
	    "Publish a container image, or offer the server at a URL.",
	    check_toolhive },
	{ "copilot-install", LINT_ERROR, LINT_COPILOT_CLI,
	    "Copilot CLI installs packages of npm, pypi, oci and docker only, "
	    "and the entry has no other way in.",
	    "Add such a package or a remote.", check_copilot },
	{ "package-type", LINT_WARNING, LINT_VSCODE,
	    "VS Code knows how to start npm, pypi, oci and nuget packages; of "
	    "another type it makes a command called like the type.",
	    "List a package of a type it knows first.", check_vscode_type },
	{ "package-version-twice", LINT_ERROR, LINT_VSCODE,
	    "The identifier carries a version and there is a version too: VS "
	    "Code joins them, as in image:1.0:1.0, and the start fails.",
	    "Keep one of the two.", check_version_twice },
	{ "package-npm-hint", LINT_WARNING, LINT_JETBRAINS,
	    "JetBrains does not fill in an npm package that is written as "
	    "name@latest and has a runtimeHint.",
	    "Leave @latest out, and name a version.", check_npm_hint },
	{ "package-latest", LINT_ERROR, LINT_REFERENCE | LINT_OFFICIAL,
	    "A package of version latest makes the reference refuse the whole "
	    "document, and cannot be published.",
	    "Name a version.", check_package_latest },
	{ "package-range", LINT_WARNING, LINT_READERS | LINT_OFFICIAL,
	    "The version of the package is a range: installers that take an "
	    "exact version find none, others install what they like.",
	    "Name one version.", check_package_range },
	{ "package-floating", LINT_INFO, LINT_READERS,
	    "No version is named, or latest: what gets installed changes "
	    "without this entry changing.",
	    "Name a version, or a digest of the image.",
	    check_package_floating },
	{ "remote-variable", LINT_ERROR, LINT_VSCODE,
	    "VS Code writes the URL into its settings as it is, and where "
	    "only registered servers may run compares it as it is: with the "
	    "variable filled in, the server is refused.",
	    "List the URLs people really use, one remote each.",
	    check_remote_variable },
	{ "remote-http", LINT_WARNING, LINT_VSCODE | LINT_TOOLHIVE,
	    "The URL is plain http: what is sent can be read and changed on "
	    "the way, and clients that insist on https refuse it.",
	    "Offer the server over https.", check_remote_http },
	{ "remote-local", LINT_WARNING, LINT_READERS,
	    "The URL leads to the machine of whoever reads it.",
	    "Describe what has to run there as a package.",
	    check_remote_local },
	{ "remote-slash", LINT_WARNING, LINT_VSCODE,
	    "The URL ends in a slash.  Where only registered servers may run "
	    "VS Code compares every character: written without the slash, the "
	    "server is refused.",
	    "Leave the slash out if the server answers without it.",
	    check_remote_slash },
	{ "remote-query", LINT_WARNING, LINT_VSCODE,
	    "The URL has a query.  Where only registered servers may run VS "
	    "Code compares every character: with another query, the server is "
	    "refused.",
	    "Move what is variable into a header.", check_remote_query },
	{ "remote-form", LINT_WARNING, LINT_VSCODE,
	    "The URL has upper case in scheme or host, the port that is the "
	    "default, or a fragment: a client that rewrites it no longer "
	    "matches what VS Code compares.",
	    "Write scheme and host in lower case, and only what is needed.",
	    check_remote_form },
	{ "icon-missing", LINT_INFO, LINT_VSCODE,
	    "VS Code has no picture to show for the entry.",
	    "Add icons with an https URL.", check_icon_missing },
	{ "icon-http", LINT_WARNING, LINT_VSCODE,
	    "The window of VS Code loads pictures over https only.",
	    "Put the picture behind https.", check_icon_http },
	{ "publisher-scalar", LINT_ERROR, LINT_SYNC | LINT_REFERENCE,
	    "A value directly below publisher-provided is no object: the "
	    "sync leaves the entry out, and the reference refuses the whole "
	    "document.",
	    "Put it into an object under a name of the publisher.",
	    check_publisher_scalar },
	{ "publisher-size", LINT_ERROR, LINT_REFERENCE,
	    "The publisher-provided object has more than 262144 bytes: unless "
	    "configured otherwise the reference refuses the whole document.",
	    "Shorten it, or raise database.maxMetaSize there.",
	    check_publisher_size },
	{ "tag-form", LINT_ERROR, LINT_SYNC | LINT_REFERENCE | LINT_TOOLHIVE,
	    "A tag of ToolHive has two or more of a-z, 0-9, hyphen and "
	    "underscore, a letter or digit first and last.  With another one "
	    "the sync leaves the entry out, and the reference refuses the "
	    "whole document.",
	    "Write it in lower case, with hyphens for spaces.", check_tag },
	{ "name-case", LINT_WARNING, LINT_READERS,
	    "Two names differ only in upper and lower case: people and "
	    "allowlists take one for the other.",
	    "Keep one of them.", NULL },
	{ "remote-shared", LINT_WARNING, LINT_VSCODE,
	    "Several entries have the same remote URL.  Where only registered "
	    "servers may run the URL decides, so allowing one allows all.",
	    "Keep one entry per endpoint.", NULL },
	{ "toolhive-entries", LINT_ERROR, LINT_TOOLHIVE,
	    "ToolHive gives up on a registry of more than 10000 entries: "
	    "neither lists nor look-ups work.",
	    "Make smaller registries, with sources that filter.", NULL },
	{ "toolhive-cache", LINT_WARNING, LINT_TOOLHIVE,
	    "ToolHive drops its cache on disk above 10 MB and loads the whole "
	    "registry again for each use.",
	    "Make smaller registries, with sources that filter.", NULL },
	{ "mirror-records", LINT_ERROR, LINT_REFERENCE,
	    "The reference reads at most 100000 versions, in 1000 pages of "
	    "100, from a registry that is its source.",
	    "Give it a smaller registry to mirror.", NULL },
};

const size_t lint_rules_count = COUNT(lint_rules_table);

const struct lint_rule *
lint_rules_find(const char *id)
{
	const struct lint_rule *rule = lint_rules_table;

	while (strcmp(rule->id, id) != 0)
		rule++;
	return rule;
}

void
lint_rules_check(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < lint_rules_count; i++) {
		sink->rule = &lint_rules_table[i];
		if (sink->rule->check != NULL)
			sink->rule->check(sink, s);
	}
}

const char *
lint_rules_severity(enum lint_severity severity)
{
	static const char *const names[] = { "error", "warning", "info" };

	return names[severity];
}

static const struct {
	const char *name;
	const char *id;
} clients[LINT_CLIENT_COUNT] = {
	{ "VS Code", "vscode" },
	{ "Copilot CLI", "copilot-cli" },
	{ "JetBrains", "jetbrains" },
	{ "ToolHive", "toolhive" },
	{ "thv-registry-api", "thv-registry-api" },
	{ "official registry", "official-registry" },
	{ "this sync", "thv-registry-sync" },
};

const char *
lint_rules_client(size_t i)
{
	return clients[i].name;
}

const char *
lint_rules_client_id(size_t i)
{
	return clients[i].id;
}
