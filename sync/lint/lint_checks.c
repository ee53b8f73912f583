/* SPDX-License-Identifier: Apache-2.0 */
/* The functions behind the table of rules: what each finds in one server. */
#include "sync/lint/lint_checks.h"

#include "lib/document/rules_format.h"
#include "lib/limits.h"
#include "lib/url.h"
#include "lib/version.h"
#include "sync/lint/lint_text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define PATH_SIZE 512
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

void
lint_checks_item(struct lint_sink *sink, const struct lint_server *s)
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

void
lint_checks_text_length(struct lint_sink *sink, const struct lint_server *s)
{
	if (s->description != NULL &&
	    lint_text_length(s->description) > DESCRIPTION_MAX)
		found(sink, s->description, "description");
	if (s->title != NULL && lint_text_length(s->title) > DESCRIPTION_MAX)
		found(sink, s->title, "title");
}

void
lint_checks_name(struct lint_sink *sink, const struct lint_server *s)
{
	size_t len = s->name == NULL ? 0 : strlen(s->name);

	if (len > 0 && (len < NAME_MIN || len > LIMIT_NAME ||
			   !rules_format_server_name.matches(s->name, len)))
		found(sink, s->name, "name");
}

void
lint_checks_version_latest(struct lint_sink *sink, const struct lint_server *s)
{
	if (is(s->version, "latest"))
		found(sink, s->version, "version");
}

void
lint_checks_version_range(struct lint_sink *sink, const struct lint_server *s)
{
	if (s->version != NULL && lint_text_is_range(s->version))
		found(sink, s->version, "version");
}

void
lint_checks_version_order(struct lint_sink *sink, const struct lint_server *s)
{
	if (s->version != NULL && s->version[0] != '\0' &&
	    !is(s->version, "latest") && !lint_text_is_range(s->version) &&
	    !version_is_semantic(s->version, strlen(s->version)))
		found(sink, s->version, "version");
}

void
lint_checks_version_encoding(
    struct lint_sink *sink, const struct lint_server *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	if (s->version != NULL && s->version[strspn(s->version, plain)] != '\0')
		found(sink, s->version, "version");
}

void
lint_checks_schema_missing(struct lint_sink *sink, const struct lint_server *s)
{
	if (s->schema == NULL)
		found(sink, NULL, "$schema");
}

void
lint_checks_schema_old(struct lint_sink *sink, const struct lint_server *s)
{
	const char *folder =
	    s->schema == NULL ? NULL : strstr(s->schema, SCHEMA_FOLDER);

	if (folder != NULL &&
	    isdigit((unsigned char)folder[strlen(SCHEMA_FOLDER)]) &&
	    strncmp(folder + strlen(SCHEMA_FOLDER), LINT_CHECKS_SCHEMA,
		strlen(LINT_CHECKS_SCHEMA)) < 0)
		found(sink, s->schema, "$schema");
}

/* ---- packages ---- */

static const char *
carried(const struct lint_package *p)
{
	return lint_text_carried_version(p->type, p->identifier);
}

void
lint_checks_nothing_to_run(struct lint_sink *sink, const struct lint_server *s)
{
	if (s->package_total + s->remote_total == 0)
		found(sink, NULL, "%s", "");
}

/*
 * Reports a server whose packages are all of other types, without remotes.
 * Those of cargo are young; what is known of them has a rule of its own.
 */
static void
check_ways_in(struct lint_sink *sink, const struct lint_server *s,
    const char *const *types)
{
	if (s->package_total == 0 || s->remote_total > 0)
		return;
	for (size_t i = 0; i < s->package_count; i++)
		if (is_one_of(s->packages[i].type, types) ||
		    is(s->packages[i].type, "cargo"))
			return;
	found(sink, s->package_count > 0 ? s->packages[0].type : NULL,
	    "packages");
}

void
lint_checks_toolhive(struct lint_sink *sink, const struct lint_server *s)
{
	static const char *const types[] = { "oci", NULL };

	check_ways_in(sink, s, types);
}

void
lint_checks_copilot(struct lint_sink *sink, const struct lint_server *s)
{
	static const char *const types[] = { "npm", "pypi", "oci", "docker",
		NULL };

	check_ways_in(sink, s, types);
}

/*
 * Reports ${member} of each package of which ${wrong} returns the text that is
 * wrong, and not NULL.
 */
static void
check_packages(struct lint_sink *sink, const struct lint_server *s,
    const char *(*wrong)(const struct lint_package *p), const char *member)
{
	for (size_t i = 0; i < s->package_count; i++) {
		const char *text = wrong(&s->packages[i]);

		if (text != NULL)
			found(sink, text, "packages.%zu.%s",
			    s->packages[i].index, member);
	}
}

static const char *
type_without_command(const struct lint_package *p)
{
	static const char *const known[] = { "npm", "pypi", "oci", "nuget",
		"cargo", NULL };

	return is_one_of(p->type, known) ? NULL : p->type;
}

