/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over an entry collects its members as pieces of text, which are then
 * written in the order of the upstream format.  Empty values are left out, as
 * by the programs that wrote these catalogues.
 */
#include "lib/document/legacy.h"

#include "lib/document/jscan.h"
#include "lib/document/rules_private.h"
#include "lib/json_out.h"
#include "lib/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SCHEMA                                            \
	"https://static.modelcontextprotocol.io/schemas/" \
	"2025-12-11/server.schema.json"
#define NAMESPACE "io.github.stacklok"

enum member {
	NAME,
	TITLE,
	DESCRIPTION,
	REPOSITORY_URL,
	IMAGE,
	TRANSPORT,
	TARGET_PORT,
	URL,
	HEADERS,
	STATUS,
	TIER,
	TOOLS,
	TAGS,
	OVERVIEW,
	TOOL_DEFINITIONS,
	METADATA,
	CUSTOM_METADATA,
	PROXY_PORT,
	STATELESS,
	PERMISSIONS,
	ARGS,
	PROVENANCE,
	DOCKER_TAGS,
	OAUTH_CONFIG,
	ENV_VARS
};

static const char *const names[] = {
	[NAME] = "name",
	[TITLE] = "title",
	[DESCRIPTION] = "description",
	[REPOSITORY_URL] = "repository_url",
	[IMAGE] = "image",
	[TRANSPORT] = "transport",
	[TARGET_PORT] = "target_port",
	[URL] = "url",
	[HEADERS] = "headers",
	[STATUS] = "status",
	[TIER] = "tier",
	[TOOLS] = "tools",
	[TAGS] = "tags",
	[OVERVIEW] = "overview",
	[TOOL_DEFINITIONS] = "tool_definitions",
	[METADATA] = "metadata",
	[CUSTOM_METADATA] = "custom_metadata",
	[PROXY_PORT] = "proxy_port",
	[STATELESS] = "stateless",
	[PERMISSIONS] = "permissions",
	[ARGS] = "args",
	[PROVENANCE] = "provenance",
	[DOCKER_TAGS] = "docker_tags",
	[OAUTH_CONFIG] = "oauth_config",
	[ENV_VARS] = "env_vars",
};

/* Members of ToolHive's extension, by the kind of entry. */
static const enum member common[] = { TIER, TOOLS, TAGS, OVERVIEW,
	TOOL_DEFINITIONS, METADATA, CUSTOM_METADATA, PROXY_PORT, STATELESS };
static const enum member of_containers[] = { PERMISSIONS, ARGS, PROVENANCE,
	DOCKER_TAGS };
static const enum member of_remotes[] = { OAUTH_CONFIG, ENV_VARS };

struct legacy {
	struct jscan_text members[COUNT(names)];
	struct json_out out;
	struct rules_problem *problem;
	bool remote;
	bool client; /* it has members of a client's configuration */
};

/* A member of an environment variable or a header. */
struct part {
	const char *name;
	const char *becomes;
	char first; /* of its value; 't' for true and false */
	bool headers_only;
};

static const struct part parts[] = {
	{ "name", "name", '"', false },
	{ "description", "description", '"', false },
	{ "required", "isRequired", 't', false },
	{ "secret", "isSecret", 't', false },
	{ "default", "default", '"', false },
	{ "choices", "choices", '[', true },
};

static int
violated(struct legacy *l, const char *path, const char *rule,
    struct jscan_text value)
{
	/* Long values are not reported. */
	snprintf(l->problem->path, sizeof l->problem->path, "%s", path);
	snprintf(l->problem->rule, sizeof l->problem->rule, "%s", rule);
	l->problem->value[0] = '\0';
	if (value.text != NULL && value.len <= LIMIT_REJECTED_VALUE)
		snprintf(l->problem->value, sizeof l->problem->value, "%.*s",
		    (int)value.len, value.text);
	return -1;
}

/* Null, "", [], {}, 0 and false count as absent. */
static bool
is_empty(struct jscan_text v)
{
	return v.text == NULL || v.text[0] == 'n' || v.text[0] == 'f' ||
	       (v.len == 1 && v.text[0] == '0') ||
	       (v.len == 2 && strchr("\"[{", v.text[0]) != NULL);
}

static void
put(struct legacy *l, const char *key, struct jscan_text value)
{
	json_out_key(&l->out, key);
	json_out_raw(&l->out, value.text, value.len);
}

static void
put_member(struct legacy *l, enum member m)
{
	if (!is_empty(l->members[m]))
		put(l, names[m], l->members[m]);
}

