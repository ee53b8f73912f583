/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The description of the API, made from the table of routes so that it cannot
 * say anything else than what is answered.
 *
 * JSON is YAML as well, so the same text is given out under both names.
 * Programs that look for an upstream to sync from want a description that
 * has the version "1.0.0" and names the MCP registry's project.
 */
#include "fcgi/handlers/openapi.h"

#include "fcgi/handlers/handle.h"
#include "lib/json_out.h"

#include <stdio.h>
#include <string.h>

static const char description[] =
    "A registry of MCP servers, skills and plugins; servers are listed as "
    "https://github.com/modelcontextprotocol/registry does it. Every path "
    "answers HEAD and OPTIONS as well as GET. Paths that name no registry mean "
    "the default one. Answers below a registry and the lists below /v1 have an "
    "entity tag and may be 304. Query parameters that are not listed are "
    "ignored. A slash in a name is written as %2F; the paths of servers are "
    "answered with the slash as it is, too, for proxies that decode it. Double "
    "slashes and one at the end are ignored. Publishing and other changes are "
    "501.";

static void
add_str(struct json_out *j, const char *key, const char *value)
{
	json_out_key(j, key);
	json_out_str(j, value);
}

/* {"$ref":"#/components/${section}/${prefix}${name}"}; names need no escape. */
static void
add_ref(struct json_out *j, const char *section, const char *prefix,
    const char *name, size_t len)
{
	json_out_open(j, '{');
	json_out_key(j, "$ref");
	json_out_raw(j, "\"#/components/", strlen("\"#/components/"));
	buf_adds(j->to, section);
	buf_addc(j->to, '/');
	buf_adds(j->to, prefix);
	buf_add(j->to, name, len);
	buf_addc(j->to, '"');
	json_out_close(j, '}');
}

/* References to the parameters in braces; how many there were. */
static int
add_path_parameters(struct json_out *j, const char *pattern)
{
	int count = 0;

	while ((pattern = strchr(pattern, '{')) != NULL) {
		size_t len = strcspn(++pattern, "}");

		add_ref(j, "parameters", "path-", pattern, len);
		count++;
	}
	return count;
}

static int
add_parameters(struct json_out *j, const struct route *r, const char *prefix)
{
	int count;

	json_out_key(j, "parameters");
	json_out_open(j, '[');
	count = add_path_parameters(j, prefix);
	count += add_path_parameters(j, r->path);
	for (int i = 0; i < PARAMETERS; i++) {
		bool limit = i == PARAMETER_LIMIT;
		const char *name =
		    limit ? query_page_sizes[r->style].id : parameters[i].name;

		if ((r->parameters & 1u << i) != 0)
			add_ref(j, "parameters", limit ? "" : "query-", name,
			    strlen(name));
	}
	json_out_close(j, ']');
	return count;
}

static void
add_response(struct json_out *j, const char *status, const char *name)
{
	json_out_key(j, status);
	add_ref(j, "responses", "", name, strlen(name));
}

/* Whether the answer has an entity tag. */
static bool
is_tagged(const struct route *r)
{
	return r->scope == ROUTE_REGISTRY || r->content_tag;
}

static void
add_success(struct json_out *j, const struct route *r)
{
	const char *type = r->handle == handle_openapi_yaml
			       ? "application/yaml"
			       : "application/json";

	json_out_key(j, "200");
	json_out_open(j, '{');
	add_str(j, "description", r->summary);
	if (is_tagged(r)) {
		json_out_key(j, "headers");
		json_out_open(j, '{');
		json_out_key(j, "ETag");
		add_ref(j, "headers", "", "ETag", strlen("ETag"));
		json_out_close(j, '}');
	}
	json_out_key(j, "content");
	json_out_open(j, '{');
	json_out_key(j, type);
	json_out_open(j, '{');
	json_out_key(j, "schema");
	add_ref(j, "schemas", "", r->answer, strlen(r->answer));
	json_out_close(j, '}');
	json_out_close(j, '}');
	json_out_close(j, '}');
}

/* The words of a pattern, each with a capital letter. */
static void
add_words(struct buf *to, const char *pattern)
{
	bool start = true;

	for (; *pattern != '\0'; pattern++) {
		char c = *pattern;
		bool lower = c >= 'a' && c <= 'z';
		bool word =
		    lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (word)
			buf_addc(to, start && lower ? (char)(c - 32) : c);
		/* The point of v0.1 is no new word. */
		start = !word && c != '.';
		if (c == '/' && pattern[1] == '\0')
			buf_adds(to, "Slash");
	}
}

/* A name for the operation, for generated code: unique, as the path is. */
static void
add_operation_id(struct json_out *j, const struct route *r, const char *prefix)
{
	json_out_key(j, "operationId");
	json_out_raw(j, "\"get", strlen("\"get"));
	add_words(j->to, prefix);
	add_words(j->to, r->path);
	buf_addc(j->to, '"');
}

static void
add_operation(struct json_out *j, const struct route *r, const char *prefix)
{
	int captures;

	json_out_key(j, "get");
	json_out_open(j, '{');
	add_operation_id(j, r, prefix);
	add_str(j, "summary", r->summary);
	captures = add_parameters(j, r, prefix);
	json_out_key(j, "responses");
	json_out_open(j, '{');
	add_success(j, r);
	if (is_tagged(r))
		add_response(j, "304", "NotModified");
	if (r->parameters != 0)
		add_response(j, "400", "BadRequest");
	if (captures > 0 || r->scope == ROUTE_REGISTRY)
		add_response(j, "404", "NotFound");
	add_response(j, "414", "TooLong");
	if (r->scope != ROUTE_ALONE) {
		add_response(j, "500", "Failure");
		add_response(j, "503", "Unavailable");
	}
	json_out_close(j, '}');
	json_out_close(j, '}');
}

