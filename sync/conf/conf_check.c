/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree against the table of keys: what is unknown, repeated in another
 * case, or of the wrong form.  What is wrong here is marked bad, so that the
 * readers of single blocks stay silent about it.
 */
#include "lib/buf.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void check_block(struct conf_reader *, struct yaml_tree *,
    const struct conf_key *, const char *);

static const char *
type_name(const struct yaml_tree *node)
{
	static const char *const names[] = {
		[YAML_TREE_NULL] = "nothing",
		[YAML_TREE_BOOL] = "a boolean",
		[YAML_TREE_INT] = "a number",
		[YAML_TREE_FLOAT] = "a number",
		[YAML_TREE_STRING] = "text",
		[YAML_TREE_LIST] = "a list",
		[YAML_TREE_MAP] = "a block of keys",
	};

	return names[node->type];
}

static void
wrong_form(struct conf_reader *r, struct yaml_tree *node, int line,
    const char *path, const char *wanted)
{
	char shown[CONF_SHOWN_SIZE];
	char *place = node->origin == NULL
			  ? xstrdup(path)
			  : xasprintf("%s (from %s)", path, node->origin);

	node->bad = true;
	if (conf_value_is_scalar(node))
		conf_message_add(r, true, line, place,
		    "found %s '%s', expected %s", type_name(node),
		    conf_message_show(shown, node->text), wanted);
	else
		conf_message_add(r, true, line, place, "found %s, expected %s",
		    type_name(node), wanted);
	free(place);
}

/* One text, or a list with nothing but texts. */
static void
check_strings(
    struct conf_reader *r, struct yaml_tree *node, int line, const char *path)
{
	static const char wanted[] = "a list of texts";

	if (conf_value_is_scalar(node) ||
	    (node->type == YAML_TREE_MAP && node->count == 0))
		return;
	if (node->type == YAML_TREE_MAP) {
		wrong_form(r, node, line, path, wanted);
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		struct yaml_tree *element = node->members[i].value;
		char *place;

		if (conf_value_is_scalar(element) &&
		    element->type != YAML_TREE_NULL)
			continue;
		place = xasprintf("%s[%zu]", path, i);
		wrong_form(r, element, element->line, place, "a text");
		free(place);
		node->bad = true;
	}
}

static void
check_blocks(struct conf_reader *r, struct yaml_tree *node,
    const struct conf_key *block, int line, const char *path)
{
	char *place;

	if (node->type == YAML_TREE_MAP) {
		place = xasprintf("%s[0]", path);
		if (node->count > 0)
			check_block(r, node, block, place);
		free(place);
		return;
	}
	if (node->type != YAML_TREE_LIST) {
		wrong_form(r, node, line, path, "a list of blocks");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		struct yaml_tree *element = node->members[i].value;

		place = xasprintf("%s[%zu]", path, i);
		if (element->type == YAML_TREE_MAP)
			check_block(r, element, block, place);
		else if (element->type != YAML_TREE_NULL)
			wrong_form(r, element, element->line, place,
			    "a block of keys");
		free(place);
	}
}

static void
check_scalar(struct conf_reader *r, struct yaml_tree *node, enum conf_form form,
    int line, const char *path)
{
	int64_t integer;
	double number;
	bool flag;

	if (!conf_value_is_scalar(node)) {
		wrong_form(r, node, line, path, "a single value");
		return;
	}
	/* An empty value is as good as none. */
	if (*node->text == '\0')
		return;
	if (form == CONF_BOOL && !conf_value_bool(&flag, node))
		wrong_form(r, node, line, path, "true or false");
	else if (form == CONF_INT && !conf_value_int(&integer, node))
		wrong_form(r, node, line, path, "a whole number");
	else if (form == CONF_FLOAT && !conf_value_float(&number, node))
		wrong_form(r, node, line, path, "a number");
}

