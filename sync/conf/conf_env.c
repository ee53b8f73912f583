/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment over the file: THV_REGISTRY_DATABASE_PATH is database.path,
 * and so on for every single value outside of lists.  An empty variable counts
 * as unset.
 */
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "THV_REGISTRY_"

/* THV_REGISTRY_ and the dotted ${path} in upper case; the caller frees it. */
static char *
variable_name(const char *path)
{
	char *name = xasprintf(PREFIX "%s", path);

	for (char *p = name; *p != '\0'; p++)
		*p = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
	return name;
}

/* The map at ${key}, made when absent; NULL when something else is there. */
static struct yaml_tree *
map_at(struct yaml_tree *map, const char *key)
{
	struct yaml_tree_member *m = yaml_tree_find(map, key);

	if (m != NULL && m->value->type == YAML_TREE_MAP)
		return m->value;
	if (m != NULL && m->value->type != YAML_TREE_NULL)
		return NULL;
	yaml_tree_set(map, key,
	    yaml_tree_new(YAML_TREE_MAP, m == NULL ? map->line : m->line));
	return yaml_tree_find(map, key)->value;
}

/* Puts ${value} at the dotted ${path}; takes ${origin}. */
static void
set(struct conf_reader *r, const char *path, const char *value, char *origin)
{
	struct yaml_tree *map = r->root, *node;
	struct yaml_tree_member *old;
	const char *dot;

	for (; map != NULL && (dot = strchr(path, '.')) != NULL;
	     path = dot + 1) {
		char *key = xstrndup(path, (size_t)(dot - path));

		map = map_at(map, key);
		free(key);
	}
	if (map == NULL) {
		free(origin);
		return;
	}
	old = yaml_tree_find(map, path);
	node = yaml_tree_new_string(value, old == NULL ? map->line : old->line);
	node->origin = origin;
	yaml_tree_set(map, path, node);
}

static void
apply_block(
    struct conf_reader *r, const struct conf_key *block, const char *prefix)
{
	for (; block->name != NULL; block++) {
		char *path = xasprintf("%s%s", prefix, block->name);
		char *name = variable_name(path);
		const char *value = getenv(name);
		char *inner;

		switch (block->form) {
		case CONF_BLOCK:
			inner = xasprintf("%s.", path);
			apply_block(r, block->block, inner);
			free(inner);
			break;
		case CONF_STRING:
		case CONF_FILE:
		case CONF_DURATION:
		case CONF_BOOL:
		case CONF_INT:
		case CONF_FLOAT:
		case CONF_STRINGS:
		case CONF_SWITCH:
			if (value != NULL && *value != '\0') {
				set(r, path, value, name);
				name = NULL;
			}
			break;
		case CONF_BLOCKS:
			if (value != NULL && *value != '\0')
				conf_message_add(r, false, 1, path,
				    "%s is ignored: a list of blocks can only "
				    "be set in the file",
				    name);
			break;
		default:
			break;
		}
		free(path);
		free(name);
	}
}

void
conf_env_apply(struct conf_reader *r)
{
	apply_block(r, conf_keys_top, "");
}