static void
add_paths(struct json_out *j, const struct route *r)
{
	for (int i = 0; i < ROUTE_MOUNTS; i++) {
		const char *prefix = route_prefix((enum route_mount)(1 << i));

		if ((r->mounts & 1u << i) == 0)
			continue;
		/* A key in two halves; patterns need no escaping. */
		if (j->comma)
			buf_addc(j->to, ',');
		buf_addc(j->to, '"');
		buf_adds(j->to, prefix);
		buf_adds(j->to, r->path);
		buf_adds(j->to, "\":");
		j->comma = false;
		json_out_open(j, '{');
		add_operation(j, r, prefix);
		json_out_close(j, '}');
	}
}

static void
add_info(struct json_out *j)
{
	json_out_key(j, "info");
	json_out_open(j, '{');
	add_str(j, "title", "MCP registry");
	add_str(j, "version", "1.0.0");
	add_str(j, "description", description);
	json_out_key(j, "license");
	json_out_open(j, '{');
	add_str(j, "name", "Apache License 2.0");
	add_str(j, "identifier", "Apache-2.0");
	json_out_close(j, '}');
	json_out_close(j, '}');
	/* No credentials are required. */
	json_out_key(j, "security");
	json_out_open(j, '[');
	json_out_close(j, ']');
	json_out_key(j, "servers");
	json_out_open(j, '[');
	json_out_open(j, '{');
	add_str(j, "url", "/");
	json_out_close(j, '}');
	json_out_close(j, ']');
}

/* JSON that is written with ' for ". */
static void
add_quoted(struct json_out *j, const char *json)
{
	json_out_raw(j, "", 0);
	for (; *json != '\0'; json++)
		buf_addc(j->to, (char)(*json == '\'' ? '"' : *json));
}

/* The members up to the schema, whose key is written last. */
static void
open_parameter(struct json_out *j, const char *in, const char *id,
    const char *name, const char *about)
{
	json_out_key(j, id);
	json_out_open(j, '{');
	add_str(j, "name", name);
	add_str(j, "in", in);
	add_str(j, "description", about);
	if (strcmp(in, "path") == 0) {
		json_out_key(j, "required");
		json_out_bool(j, true);
	}
}

static void
add_limits(struct json_out *j)
{
	for (int i = 0; i < QUERY_STYLES; i++) {
		const struct query_page_size *s = &query_page_sizes[i];
		char about[80];

		snprintf(about, sizeof about,
		    s->clamp ? "Items on a page. More than %d counts as %d."
			     : "Items on a page. More than %d is an error.",
		    (int)s->most, (int)s->most);
		open_parameter(
		    j, "query", s->id, parameters[PARAMETER_LIMIT].name, about);
		json_out_key(j, "allowEmptyValue");
		json_out_bool(j, true);
		json_out_key(j, "schema");
		json_out_open(j, '{');
		add_str(j, "type", "integer");
		json_out_key(j, "minimum");
		json_out_int(j, 1);
		if (!s->clamp) {
			json_out_key(j, "maximum");
			json_out_int(j, s->most);
		}
		json_out_key(j, "default");
		json_out_int(j, s->preset);
		json_out_close(j, '}');
		json_out_close(j, '}');
	}
}

static void
add_query_parameters(struct json_out *j)
{
	char id[64];

	for (int i = 0; i < PARAMETERS; i++) {
		const struct parameter_info *p = &parameters[i];

		if (p->about == NULL)
			continue;
		snprintf(id, sizeof id, "query-%s", p->name);
		open_parameter(j, "query", id, p->name, p->about);
		/* An empty value counts as none. */
		if (p->most == 0) {
			json_out_key(j, "allowEmptyValue");
			json_out_bool(j, true);
		}
		json_out_key(j, "schema");
		add_quoted(j, p->schema);
		json_out_close(j, '}');
	}
}

static void
add_path_parameter_components(struct json_out *j)
{
	char id[64];

	for (int i = 0; i < ROUTE_CAPTURES; i++) {
		const struct route_capture_info *c = &route_captures[i];

		snprintf(id, sizeof id, "path-%s", c->name);
		open_parameter(j, "path", id, c->name, c->about);
		/* Some programs on the way resolve a segment of dots. */
		json_out_key(j, "schema");
		add_quoted(j, "{'type':'string','pattern':'^[^./]'}");
		json_out_close(j, '}');
	}
}

/* The parameters from their tables, then the rest as it stands. */
static void
add_components(struct json_out *j)
{
	json_out_key(j, "components");
	json_out_open(j, '{');
	json_out_key(j, "parameters");
	json_out_open(j, '{');
	add_path_parameter_components(j);
	add_limits(j);
	add_query_parameters(j);
	json_out_close(j, '}');
	buf_addc(j->to, ',');
	buf_adds(j->to, openapi_components + 1);
}

void
openapi_add(struct buf *out)
{
	struct json_out j = JSON_OUT_INIT(out);

	json_out_open(&j, '{');
	add_str(&j, "openapi", "3.1.0");
	add_info(&j);
	json_out_key(&j, "paths");
	json_out_open(&j, '{');
	for (size_t i = 0; i < routes_count; i++)
		if (routes[i].summary != NULL)
			add_paths(&j, &routes[i]);
	json_out_close(&j, '}');
	add_components(&j);
	json_out_close(&j, '}');
	buf_addc(out, '\n');
}
