/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The description of the API in OpenAPI 3.1.  Paths come from the table of
 * routes and parameters from theirs, so they cannot differ from what the
 * program answers; openapi.json has the rest.
 *
 * JSON is YAML as well, so both names have the same text.  Programs that sync
 * from an API recognize it by the version "1.0.0" and the name of the MCP
 * registry's project.
 */
#include "fcgi/handlers/openapi.h"

#include "fcgi/handlers/handle.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PIECE_MAX 1024

/* Appends JSON; ${fmt} has ' in place of ". */
static void __attribute__((format(printf, 2, 3)))
put(struct buf *to, const char *fmt, ...)
{
	char piece[PIECE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(piece, sizeof piece, fmt, ap);
	va_end(ap);
	for (char *c = piece; *c != '\0'; c++)
		buf_addc(to, (char)(*c == '\'' ? '"' : *c));
}

/* Removes the comma after the last member and ends the object or array. */
static void
put_end(struct buf *to, const char *end)
{
	if (to->len > 0 && to->data[to->len - 1] == ',')
		to->len--;
	buf_adds(to, end);
}

/* ---- paths ---- */

/* Appends references to the parameters in braces; returns their number. */
static int
put_path_parameters(struct buf *to, const char *pattern)
{
	int count = 0;

	for (; (pattern = strchr(pattern, '{')) != NULL; count++) {
		int len = (int)strcspn(++pattern, "}");

		put(to, "{'$ref':'#/components/parameters/path-%.*s'},", len,
		    pattern);
	}
	return count;
}

static int
put_parameters(struct buf *to, const struct route *r, const char *prefix)
{
	int count;

	put(to, "'parameters':[");
	count = put_path_parameters(to, prefix);
	count += put_path_parameters(to, r->path);
	for (int i = 0; i < PARAMETERS; i++)
		if ((r->parameters & 1u << i) != 0)
			put(to,
			    "{'$ref':'#/components/parameters/query-%s%s'},",
			    parameters[i].name,
			    i == PARAMETER_LIMIT
				? query_page_sizes[r->style].suffix
				: "");
	put_end(to, "],");
	return count;
}

static void
put_response(struct buf *to, int status, const char *name)
{
	put(to, "'%d':{'$ref':'#/components/responses/%s'},", status, name);
}

/* Appends the words of a pattern in CamelCase. */
static void
put_words(struct buf *to, const char *pattern)
{
	bool start = true;

	for (; *pattern != '\0'; pattern++) {
		char c = *pattern;
		bool lower = c >= 'a' && c <= 'z';
		bool word =
		    lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (word)
			buf_addc(to, start && lower ? (char)(c - 32) : c);
		/* v0.1 is one word. */
		start = !word && c != '.';
		if (c == '/' && pattern[1] == '\0')
			buf_adds(to, "Slash");
	}
}

/* Generated code is named after the operation's id, which must be unique. */
static void
put_operation(struct buf *to, const struct route *r, const char *prefix)
{
	bool yaml = r->handle == handle_openapi_yaml;
	bool tagged = r->scope == ROUTE_REGISTRY || r->content_tag;
	int captures;

	put(to, "'%s%s':{'get':{'operationId':'get", prefix, r->path);
	put_words(to, prefix);
	put_words(to, r->path);
	put(to, "','summary':'%s',", r->summary);
	captures = put_parameters(to, r, prefix);
	put(to,
	    "'responses':{'200':{'description':'%s',%s'content':{"
	    "'application/%s':{'schema':{'$ref':'#/components/schemas/%s'}}}},",
	    r->summary,
	    tagged ? "'headers':{'ETag':{'$ref':'#/components/headers/ETag'}},"
		   : "",
	    yaml ? "yaml" : "json", r->answer);
	if (tagged)
		put_response(to, 304, "NotModified");
	if (r->parameters != 0)
		put_response(to, 400, "BadRequest");
	if (captures > 0 || r->scope == ROUTE_REGISTRY)
		put_response(to, 404, "NotFound");
	put_response(to, 414, "TooLong");
	if (r->scope != ROUTE_NO_DATABASE) {
		put_response(to, 500, "Failure");
		put_response(to, 503, "Unavailable");
	}
	put_end(to, "}}},");
}

static void
put_paths(struct buf *to)
{
	put(to, "'paths':{");
	for (const struct route *r = routes; r < routes + routes_count; r++)
		for (int i = 0; r->summary != NULL && i < ROUTE_MOUNTS; i++)
			if ((r->mounts & 1u << i) != 0)
				put_operation(to, r,
				    route_prefix((enum route_mount)(1 << i)));
	put_end(to, "}");
}

/* ---- parameters ---- */

static void
put_limits(struct buf *to)
{
	const char *name = parameters[PARAMETER_LIMIT].name;
	char excess[40];

	for (int i = 0; i < QUERY_STYLES; i++) {
		const struct query_page_size *s = &query_page_sizes[i];
		int most = (int)s->most;

		if (s->clamp)
			snprintf(excess, sizeof excess, "means %d", most);
		put(to,
		    "'query-%s%s':{'name':'%s','in':'query','description':"
		    "'The number of items on a page. More than %d %s.','allowEmptyValue':true,"
		    "'schema':{'type':'integer','minimum':1,",
		    name, s->suffix, name, most,
		    s->clamp ? excess : "is an error");
		if (!s->clamp)
			put(to, "'maximum':%d,", most);
		put(to, "'default':%d}},", (int)s->preset);
	}
}

static void
put_parameter_components(struct buf *to)
{
	put(to, "'parameters':{");
	/* No leading dot: some proxies resolve segments of dots. */
	for (int i = 0; i < ROUTE_CAPTURES; i++)
		put(to,
		    "'path-%s':{'name':'%s','in':'path','required':true,"
		    "'description':'%s',"
		    "'schema':{'type':'string','pattern':'^[^./]'}},",
		    route_captures[i].name, route_captures[i].name,
		    route_captures[i].about);
	put_limits(to);
	for (int i = 0; i < PARAMETERS; i++) {
		const struct parameter_info *p = &parameters[i];

		if (p->about == NULL)
			continue;
		put(to, "'query-%s':{'name':'%s','in':'query',", p->name,
		    p->name);
		/* An empty value counts as none. */
		if (p->most == 0)
			put(to, "'allowEmptyValue':true,");
		put(to, "'description':'%s','schema':%s},", p->about,
		    p->schema);
	}
	put_end(to, "}");
}

int
handle_openapi_json(struct exchange *x, struct err *e)
{
	struct buf *out = &x->response->body;

	(void)e;
	/* Without the ends of the components and of the document. */
	buf_add(out, openapi_document, strlen(openapi_document) - strlen("}}"));
	buf_addc(out, ',');
	put_parameter_components(out);
	buf_adds(out, "},");
	put_paths(out);
	buf_adds(out, "}\n");
	x->response->cacheable = true;
	return 0;
}

int
handle_openapi_yaml(struct exchange *x, struct err *e)
{
	x->response->type = "application/yaml";
	return handle_openapi_json(x, e);
}
