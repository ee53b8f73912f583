/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of a YAML tree, without YAML: making, finding, replacing. */
#include "sync/conf/yaml_tree.h"

#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct yaml_tree *
yaml_tree_new(enum yaml_tree_type type, int line)
{
	struct yaml_tree *t = xcalloc(1, sizeof *t);

	t->type = type;
	t->line = line;
	return t;
}

void
yaml_tree_free(struct yaml_tree *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->count; i++) {
		xwipe(t->members[i].key);
		yaml_tree_free(t->members[i].value);
	}
	free(t->members);
	xwipe(t->text);
	free(t->origin);
	free(t);
}

void
yaml_tree_add(struct yaml_tree *t, char *key, int line, struct yaml_tree *value)
{
	/* Room doubles whenever the count reaches a power of two. */
	if ((t->count & (t->count - 1)) == 0)
		t->members = xreallocarray(t->members,
		    t->count == 0 ? 1 : t->count * 2, sizeof *t->members);
	t->members[t->count++] = (struct yaml_tree_member){
		.key = key, .line = line, .value = value
	};
}

struct yaml_tree_member *
yaml_tree_find(const struct yaml_tree *map, const char *key)
{
	if (map == NULL || map->type != YAML_TREE_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++) {
		if (strcasecmp(map->members[i].key, key) == 0)
			return &map->members[i];
	}
	return NULL;
}

struct yaml_tree *
yaml_tree_get(const struct yaml_tree *map, const char *key)
{
	struct yaml_tree_member *m = yaml_tree_find(map, key);

	return m == NULL || m->value->type == YAML_TREE_NULL ? NULL : m->value;
}

struct yaml_tree *
yaml_tree_new_string(const char *text, int line)
{
	struct yaml_tree *t = yaml_tree_new(YAML_TREE_STRING, line);

	t->text = xstrdup(text);
	return t;
}

void
yaml_tree_set(struct yaml_tree *map, const char *key, struct yaml_tree *value)
{
	struct yaml_tree_member *m = yaml_tree_find(map, key);

	if (m == NULL) {
		yaml_tree_add(map, xstrdup(key), value->line, value);
		return;
	}
	yaml_tree_free(m->value);
	m->value = value;
}

/* ---- what a plain scalar reads as ---- */

static bool
is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

static bool
is_int(const char *text)
{
	const char *digits = "0123456789_";

	text += *text == '-' || *text == '+';
	if (strncmp(text, "0x", 2) == 0) {
		digits = "0123456789abcdefABCDEF_";
		text += 2;
	} else if (strncmp(text, "0o", 2) == 0 || strncmp(text, "0b", 2) == 0) {
		text += 2;
	}
	return *text != '\0' && *text != '_' &&
	       text[strspn(text, digits)] == '\0';
}

static bool
is_float(const char *text)
{
	static const char *const words[] = { ".inf", ".Inf", ".INF", "-.inf",
		"-.Inf", "-.INF", "+.inf", "+.Inf", "+.INF", ".nan", ".NaN",
		".NAN", NULL };
	char *end;

	if (is_one_of(text, words))
		return true;
	if (text[strspn(text, "0123456789.eE+-")] != '\0' ||
	    strpbrk(text, "0123456789") == NULL)
		return false;
	strtod(text, &end);
	return *end == '\0';
}

enum yaml_tree_type
yaml_tree_plain_type(const char *text)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL",
		NULL };
	static const char *const bools[] = { "true", "True", "TRUE", "false",
		"False", "FALSE", NULL };

	if (is_one_of(text, nulls))
		return YAML_TREE_NULL;
	if (is_one_of(text, bools))
		return YAML_TREE_BOOL;
	if (is_int(text))
		return YAML_TREE_INT;
	if (is_float(text))
		return YAML_TREE_FLOAT;
	return YAML_TREE_STRING;
}