static void
check_value(struct conf_reader *r, struct yaml_tree *node,
    const struct conf_key *key, int line, const char *path)
{
	if (node->type == YAML_TREE_NULL)
		return;
	switch (key->form) {
	case CONF_BLOCK:
		if (node->type == YAML_TREE_MAP)
			check_block(r, node, key->block, path);
		else if (node->type != YAML_TREE_LIST || node->count > 0)
			wrong_form(r, node, line, path, "a block of keys");
		break;
	case CONF_BLOCKS:
		check_blocks(r, node, key->block, line, path);
		break;
	case CONF_STRINGS:
		check_strings(r, node, line, path);
		break;
	case CONF_CLAIMS:
		if (node->type != YAML_TREE_MAP &&
		    (node->type != YAML_TREE_LIST || node->count > 0))
			wrong_form(r, node, line, path, "a map of claims");
		break;
	case CONF_STALE:
		conf_message_add(r, false, line, path,
		    "this key is no longer used and is ignored");
		break;
	case CONF_ANY:
	case CONF_UNUSED:
		break;
	default:
		check_scalar(r, node, key->form, line, path);
	}
}

/* A key that no table has.  Keys "x-..." may hold anchors for later use. */
static void
unknown_key(struct conf_reader *r, const struct yaml_tree_member *m,
    const struct conf_key *block, const char *path)
{
	char shown[CONF_SHOWN_SIZE];
	char *nearest = NULL;

	if (strncasecmp(m->key, "x-", 2) == 0 && *path == '\0')
		return;
	if (r->note_count < LIMIT_CONFIG_MESSAGES)
		nearest = conf_keys_nearest(block, m->key);
	conf_message_show(shown, m->key);
	if (nearest != NULL)
		conf_message_add(r, false, m->line, path,
		    "unknown key '%s' is ignored; did you mean '%s'?", shown,
		    nearest);
	else
		conf_message_add(r, false, m->line, path,
		    "unknown key '%s' is ignored", shown);
	free(nearest);
}

static void
check_block(struct conf_reader *r, struct yaml_tree *node,
    const struct conf_key *block, const char *path)
{
	for (size_t i = 0; i < node->count; i++) {
		struct yaml_tree_member *m = &node->members[i];
		const struct conf_key *key = conf_keys_find(block, m->key);
		const struct yaml_tree_member *first;
		char *place;

		if (key == NULL) {
			unknown_key(r, m, block, path);
			continue;
		}
		place = xasprintf(
		    "%s%s%s", path, *path == '\0' ? "" : ".", key->name);
		first = yaml_tree_find(node, m->key);
		if (first != m)
			conf_message_add(r, true, m->line, place,
			    "found as '%s' and, on line %d, as '%s': keys are "
			    "the same in any case, expected only one",
			    m->key, first->line, first->key);
		else
			check_value(r, m->value, key, m->line, place);
		free(place);
	}
}

/* One warning for all the settings of a database that is not used. */
static void
report_unused(struct conf_reader *r)
{
	const struct yaml_tree_member *database;
	const struct conf_key *block;
	struct buf names = BUF_INIT(ERR_TEXT_MAX);

	database = yaml_tree_find(r->root, "database");
	if (database == NULL || database->value->type != YAML_TREE_MAP)
		return;
	block = conf_keys_find(conf_keys_top, "database")->block;
	for (size_t i = 0; i < database->value->count; i++) {
		const struct conf_key *key =
		    conf_keys_find(block, database->value->members[i].key);

		if (key != NULL && key->form == CONF_UNUSED)
			buf_addf(&names, "%s%s", names.len == 0 ? "" : ", ",
			    key->name);
	}
	if (names.len > 0)
		conf_message_add(r, false, database->line, "database",
		    "found settings of PostgreSQL, which are not used (%s): "
		    "this registry keeps its data in the SQLite file at "
		    "database.path",
		    buf_str(&names));
	buf_free(&names);
}

void
conf_check_tree(struct conf_reader *r)
{
	check_block(r, r->root, conf_keys_top, "");
	report_unused(r);
}