static const char *
twice_versioned(const struct lint_package *p)
{
	return p->version != NULL && p->version[0] != '\0' && carried(p) != NULL
		   ? p->identifier
		   : NULL;
}

static const char *
hinted_latest(const struct lint_package *p)
{
	return is(p->type, "npm") && p->runtime_hint != NULL &&
		       is(carried(p), "latest")
		   ? p->identifier
		   : NULL;
}

static const char *
latest_version(const struct lint_package *p)
{
	return is(p->version, "latest") ? p->version : NULL;
}

static const char *
range_version(const struct lint_package *p)
{
	return p->version != NULL && lint_text_is_range(p->version) ? p->version
								    : NULL;
}

static const char *
range_identifier(const struct lint_package *p)
{
	const char *version = p->version == NULL ? carried(p) : NULL;

	return version != NULL && lint_text_is_range(version) ? p->identifier
							      : NULL;
}

static const char *
floating_identifier(const struct lint_package *p)
{
	static const char *const versioned[] = { "npm", "pypi", "oci", "docker",
		"nuget", "cargo", NULL };
	const char *version = carried(p);

	return is_one_of(p->type, versioned) && p->version == NULL &&
		       (version == NULL || is(version, "latest"))
		   ? p->identifier
		   : NULL;
}

static const char *
cargo_type(const struct lint_package *p)
{
	return is(p->type, "cargo") ? p->type : NULL;
}

static const char *
misplaced_executable(const struct lint_package *p)
{
	return is(p->type, "npm") ? NULL : p->executable;
}

void
lint_checks_package_cargo(struct lint_sink *sink, const struct lint_server *s)
{
	check_packages(sink, s, cargo_type, "registryType");
}

void
lint_checks_package_executable(
    struct lint_sink *sink, const struct lint_server *s)
{
	check_packages(sink, s, misplaced_executable, "executable");
}

void
lint_checks_vscode_type(struct lint_sink *sink, const struct lint_server *s)
{
	check_packages(sink, s, type_without_command, "registryType");
}

void
lint_checks_version_twice(struct lint_sink *sink, const struct lint_server *s)
{
	check_packages(sink, s, twice_versioned, "identifier");
}

void
lint_checks_npm_hint(struct lint_sink *sink, const struct lint_server *s)
{
	check_packages(sink, s, hinted_latest, "identifier");
}

void
lint_checks_package_latest(struct lint_sink *sink, const struct lint_server *s)
{
	check_packages(sink, s, latest_version, "version");
}

void
lint_checks_package_range(struct lint_sink *sink, const struct lint_server *s)
{
	check_packages(sink, s, range_version, "version");
	check_packages(sink, s, range_identifier, "identifier");
}

void
lint_checks_package_floating(
    struct lint_sink *sink, const struct lint_server *s)
{
	check_packages(sink, s, floating_identifier, "identifier");
}

/* ---- transports of packages and remotes ---- */

static const char *
outdated_transport(const struct lint_package *p)
{
	return is(p->transport, "sse") ? p->transport : NULL;
}

static const char *
variable_transport(const struct lint_package *p)
{
	return p->url != NULL && *p->url == '{' ? p->url : NULL;
}

void
lint_checks_transport_sse(struct lint_sink *sink, const struct lint_server *s)
{
	check_packages(sink, s, outdated_transport, "transport.type");
	for (size_t i = 0; i < s->remote_count; i++)
		if (is(s->remotes[i].type, "sse"))
			found(sink, s->remotes[i].type, "remotes.%zu.type",
			    s->remotes[i].index);
}

void
lint_checks_transport_variable(
    struct lint_sink *sink, const struct lint_server *s)
{
	check_packages(sink, s, variable_transport, "transport.url");
	for (size_t i = 0; i < s->remote_count; i++)
		if (*s->remotes[i].url == '{')
			found(sink, s->remotes[i].url, "remotes.%zu.url",
			    s->remotes[i].index);
}

/* ---- remotes ---- */

/* Reports each remote whose URL ${is_wrong} says so of. */
static void
check_urls(struct lint_sink *sink, const struct lint_server *s,
    bool (*is_wrong)(const char *url))
{
	for (size_t i = 0; i < s->remote_count; i++) {
		char *shown;

		if (!is_wrong(s->remotes[i].url))
			continue;
		/* A report is passed on more easily than the document. */
		shown = url_shown(s->remotes[i].url);
		found(sink, shown, "remotes.%zu.url", s->remotes[i].index);
		free(shown);
	}
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

void
lint_checks_remote_variable(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, has_variable);
}

void
lint_checks_remote_http(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, is_open_http);
}

void
lint_checks_remote_local(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, lint_text_is_local);
}

void
lint_checks_remote_slash(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, lint_text_ends_in_slash);
}

