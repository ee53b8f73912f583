/* SPDX-License-Identifier: Apache-2.0 */
/* Telling old servers from new ones, and finding what was renamed. */
#include "lib/document/rules_generation.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define DATE_LENGTH (sizeof RULES_GENERATION - 1)
#define SCHEMA_HOST "modelcontextprotocol.io/schemas/"

static const struct {
	const char *old, *new;
} renamed[] = {
	{ "environment_variables", "environmentVariables" },
	{ "file_sha256", "fileSha256" },
	{ "is_repeated", "isRepeated" },
	{ "is_required", "isRequired" },
	{ "is_secret", "isSecret" },
	{ "package_arguments", "packageArguments" },
	{ "registry_base_url", "registryBaseUrl" },
	{ "registry_name", "registryType" },
	{ "registry_type", "registryType" },
	{ "runtime_arguments", "runtimeArguments" },
	{ "runtime_hint", "runtimeHint" },
	{ "transport_type", "type" },
	{ "value_hint", "valueHint" },
	{ "version_detail", "version" },
	{ "website_url", "websiteUrl" },
};

/* The present name of the member ${key}; NULL if it always had it. */
static const char *
present_name(const char *key)
{
	if (strchr(key, '_') == NULL)
		return NULL;
	for (size_t i = 0; i < COUNT(renamed); i++)
		if (strcmp(renamed[i].old, key) == 0)
			return renamed[i].new;
	return NULL;
}

/* The date of a schema's address; NULL when there is none in it. */
static const char *
schema_date(const char *schema)
{
	static const char form[] = "dddd-dd-dd";
	const char *at = strstr(schema, SCHEMA_HOST);

	if (at == NULL)
		return NULL;
	at += strlen(SCHEMA_HOST);
	/* The first of them was a draft by address, too. */
	if (strncmp(at, "draft/", 6) == 0)
		at += 6;
	for (size_t i = 0; i < DATE_LENGTH; i++) {
		bool digit = at[i] >= '0' && at[i] <= '9';

		if (form[i] == 'd' ? !digit : at[i] != form[i])
			return NULL;
	}
	return at;
}

static bool
has_renamed(const json_t *object)
{
	json_t *o = (json_t *)object; /* the iterator wants no const */

	for (void *at = json_object_iter(o); at != NULL;
	     at = json_object_iter_next(o, at))
		if (present_name(json_object_iter_key(at)) != NULL)
			return true;
	return false;
}

static bool
any_has_renamed(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (has_renamed(json_array_get(list, i)))
			return true;
	return false;
}

bool
rules_generation_is_old(const json_t *server)
{
	const char *schema =
	    json_string_value(json_object_get(server, "$schema"));
	const char *date = schema == NULL ? NULL : schema_date(schema);

	if (date != NULL)
		return memcmp(date, RULES_GENERATION, DATE_LENGTH) < 0;
	return schema == NULL &&
	       (has_renamed(server) ||
		   any_has_renamed(json_object_get(server, "packages")) ||
		   any_has_renamed(json_object_get(server, "remotes")));
}

static bool find_renamed(struct rules_walk *c, const json_t *value);

static bool
find_in_object(struct rules_walk *c, const json_t *object)
{
	json_t *o = (json_t *)object;

	for (void *at = json_object_iter(o); at != NULL;
	     at = json_object_iter_next(o, at)) {
		const char *key = json_object_iter_key(at);
		const char *name = present_name(key);

		/* What publishers add is spelled as they like. */
		if (c->depth == 0 && strcmp(key, "_meta") == 0)
			continue;
		rules_walk_enter(c, key);
		if (name != NULL) {
			rules_walk_violated(c,
			    "is called %s today: clients that know only that "
			    "pass it over",
			    name);
			return true;
		}
		if (find_renamed(c, json_object_iter_value(at)))
			return true;
		c->depth--;
	}
	return false;
}

static bool
find_renamed(struct rules_walk *c, const json_t *value)
{
	/* Nothing that was renamed stood deeper. */
	if (c->depth + 1 >= RULES_WALK_STEPS)
		return false;
	if (json_is_object(value))
		return find_in_object(c, value);
	for (size_t i = 0; i < json_array_size(value); i++) {
		c->path[c->depth++] = (struct jscan_step){ NULL, 0, i };
		if (find_renamed(c, json_array_get(value, i)))
			return true;
		c->depth--;
	}
	return false;
}

bool
rules_generation_renamed(struct rules_walk *c, const json_t *server)
{
	return find_renamed(c, server);
}