static void
put_text(struct legacy *l, const char *key, const char *text)
{
	json_out_member_str(&l->out, key, text);
}

static bool
is_text(struct jscan_text v, const char *text)
{
	return v.text != NULL && v.len == strlen(text) + 2 &&
	       v.text[0] == '"' && memcmp(v.text + 1, text, v.len - 2) == 0;
}

/* ---- required members ---- */

static int
check_string(struct legacy *l, enum member m, bool required)
{
	struct jscan_text v = l->members[m];

	if (is_empty(v))
		return required ? violated(l, names[m], "is required", v) : 0;
	if (v.text[0] != '"')
		return violated(l, names[m], "must be a string", v);
	return 0;
}

static int
check_port(struct legacy *l)
{
	struct jscan_text v = l->members[TARGET_PORT];
	long port = 0;

	if (is_empty(v))
		return 0;
	for (size_t i = 0; i < v.len; i++) {
		if (i == 5 || v.text[i] < '0' || v.text[i] > '9')
			return violated(l, names[TARGET_PORT],
			    "must be an integer from 1 to 65535", v);
		port = port * 10 + (v.text[i] - '0');
	}
	if (port > 65535)
		return violated(l, names[TARGET_PORT],
		    "must be an integer from 1 to 65535", v);
	return 0;
}

/* Configurations of clients also have a map called servers. */
static int
check_description(struct legacy *l)
{
	if (!l->client || !is_empty(l->members[DESCRIPTION]))
		return check_string(l, DESCRIPTION, true);
	return violated(l, names[DESCRIPTION],
	    "is required; this seems to be the configuration of a client, such "
	    "as mcp.json of VS Code",
	    l->members[DESCRIPTION]);
}

static int
check_members(struct legacy *l)
{
	static const enum member texts[] = { NAME, TITLE, REPOSITORY_URL,
		TRANSPORT };

	if (check_description(l) == -1 ||
	    check_string(l, l->remote ? URL : IMAGE, true) == -1 ||
	    check_port(l) == -1)
		return -1;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (check_string(l, texts[i], false) == -1)
			return -1;
	return 0;
}

/* ---- environment variables and headers ---- */

static int
put_input(struct legacy *l, enum member m, size_t index, struct jscan_text json)
{
	struct jscan_text values[COUNT(parts)] = { { NULL, 0 } };
	struct jscan_inside i;
	char path[64];

	snprintf(path, sizeof path, "%s.%zu", names[m], index);
	jscan_inside(&i, json);
	if (!i.object)
		return violated(l, path, "must be an object", json);
	while (jscan_next(&i))
		for (size_t p = 0; p < COUNT(parts); p++)
			if (jscan_is_named(&i, parts[p].name))
				values[p] = i.value;
	json_out_open(&l->out, '{');
	for (size_t p = 0; p < COUNT(parts); p++) {
		if (is_empty(values[p]) ||
		    (parts[p].headers_only && m != HEADERS))
			continue;
		snprintf(path, sizeof path, "%s.%zu.%s", names[m], index,
		    parts[p].name);
		if (values[p].text[0] != parts[p].first)
			return violated(
			    l, path, "is of the wrong type", values[p]);
		put(l, parts[p].becomes, values[p]);
	}
	json_out_close(&l->out, '}');
	return 0;
}

static int
put_inputs(struct legacy *l, const char *key, enum member m)
{
	struct jscan_text list = l->members[m];
	struct jscan_inside i;

	if (is_empty(list))
		return 0;
	if (list.text[0] != '[')
		return violated(l, names[m], "must be an array", list);
	json_out_key(&l->out, key);
	json_out_open(&l->out, '[');
	jscan_inside(&i, list);
	for (size_t n = 0; jscan_next(&i); n++)
		if (put_input(l, m, n, i.value) == -1)
			return -1;
	json_out_close(&l->out, ']');
	return 0;
}

/* ---- the server ---- */

static void
put_name(struct legacy *l, const char *key, size_t len)
{
	struct buf name = BUF_INIT(LIMIT_JSON_KEY + sizeof NAMESPACE);

	if (!is_empty(l->members[NAME])) {
		put_member(l, NAME);
		return;
	}
	if (memchr(key, '/', len) == NULL)
		buf_adds(&name, NAMESPACE "/");
	buf_add(&name, key, len);
	json_out_key(&l->out, "name");
	json_out_quote(l->out.to, buf_str(&name), name.len);
	l->out.comma = true;
	buf_free(&name);
}