void
lint_checks_remote_query(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, has_query);
}

void
lint_checks_remote_form(struct lint_sink *sink, const struct lint_server *s)
{
	check_urls(sink, s, lint_text_is_rewritten);
}

/* ---- pictures ---- */

void
lint_checks_icon_missing(struct lint_sink *sink, const struct lint_server *s)
{
	if (!s->has_picture)
		found(sink, NULL, "icons");
}

void
lint_checks_icon_http(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < s->icon_count; i++)
		if (lint_text_is_http(s->icons[i].src))
			found(sink, s->icons[i].src, "icons.%zu.src",
			    s->icons[i].index);
}

/* ---- what publishers add ---- */

#define PUBLISHER "_meta.io.modelcontextprotocol.registry/publisher-provided"

void
lint_checks_publisher_scalar(
    struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < s->scalar_count; i++)
		found(sink, NULL, PUBLISHER ".%s", s->scalars[i]);
}

void
lint_checks_publisher_size(struct lint_sink *sink, const struct lint_server *s)
{
	char size[32];

	if (s->publisher_size <= LIMIT_META_DEFAULT)
		return;
	snprintf(size, sizeof size, "%zu bytes", s->publisher_size);
	found(sink, size, PUBLISHER);
}

void
lint_checks_tag(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < s->tag_count; i++) {
		const struct lint_tag *t = &s->tags[i];

		if (!rules_format_tag.matches(t->text, strlen(t->text)))
			found(sink, t->text,
			    PUBLISHER ".io.github.stacklok.%s.tags.%zu",
			    t->extension, t->index);
	}
}

/* ---- Kiro ---- */

/* Its rules about parts count where there is one way in, as it wants. */
static bool
has_one_remote(const struct lint_server *s)
{
	return s->remote_total == 1 && s->package_total == 0;
}

static bool
has_one_package(const struct lint_server *s)
{
	return s->package_total == 1 && s->remote_total == 0;
}

void
lint_checks_kiro_ways(struct lint_sink *sink, const struct lint_server *s)
{
	char ways[64];

	if (has_one_remote(s) || has_one_package(s))
		return;
	snprintf(ways, sizeof ways, "%zu remotes, %zu packages",
	    s->remote_total, s->package_total);
	found(sink, ways, "%s", "");
}

void
lint_checks_kiro_remote(struct lint_sink *sink, const struct lint_server *s)
{
	static const char *const types[] = { "streamable-http", "sse", NULL };

	if (!has_one_remote(s))
		return;
	if (s->remote_count == 0 || s->remotes[0].url[0] == '\0')
		found(sink, NULL, "remotes.0.url");
	else if (!is_one_of(s->remotes[0].type, types))
		found(sink, s->remotes[0].type, "remotes.0.type");
}

static bool
is_blank(const char *text)
{
	return text == NULL || *text == '\0';
}

void
lint_checks_kiro_headers(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; has_one_remote(s) && i < s->headers.count; i++) {
		const struct lint_field *f = &s->headers.at[i];

		if (is_blank(f->name) || is_blank(f->value))
			found(sink, f->name, "remotes.0.headers.%zu.%s",
			    f->index, is_blank(f->name) ? "name" : "value");
	}
}

static const char *const kiro_types[] = { "npm", "pypi", NULL };

/* Of a package of another type nothing more is said. */
static bool
can_be_started(const struct lint_server *s)
{
	return has_one_package(s) && s->package_count == 1 &&
	       is_one_of(s->packages[0].type, kiro_types);
}

void
lint_checks_kiro_package(struct lint_sink *sink, const struct lint_server *s)
{
	const struct lint_package *p = s->packages;

	if (!has_one_package(s) || s->package_count == 0)
		return;
	if (!is_one_of(p->type, kiro_types))
		found(sink, p->type, "packages.0.registryType");
	else if (is_blank(p->identifier))
		found(sink, p->identifier, "packages.0.identifier");
	else if (is_blank(p->version))
		found(sink, p->version, "packages.0.version");
	else if (!is(p->transport, "stdio"))
		found(sink, p->transport, "packages.0.transport.type");
}

void
lint_checks_kiro_arguments(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; can_be_started(s) && i < s->arguments.count; i++) {
		const struct lint_field *f = &s->arguments.at[i];
		const bool placed = is(f->type, "positional");

		if (!placed || is_blank(f->value))
			found(sink, placed ? f->value : f->type,
			    "packages.0.packageArguments.%zu.%s", f->index,
			    placed ? "value" : "type");
	}
}

void
lint_checks_kiro_environment(
    struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; can_be_started(s) && i < s->variables.count; i++) {
		const struct lint_field *f = &s->variables.at[i];

		if (is_blank(f->name) || f->preset == NULL)
			found(sink, f->name,
			    "packages.0.environmentVariables.%zu.%s", f->index,
			    is_blank(f->name) ? "name" : "default");
	}
}
