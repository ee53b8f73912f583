/* SPDX-License-Identifier: Apache-2.0 */
/* Recognizing servers of earlier schemas, and finding renamed members. */
#include "lib/document/rules_generation.h"

#include <stdlib.h>
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

static bool
is_name(const struct jnode *name, const char *text)
{
	return name->len == strlen(text) + 2 &&
	       memcmp(name->text + 1, text, name->len - 2) == 0;
}

/* The present name of a member; NULL if it was never renamed. */
static const char *
present_name(const struct jnode *name)
{
	if (memchr(name->text, '_', name->len) == NULL)
		return NULL;
	for (size_t i = 0; i < COUNT(renamed); i++)
		if (is_name(name, renamed[i].old))
			return renamed[i].new;
	return NULL;
}

/* The date in the URL of a schema; NULL if there is none. */
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
has_renamed(const struct jnode *object)
{
	if (*object->text != '{')
		return false;
	for (const struct jnode *n = object + 1; n < jnode_end(object);
	     n = jnode_end(n))
		if (present_name(n) != NULL)
			return true;
	return false;
}

static bool
any_has_renamed(const struct jnode *list)
{
	if (list == NULL || *list->text != '[')
		return false;
	for (const struct jnode *n = list + 1; n < jnode_end(list);
	     n = jnode_end(n))
		if (has_renamed(n))
			return true;
	return false;
}

bool
rules_generation_is_old(const struct jnode *server, const char *schema)
{
	const char *date = schema == NULL ? NULL : schema_date(schema);

	if (date != NULL)
		return memcmp(date, RULES_GENERATION, DATE_LENGTH) < 0;
	return schema == NULL &&
	       (has_renamed(server) ||
		   any_has_renamed(jnode_member(server, "packages")) ||
		   any_has_renamed(jnode_member(server, "remotes")));
}

bool
rules_generation_renamed(struct rules_walk *c, const struct jnode *value)
{
	const bool object = *value->text == '{';
	size_t index = 0;

	/* No renamed member is deeper. */
	if (c->depth + 1 >= RULES_WALK_STEPS ||
	    (!object && *value->text != '['))
		return false;
	for (const struct jnode *n = value + 1; n < jnode_end(value);
	     n = jnode_end(n), index++) {
		const char *name = object ? present_name(n) : NULL;
		char *copy = NULL;
		bool found;

		/* Publishers choose the names inside of _meta. */
		if (c->depth == 0 && is_name(n, "_meta"))
			continue;
		if (object)
			copy = rules_walk_enter_name(c, n);
		else
			rules_walk_enter_element(c, index);
		if (name != NULL)
			rules_walk_violated(c,
			    "was renamed to %s: clients that know only the "
			    "new name ignore it",
			    name);
		found = name != NULL ||
			rules_generation_renamed(c, object ? n + 1 : n);
		free(copy);
		if (found)
			return true;
		rules_walk_leave(c);
	}
	return false;
}
