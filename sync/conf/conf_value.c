/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes to C values, as forgiving as the reference's decoder: a quoted number
 * is a number, a text with commas is a list, one block is a list of one.
 */
#include "lib/duration.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool
conf_value_is_scalar(const struct yaml_tree *node)
{
	return node->type != YAML_TREE_LIST && node->type != YAML_TREE_MAP;
}

static bool
is_word(const char *text, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

bool
conf_value_switch(const char *text)
{
	static const char *const yes[] = { "1", "t", "T", "TRUE", "true",
		"True", NULL };

	return is_word(text, yes);
}

bool
conf_value_bool(bool *out, const struct yaml_tree *node)
{
	static const char *const no[] = { "0", "f", "F", "FALSE", "false",
		"False", "", NULL };
	double number;

	if (!conf_value_is_scalar(node))
		return false;
	*out = conf_value_switch(node->text);
	if (*out || is_word(node->text, no))
		return true;
	if (node->type != YAML_TREE_INT && node->type != YAML_TREE_FLOAT)
		return false;
	if (!conf_value_float(&number, node))
		return false;
	*out = number != 0;
	return true;
}

/* The text without the underscores that YAML allows between digits. */
static char *
digits_of(const char *text)
{
	char *copy = xstrdup(text), *to = copy;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from != '_')
			*to++ = *from;
	}
	*to = '\0';
	return copy;
}

bool
conf_value_int(int64_t *out, const struct yaml_tree *node)
{
	bool ok = false;
	double number;
	long long n;
	char *digits, *end;

	if (!conf_value_is_scalar(node))
		return false;
	switch (yaml_tree_plain_type(node->text)) {
	case YAML_TREE_INT:
		digits = digits_of(node->text);
		errno = 0;
		n = strtoll(digits, &end, 0);
		ok = errno == 0 && end != digits && *end == '\0';
		free(digits);
		*out = (int64_t)n;
		return ok;
	case YAML_TREE_FLOAT:
		if (!conf_value_float(&number, node) || number < -9e18 ||
		    number > 9e18)
			return false;
		*out = (int64_t)number;
		return (double)*out == number;
	default:
		return false;
	}
}

bool
conf_value_float(double *out, const struct yaml_tree *node)
{
	enum yaml_tree_type type;
	char *digits, *end;
	bool ok;

	if (!conf_value_is_scalar(node))
		return false;
	type = yaml_tree_plain_type(node->text);
	if (type != YAML_TREE_INT && type != YAML_TREE_FLOAT)
		return false;
	digits = digits_of(node->text);
	*out = strtod(digits, &end);
	/* ".inf" and ".nan" end here too: no setting can be either. */
	ok = end != digits && *end == '\0' && isfinite(*out);
	free(digits);
	return ok;
}

const struct yaml_tree *
conf_value_get(const struct conf_at *at, const char *key)
{
	const struct yaml_tree *node = yaml_tree_get(at->node, key);

	return node == NULL || node->bad ? NULL : node;
}

bool
conf_value_present(const struct conf_at *at, const char *key)
{
	const struct yaml_tree *node = yaml_tree_get(at->node, key);

	return node != NULL &&
	       (node->bad || node->text == NULL || *node->text != '\0');
}

const char *
conf_value_text(const struct conf_at *at, const char *key)
{
	const struct yaml_tree *node = conf_value_get(at, key);

	return node == NULL || node->text == NULL || *node->text == '\0'
		   ? NULL
		   : node->text;
}

char *
conf_value_required(const struct conf_at *at, const char *key, const char *name)
{
	const struct yaml_tree *node = yaml_tree_get(at->node, key);
	const char *text = conf_value_text(at, key);

	if (text == NULL && (node == NULL || !node->bad))
		conf_message_error(at, key, "%s is required", name);
	return xstrdup_null(text);
}

char *
conf_value_copy(
    const struct conf_at *at, const char *key, const char *otherwise)
{
	const char *text = conf_value_text(at, key);

	return xstrdup_null(text == NULL ? otherwise : text);
}

bool
conf_value_flag(const struct conf_at *at, const char *key)
{
	const struct yaml_tree *node = conf_value_get(at, key);
	bool flag = false;

	return node != NULL && conf_value_bool(&flag, node) && flag;
}

bool
conf_value_duration(int64_t *ns, const struct conf_at *at, const char *key,
    const char *name, const char *examples)
{
	const char *text = conf_value_text(at, key);
	char shown[CONF_SHOWN_SIZE];
	struct err e = ERR_INIT;

	if (text == NULL)
		return false;
	if (duration_parse(ns, conf_message_show(shown, text), &e) == 0)
		return true;
	conf_message_error(at, key,
	    "%s must be a valid duration (e.g., %s): %s", name, examples,
	    e.text);
	return false;
}

/* ---- lists ---- */

static void
add_string(struct filter_list *list, const char *text, size_t len)
{
	list->items =
	    xreallocarray(list->items, list->count + 1, sizeof *list->items);
	list->items[list->count++] = xstrndup(text, len);
}

void
conf_value_strings(
    struct filter_list *out, const struct conf_at *at, const char *key)
{
	const struct yaml_tree *node = conf_value_get(at, key);

	*out = (struct filter_list){ NULL, 0 };
	if (node == NULL)
		return;
	for (size_t i = 0; i < node->count; i++) {
		const char *text = node->members[i].value->text;

		/* An empty map stands for an empty list. */
		if (node->type == YAML_TREE_LIST)
			add_string(out, text, strlen(text));
	}
	if (!conf_value_is_scalar(node) || *node->text == '\0')
		return;
	for (const char *p = node->text;; p++) {
		size_t len = strcspn(p, ",");

		add_string(out, p, len);
		p += len;
		if (*p == '\0')
			return;
	}
}

void
conf_value_free_strings(struct filter_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct filter_list){ NULL, 0 };
}

int
conf_value_string_line(const struct conf_at *at, const char *key, size_t index)
{
	const struct yaml_tree_member *m = yaml_tree_find(at->node, key);

	if (m == NULL)
		return at->line;
	if (m->value->type == YAML_TREE_LIST && index < m->value->count)
		return m->value->members[index].line;
	return m->line;
}

size_t
conf_value_block_count(const struct conf_at *at, const char *key)
{
	const struct yaml_tree *node = conf_value_get(at, key);

	if (node == NULL)
		return 0;
	if (node->type == YAML_TREE_LIST)
		return node->count;
	return node->type == YAML_TREE_MAP && node->count > 0;
}

const struct yaml_tree *
conf_value_block(const struct conf_at *at, const char *key, size_t index)
{
	const struct yaml_tree *node = conf_value_get(at, key);

	if (node == NULL || node->type != YAML_TREE_LIST)
		return node;
	return node->members[index].value;
}

struct conf_at
conf_value_enter(const struct conf_at *at, const char *key, const char *path)
{
	const struct yaml_tree_member *m = yaml_tree_find(at->node, key);

	return (struct conf_at){
		.reader = at->reader,
		.node = conf_value_get(at, key),
		.path = path,
		.label = at->label,
		.line = m == NULL ? at->line : m->line,
	};
}
