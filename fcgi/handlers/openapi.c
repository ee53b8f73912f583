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
#include "fcgi/routes.h"
#include "lib/json_out.h"

#include <string.h>

static const char about[] =
    "A registry of MCP servers, skills and plugins; servers are listed as "
    "https://github.com/modelcontextprotocol/registry does it. Every path "
    "answers HEAD and OPTIONS as well as GET. Paths that name no registry mean "
    "the default one. Answers below a registry and the lists below /v1 have an "
    "entity tag and may be 304. Query parameters that are not listed are "
    "ignored. A slash in a name is written as %2F; the paths of servers are "
    "answered with the slash as it is, too, for proxies that decode it. Double "
    "slashes and one at the end are ignored. Publishing and other changes are "
    "501.";

/* The names of query parameters; what is NULL depends on the kind of list. */
static const char *const parameters[REQUEST_PARAMETERS] = {
	[REQUEST_LIMIT] = NULL,
	[REQUEST_CURSOR] = "cursor",
	[REQUEST_SEARCH] = "search",
	[REQUEST_UPDATED_SINCE] = "updated_since",
	[REQUEST_VERSION] = "version",
	[REQUEST_INCLUDE_DELETED] = "include_deleted",
	[REQUEST_STATUS] = "status",
	[REQUEST_SECONDS] = "seconds",
	[REQUEST_TAG] = "tag",
	[REQUEST_REGISTRY_TYPE] = "registry_type",
	[REQUEST_TRANSPORT] = "transport",
};

static const char *const limits[] = {
	[QUERY_SERVERS] = "limit-servers",
	[QUERY_EXTENSIONS] = "limit-extensions",
	[QUERY_VERSIONS] = "limit-all",
};

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
	for (int i = 0; i < REQUEST_PARAMETERS; i++) {
		const char *name = parameters[i];

		if ((r->parameters & 1u << i) == 0)
			continue;
		if (name == NULL)
			name = limits[r->style];
		add_ref(j, "parameters", "query-", name, strlen(name));
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
	add_str(j, "description", about);
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

static void
add_components(struct json_out *j)
{
	json_out_key(j, "components");
	for (int i = 0; openapi_components[i] != NULL; i++)
		for (const char *c = openapi_components[i]; *c != '\0'; c++)
			buf_addc(j->to, (char)(*c == '\'' ? '"' : *c));
}

void
openapi_add(struct buf *out, const struct route *table, size_t count)
{
	struct json_out j = JSON_OUT_INIT(out);

	json_out_open(&j, '{');
	add_str(&j, "openapi", "3.1.0");
	add_info(&j);
	json_out_key(&j, "paths");
	json_out_open(&j, '{');
	for (size_t i = 0; i < count; i++)
		if (table[i].summary != NULL)
			add_paths(&j, &table[i]);
	json_out_close(&j, '}');
	add_components(&j);
	json_out_close(&j, '}');
	buf_addc(out, '\n');
}