static void
put_package_transport(struct legacy *l)
{
	struct jscan_text type = l->members[TRANSPORT];
	struct jscan_text port = l->members[TARGET_PORT];
	char url[64] = "http://localhost";

	json_out_key(&l->out, "transport");
	json_out_open(&l->out, '{');
	if (is_empty(type)) {
		put_text(l, "type", "stdio");
	} else {
		put(l, "type", type);
		if (!is_empty(port))
			snprintf(url, sizeof url, "http://localhost:%.*s",
			    (int)port.len, port.text);
		if (!is_text(type, "stdio"))
			put_text(l, "url", url);
	}
	json_out_close(&l->out, '}');
}

static int
put_package(struct legacy *l)
{
	json_out_key(&l->out, "packages");
	json_out_open(&l->out, '[');
	json_out_open(&l->out, '{');
	put_text(l, "registryType", "oci");
	put(l, "identifier", l->members[IMAGE]);
	put_package_transport(l);
	if (put_inputs(l, "environmentVariables", ENV_VARS) == -1)
		return -1;
	json_out_close(&l->out, '}');
	json_out_close(&l->out, ']');
	return 0;
}

static int
put_remote(struct legacy *l)
{
	json_out_key(&l->out, "remotes");
	json_out_open(&l->out, '[');
	json_out_open(&l->out, '{');
	if (!is_empty(l->members[TRANSPORT]))
		put(l, "type", l->members[TRANSPORT]);
	put(l, "url", l->members[URL]);
	if (put_inputs(l, "headers", HEADERS) == -1)
		return -1;
	json_out_close(&l->out, '}');
	json_out_close(&l->out, ']');
	return 0;
}

static void
put_members(struct legacy *l, const enum member *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_member(l, list[i]);
}

/* ToolHive's extension is keyed by the image or the URL. */
static void
put_extension(struct legacy *l)
{
	struct jscan_text key = l->members[l->remote ? URL : IMAGE];

	json_out_key(&l->out, "_meta");
	json_out_open(&l->out, '{');
	json_out_key(&l->out, RULES_PUBLISHER);
	json_out_open(&l->out, '{');
	json_out_key(&l->out, NAMESPACE);
	json_out_open(&l->out, '{');
	json_out_raw(&l->out, key.text, key.len);
	buf_addc(l->out.to, ':');
	l->out.comma = false;
	json_out_open(&l->out, '{');
	if (is_empty(l->members[STATUS]))
		put_text(l, "status", "active");
	else
		put(l, "status", l->members[STATUS]);
	put_members(l, common, COUNT(common));
	if (l->remote)
		put_members(l, of_remotes, COUNT(of_remotes));
	else
		put_members(l, of_containers, COUNT(of_containers));
	json_out_close(&l->out, '}');
	json_out_close(&l->out, '}');
	json_out_close(&l->out, '}');
	json_out_close(&l->out, '}');
}

static int
put_server(struct legacy *l, const char *key, size_t key_len)
{
	json_out_open(&l->out, '{');
	put_text(l, "$schema", SCHEMA);
	put_name(l, key, key_len);
	put_member(l, TITLE);
	put_member(l, DESCRIPTION);
	put_text(l, "version", "1.0.0");
	if (!is_empty(l->members[REPOSITORY_URL])) {
		json_out_key(&l->out, "repository");
		json_out_open(&l->out, '{');
		put(l, "url", l->members[REPOSITORY_URL]);
		put_text(l, "source", "github");
		json_out_close(&l->out, '}');
	}
	if ((l->remote ? put_remote(l) : put_package(l)) == -1)
		return -1;
	put_extension(l);
	json_out_close(&l->out, '}');
	return 0;
}

int
legacy_convert(struct buf *out, const char *key, size_t key_len, bool remote,
    const char *json, size_t len, struct rules_problem *problem)
{
	struct legacy l = {
		.out = JSON_OUT_INIT(out), .problem = problem, .remote = remote
	};
	struct jscan_inside i;

	*problem = (struct rules_problem){ 0 };
	buf_reset(out);
	jscan_inside(&i, (struct jscan_text){ json, len });
	if (!i.object)
		return violated(&l, "", "must be an object",
		    (struct jscan_text){ json, len });
	while (jscan_next(&i)) {
		for (size_t m = 0; m < COUNT(names); m++)
			if (jscan_is_named(&i, names[m])) {
				l.members[m] = i.value;
				break;
			}
		l.client |= jscan_is_named(&i, "command") ||
			    jscan_is_named(&i, "type") ||
			    jscan_is_named(&i, "env");
	}
	if (check_members(&l) == -1)
		return -1;
	return put_server(&l, key, key_len);
}
