/* SPDX-License-Identifier: Apache-2.0 */
/* Picking a server's document apart for the lint; its only user of jansson. */
#include "sync/lint/lint_server.h"

#include "lib/document/jscan.h"
#include "lib/xalloc.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define PUBLISHER "io.modelcontextprotocol.registry/publisher-provided"
#define TOOLHIVE "io.github.stacklok"

static const char *
text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

/* Adds the elements of ${list}, which belongs to the ${owner}th element. */
static void
read_fields(struct lint_fields *fields, size_t owner, const json_t *list)
{
	const size_t count = json_array_size(list);

	if (count == 0)
		return;
	fields->at = xreallocarray(
	    fields->at, fields->count + count, sizeof *fields->at);
	for (size_t i = 0; i < count; i++) {
		const json_t *f = json_array_get(list, i);

		fields->at[fields->count++] = (struct lint_field){
			.owner = owner,
			.index = i,
			.name = text(f, "name"),
			.type = text(f, "type"),
			.value = text(f, "value"),
			.preset = text(f, "default"),
		};
	}
}

static void
read_packages(struct lint_server *s, const json_t *list)
{
	size_t count = json_array_size(list);

	s->packages = xcalloc(count, sizeof *s->packages);
	for (size_t i = 0; i < count; i++) {
		const json_t *p = json_array_get(list, i);
		const json_t *transport = json_object_get(p, "transport");
		const json_t *executable = json_object_get(p, "executable");

		if (!json_is_object(p))
			continue;
		s->packages[s->package_count++] = (struct lint_package){
			.index = i,
			.type = text(p, "registryType"),
			.identifier = text(p, "identifier"),
			.version = text(p, "version"),
			.runtime_hint = text(p, "runtimeHint"),
			.executable =
			    executable == NULL || json_is_null(executable)
				? NULL
			    : json_is_string(executable)
				? json_string_value(executable)
				: "",
			.transport = text(transport, "type"),
			.url = text(transport, "url"),
		};
		read_fields(
		    &s->arguments, i, json_object_get(p, "packageArguments"));
		read_fields(&s->variables, i,
		    json_object_get(p, "environmentVariables"));
	}
	s->package_total = count;
}

static void
read_remotes(struct lint_server *s, const json_t *list)
{
	size_t count = json_array_size(list);

	s->remotes = xcalloc(count, sizeof *s->remotes);
	for (size_t i = 0; i < count; i++) {
		const json_t *r = json_array_get(list, i);
		const char *url = text(r, "url");

		if (url != NULL)
			s->remotes[s->remote_count++] = (struct lint_remote){
				.index = i, .type = text(r, "type"), .url = url
			};
		read_fields(&s->headers, i, json_object_get(r, "headers"));
	}
	s->remote_total = count;
}

static void
read_icons(struct lint_server *s, const json_t *list)
{
	size_t count = json_array_size(list);

	s->icons = xcalloc(count, sizeof *s->icons);
	for (size_t i = 0; i < count; i++) {
		const char *src = text(json_array_get(list, i), "src");

		if (src != NULL)
			s->icons[s->icon_count++] =
			    (struct lint_icon){ .index = i, .src = src };
	}
}

static void
read_tags(struct lint_server *s, const char *extension, const json_t *list)
{
	size_t count = json_array_size(list);

	s->tags =
	    xreallocarray(s->tags, s->tag_count + count + 1, sizeof *s->tags);
	for (size_t i = 0; i < count; i++) {
		const char *tag = json_string_value(json_array_get(list, i));

		if (tag != NULL)
			s->tags[s->tag_count++] =
			    (struct lint_tag){ extension, i, tag };
	}
}

static void
read_publishers(struct lint_server *s, json_t *publishers)
{
	json_t *toolhive = json_object_get(publishers, TOOLHIVE);
	void *at;

	s->scalars = xcalloc(json_object_size(publishers), sizeof *s->scalars);
	for (at = json_object_iter(publishers); at != NULL;
	     at = json_object_iter_next(publishers, at))
		if (!json_is_object(json_object_iter_value(at)))
			s->scalars[s->scalar_count++] =
			    json_object_iter_key(at);
	for (at = json_object_iter(toolhive); at != NULL;
	     at = json_object_iter_next(toolhive, at))
		read_tags(s, json_object_iter_key(at),
		    json_object_get(json_object_iter_value(at), "tags"));
}

static bool
has_picture(
    const struct lint_server *s, const json_t *entry, const json_t *publishers)
{
	const json_t *github = json_object_get(publishers, "github");

	return s->icon_count > 0 || text(github, "preferredImage") != NULL ||
	       text(github, "ownerAvatarUrl") != NULL ||
	       text(publishers, "x-ms-icon") != NULL ||
	       text(json_object_get(entry, "_meta"), "x-ms-icon") != NULL ||
	       text(entry, "x-ms-icon") != NULL;
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
lint_server_read(struct lint_server *out, const char *json, size_t len)
{
	json_t *entry = json_loadb(json, len, JSON_DECODE_INT_AS_REAL, NULL);
	json_t *publishers;

	lint_server_free(out);
	if (!json_is_object(entry)) {
		json_decref(entry);
		return false;
	}
	publishers =
	    json_object_get(json_object_get(entry, "_meta"), PUBLISHER);
	out->tree = entry;
	out->name = text(entry, "name");
	out->version = text(entry, "version");
	out->title = text(entry, "title");
	out->description = text(entry, "description");
	out->schema = text(entry, "$schema");
	out->size = len;
	out->publisher_size = publisher_size(json, len);
	read_packages(out, json_object_get(entry, "packages"));
	read_remotes(out, json_object_get(entry, "remotes"));
	read_icons(out, json_object_get(entry, "icons"));
	read_publishers(out, publishers);
	out->has_picture = has_picture(out, entry, publishers);
	return true;
}

void
lint_server_free(struct lint_server *s)
{
	free(s->packages);
	free(s->remotes);
	free(s->arguments.at);
	free(s->variables.at);
	free(s->headers.at);
	free(s->icons);
	free(s->tags);
	free(s->scalars);
	json_decref(s->tree);
	memset(s, 0, sizeof *s);
}
