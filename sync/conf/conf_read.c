/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading blocks by the table of keys: types, ranges, defaults and the
 * environment.  Values are accepted as by the reference: a quoted number is a
 * number, a text with commas is a list, a single block is a list of one.
 */
#include "lib/buf.h"
#include "lib/duration.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
is_scalar(const struct yaml_tree_node *node)
{
	return node->type != YAML_TREE_LIST && node->type != YAML_TREE_MAP;
}

/* An empty text counts as no value. */
static bool
is_empty(const struct yaml_tree_node *node)
{
	return node->text == NULL ? node->type == YAML_TREE_NULL
				  : *node->text == '\0';
}

bool
conf_is_block(const struct yaml_tree_node *node)
{
	return node != NULL &&
	       (node->type == YAML_TREE_MAP ||
		   (node->type == YAML_TREE_LIST && node->count == 0));
}

/* ---- for check functions ---- */

bool
conf_present(const struct conf_at *at, const char *key)
{
	const struct yaml_tree_node *node = yaml_tree_get(at->node, key);

	return node != NULL && !is_empty(node);
}

const char *
conf_text(const struct conf_at *at, const char *key)
{
	return conf_present(at, key) ? yaml_tree_get(at->node, key)->text
				     : NULL;
}

/* Reports an invalid ${key}; the message starts with its path in the source. */
static void invalid(const struct conf_at *at, const char *key, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

static void
invalid(const struct conf_at *at, const char *key, const char *fmt, ...)
{
	struct buf path = BUF_INIT(ERR_TEXT_MAX);
	char words[ERR_TEXT_MAX];
	const char *element;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	conf_message_path(&path, at, key);
	/* Without "sources[0].": the label names the source or registry. */
	element = strstr(buf_str(&path), "].");
	conf_error(at, key, "%s %s",
	    element == NULL ? buf_str(&path) : element + 2, words);
	buf_free(&path);
}

static bool
parse_duration(int64_t *ns, const struct conf_at *at, const char *key,
    const char *examples, const char *text)
{
	char shown[CONF_SHOWN_SIZE];
	struct err e = ERR_INIT;

	if (duration_parse(ns, conf_show(shown, text), &e) == 0)
		return true;
	invalid(at, key, "must be a valid duration (e.g., %s): %s", examples,
	    e.text);
	return false;
}

bool
conf_duration(int64_t *ns, const struct conf_at *at, const char *key,
    const char *examples)
{
	const char *text = conf_text(at, key);

	return text != NULL && parse_duration(ns, at, key, examples, text);
}

struct conf_at
conf_enter(const struct conf_at *at, const char *key)
{
	const struct yaml_tree_member *m = yaml_tree_find(at->node, key);

	return (struct conf_at){
		.reader = at->reader,
		.parent = at,
		.key = key,
		.index = CONF_NO_INDEX,
		.node = m == NULL ? NULL : m->value,
		.line = m == NULL ? at->line : m->line,
		.label = at->label,
	};
}

struct conf_at
conf_element(const struct conf_at *at, const char *key, size_t index)
{
	struct conf_at element = conf_enter(at, key);

	element.index = index;
	if (element.node->type == YAML_TREE_LIST)
		element.node = element.node->members[index].value;
	element.line = element.node->line;
	return element;
}

struct conf *
conf_being_read(const struct conf_at *at)
{
	return at->reader->conf;
}

bool
conf_allows_insecure(const struct conf_at *at)
{
	return at->reader->conf->insecure_url;
}

/* ---- the environment ---- */

/* THV_REGISTRY_DATABASE_PATH for database.path; the caller frees it. */
static char *
variable_name(const struct conf_at *at, const char *key)
{
	struct buf name = BUF_INIT(ERR_TEXT_MAX);

	buf_adds(&name, "THV_REGISTRY_");
	conf_message_path(&name, at, key);
	for (size_t i = 0; i < name.len; i++)
		name.data[i] = name.data[i] == '.'
				   ? '_'
				   : (char)toupper((unsigned char)name.data[i]);
	return buf_take(&name);
}

static bool
is_in_list(const struct conf_at *at)
{
	for (; at != NULL; at = at->parent)
		if (at->index != CONF_NO_INDEX)
			return true;
	return false;
}

/*
 * Sets the key to the value of its environment variable, if that is not empty.
 * An absent block becomes an empty map, so that its keys can be set.
 */
static void
apply_variable(const struct conf_at *at, const struct conf_key *k)
{
	struct yaml_tree *tree = &at->reader->tree;
	char *name = variable_name(at, k->name);
	const char *value = getenv(name);
	struct yaml_tree_member *old = yaml_tree_find(at->node, k->name);
	struct yaml_tree_node *node;
	int line = old == NULL ? at->node->line : old->line;

	if (k->type == CONF_BLOCK) {
		if (old == NULL || is_empty(old->value))
			yaml_tree_set(at->node, k->name,
			    yaml_tree_new(tree, YAML_TREE_MAP, line, NULL));
	} else if (value == NULL || *value == '\0') {
		/* Unset: the file decides. */
	} else if (k->type == CONF_BLOCKS) {
		conf_warn(at, k->name,
		    "%s is ignored: a list of blocks can only be set in the "
		    "file",
		    name);
	} else if (k->type != CONF_CLAIMS && k->type != CONF_ANY) {
		node = yaml_tree_new(tree, YAML_TREE_STRING, line, value);
		node->origin = name;
		name = NULL;
		yaml_tree_set(at->node, k->name, node);
	}
	free(name);
}

/* ---- types ---- */

/* ${index} is CONF_NO_INDEX, or the element of the list that is wrong. */
static void
wrong_type(const struct conf_at *at, const struct conf_key *k, size_t index,
    const char *wanted)
{
	const struct yaml_tree_node *node = yaml_tree_get(at->node, k->name);
	char shown[CONF_SHOWN_SIZE];

	if (index != CONF_NO_INDEX)
		node = node->members[index].value;
	if (is_scalar(node))
		conf_error_element(at, k->name, index,
		    "found %s '%s', expected %s", conf_value_type(node, false),
		    conf_show(shown, node->text), wanted);
	else
		conf_error_element(at, k->name, index, "found %s, expected %s",
		    conf_value_type(node, false), wanted);
}

/* ---- single values ---- */

static char *
read_file(const struct conf_at *at, const struct conf_key *k, const char *text)
{
	char *path = NULL;

	if (*text != '/')
		invalid(
		    at, k->name, "must be an absolute path, found '%s'", text);
	else if (access(text, k->flags & CONF_LATER ? F_OK : R_OK) == -1)
		invalid(at, k->name, "is not accessible: %s: %s", text,
		    strerror(errno));
	else
		path = xstrdup(text);
	return path;
}

static char *
read_url(const struct conf_at *at, const struct conf_key *k, const char *text)
{
	char shown[CONF_SHOWN_SIZE];
	struct err e = ERR_INIT;
	struct conf_url u;
	char *url = NULL;

	conf_show(shown, text);
	if (conf_url_parse(&u, text, &e) == -1)
		invalid(at, k->name, "is invalid: %s: %s", e.text, shown);
	else if (!u.has_host || (strcmp(u.scheme, "http") != 0 &&
				    strcmp(u.scheme, "https") != 0))
		invalid(at, k->name,
		    "must be an http or https URL with host, found '%s'",
		    shown);
	else if (k->flags & CONF_BARE && strpbrk(text, "?#") != NULL)
		invalid(at, k->name,
		    "must have no query and no fragment, found '%s'", shown);
	else
		url = xstrdup(text);
	return url;
}

static bool
is_in_range(const struct conf_at *at, const struct conf_key *k, int64_t n)
{
	char most[DURATION_TEXT_SIZE];

	if (n >= k->min && (k->max == 0 || n <= k->max))
		return true;
	if (k->type == CONF_INT && k->max != 0) {
		invalid(at, k->name, "must be between %lld and %lld",
		    (long long)k->min, (long long)k->max);
	} else if (n < k->min) {
		invalid(at, k->name, "must %s%s",
		    k->min == 0 ? "not be negative" : "be greater than zero",
		    k->note == NULL ? "" : k->note);
	} else {
		duration_format(most, k->max);
		invalid(at, k->name, "must not exceed %s", most);
	}
	return false;
}

/* The index of ${text} in the words of the key; 0 after an error. */
static int
read_word(const struct conf_at *at, const struct conf_key *k, const char *text)
{
	struct buf expected = BUF_INIT(ERR_TEXT_MAX);
	char shown[CONF_SHOWN_SIZE];

	for (int i = 0; k->words[i] != NULL; i++)
		if (strcmp(k->words[i], text) == 0)
			return i;
	for (int i = 0; k->words[i] != NULL; i++)
		buf_addf(&expected, "%s'%s'",
		    i == 0		      ? ""
		    : k->words[i + 1] == NULL ? " or "
					      : ", ",
		    k->words[i]);
	invalid(at, k->name, "must be %s, found '%s'", buf_str(&expected),
	    conf_show(shown, text));
	buf_free(&expected);
	return 0;
}

static void
add_name_to_label(const struct conf_at *at, const char *name)
{
	size_t len = strlen(at->label);
	char shown[CONF_SHOWN_SIZE];

	snprintf(at->label + len - 2, CONF_LABEL_SIZE - len + 2,
	    " (%s): ", conf_show(shown, name));
}

/* ---- lists and blocks ---- */

static void
add_string(struct filter_list *list, const char *text, size_t len)
{
	list->items =
	    xreallocarray(list->items, list->count + 1, sizeof *list->items);
	list->items[list->count++] = xstrndup(text, len);
}

static bool
is_short_enough(
    const struct conf_at *at, const struct conf_key *k, size_t count)
{
	if (k->max == 0 || count <= (size_t)k->max)
		return true;
	conf_error(at, k->name, "found %zu %s, expected at most %lld", count,
	    k->name, (long long)k->max);
	return false;
}

/* Reads a text with commas, or a list of texts. */
static void
read_strings(const struct conf_at *at, const struct conf_key *k,
    const struct yaml_tree_node *node, struct filter_list *list)
{
	bool ok = true;

	if (is_scalar(node)) {
		for (const char *p = node->text;; p++) {
			size_t len = strcspn(p, ",");

			add_string(list, p, len);
			p += len;
			if (*p == '\0')
				return;
		}
	}
	if (node->type == YAML_TREE_MAP && node->count > 0) {
		wrong_type(at, k, CONF_NO_INDEX, "a list of texts");
		return;
	}
	if (!is_short_enough(at, k, node->count))
		return;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_tree_node *element = node->members[i].value;

		if (!is_scalar(element) || element->type == YAML_TREE_NULL) {
			wrong_type(at, k, i, "a text");
			ok = false;
		} else if (ok) {
			add_string(list, element->text, strlen(element->text));
		}
	}
	if (!ok)
		filter_list_free(list);
}

static void
read_block(const struct conf_at *at, const struct conf_key *k, void *block)
{
	conf_block_read(at, k->keys, block);
	if (k->check != NULL)
		k->check(at, block);
}

static void
read_elements(const struct conf_at *at, const struct conf_key *k,
    const struct yaml_tree_node *node, void *parent)
{
	size_t count =
	    node->type == YAML_TREE_LIST ? node->count : node->count > 0;
	size_t *done = (size_t *)((char *)parent + k->count);
	char label[CONF_LABEL_SIZE];
	char *elements;

	if (!is_short_enough(at, k, count))
		return;
	elements = xcalloc(count + 1, k->size);
	memcpy((char *)parent + k->offset, &elements, sizeof elements);
	for (size_t i = 0; i < count; i++) {
		struct conf_at element = conf_element(at, k->name, i);

		(*done)++;
		if (element.node->type != YAML_TREE_NULL &&
		    element.node->type != YAML_TREE_MAP) {
			wrong_type(at, k, i, "a block of keys");
			continue;
		}
		if (k->label != NULL) {
			snprintf(label, sizeof label, "%s[%zu]: ", k->label, i);
			element.label = label;
		}
		read_block(&element, k, elements + i * k->size);
	}
}

/* ---- one key, all keys ---- */

/* One warning for all keys of the block that have the note of ${k}. */
static void
warn_unused(const struct conf_at *at, const struct conf_key *keys,
    const struct conf_key *k)
{
	struct buf names = BUF_INIT(ERR_TEXT_MAX);
	const struct conf_key *first = NULL;

	for (; keys->name != NULL; keys++) {
		if (keys->type != CONF_ANY || keys->note != k->note ||
		    yaml_tree_get(at->node, keys->name) == NULL)
			continue;
		if (first == NULL)
			first = keys;
		buf_addf(
		    &names, "%s%s", names.len == 0 ? "" : ", ", keys->name);
	}
	if (first == k)
		conf_warn(at, k->name, "%s (%s)", k->note, buf_str(&names));
	buf_free(&names);
}

/* What the key needs instead of ${node}; NULL: nothing else. */
static const char *
wanted_instead(const struct conf_key *k, const struct yaml_tree_node *node)
{
	switch (k->type) {
	case CONF_STRINGS: /* read_strings() accepts several */
		return NULL;
	case CONF_CLAIMS:
		return conf_is_block(node) ? NULL : "a map of claims";
	case CONF_BLOCK:
	case CONF_KIND:
		return conf_is_block(node) ? NULL : "a block of keys";
	case CONF_BLOCKS:
		return is_scalar(node) ? "a list of blocks" : NULL;
	default:
		return is_scalar(node) ? NULL : "a single value";
	}
}

/* Stores the value of the key, or its default; NULL: an absent block. */
static void
read_value(const struct conf_at *at, const struct conf_key *k,
    const struct yaml_tree_node *node, void *block)
{
	void *to = (char *)block + k->offset;
	struct conf_at inside = conf_enter(at, k->name);
	int64_t n;
	bool flag = false;
	int word;

	switch (k->type) {
	case CONF_TEXT:
	case CONF_NAME:
		*(char **)to = xstrdup(node->text);
		break;
	case CONF_FILE:
		*(char **)to = read_file(at, k, node->text);
		break;
	case CONF_URL:
		*(char **)to = read_url(at, k, node->text);
		break;
	case CONF_SWITCH:
		*(bool *)to = conf_value_switch(node->text);
		break;
	case CONF_BOOL:
		if (!conf_value_bool(&flag, node))
			wrong_type(at, k, CONF_NO_INDEX, "true or false");
		else if (flag && k->note != NULL)
			conf_warn(at, k->name, "%s", k->note);
		*(bool *)to = flag != ((k->flags & CONF_INVERTED) != 0);
		break;
	case CONF_INT:
		if (!conf_value_int(&n, node->text))
			wrong_type(at, k, CONF_NO_INDEX, "a whole number");
		else if (is_in_range(at, k, n))
			*(size_t *)to = (size_t)n;
		break;
	case CONF_DURATION:
		if (parse_duration(
			&n, at, k->name, "'30s', '1m'", node->text) &&
		    is_in_range(at, k, n))
			*(int64_t *)to = n;
		break;
	case CONF_WORD:
		word = read_word(at, k, node->text);
		memcpy(to, &word, sizeof word);
		break;
	case CONF_STRINGS:
		read_strings(at, k, node, to);
		break;
	case CONF_CLAIMS:
		*(char **)to = conf_claims_json(&inside);
		break;
	case CONF_BLOCK:
		read_block(&inside, k, to);
		break;
	case CONF_BLOCKS:
		read_elements(at, k, node, block);
		break;
	case CONF_ANY:
	case CONF_KIND: /* conf_check_source() reads the block */
		break;
	}
}

static bool
is_missing(const struct yaml_tree_node *node, const struct conf_key *k)
{
	bool is_list = k->type == CONF_STRINGS || k->type == CONF_BLOCKS;

	return node == NULL || is_empty(node) ||
	       (is_list && !is_scalar(node) && node->count == 0);
}

static void
read_key(const struct conf_at *at, const struct conf_key *k, void *block)
{
	const struct yaml_tree_node *node = yaml_tree_get(at->node, k->name);
	struct yaml_tree_node fallback = { .text = (char *)k->fallback };
	char **name = (char **)((char *)block + k->offset);
	bool missing = is_missing(node, k);
	const char *wanted = missing ? NULL : wanted_instead(k, node);

	if (missing && k->required != NULL)
		conf_error(at, k->name, "%s", k->required);
	if (missing && k->fallback != NULL) {
		fallback.type = yaml_tree_plain_type(k->fallback);
		node = &fallback;
	}
	if (wanted != NULL)
		wrong_type(at, k, CONF_NO_INDEX, wanted);
	else if ((k->flags & CONF_CHECKED) == 0 &&
		 (!missing || k->fallback != NULL || k->type == CONF_BLOCK))
		read_value(at, k, node, block);
	if (k->type == CONF_NAME && *name != NULL) {
		if (k->check != NULL)
			k->check(at, block);
		add_name_to_label(at, *name);
	}
}

void
conf_block_read(
    const struct conf_at *at, const struct conf_key *keys, void *block)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		if (!is_in_list(at))
			apply_variable(at, k);
		if (k->type == CONF_ANY && k->note != NULL)
			warn_unused(at, keys, k);
		else if (k->type != CONF_ANY)
			read_key(at, k, block);
	}
	conf_names_check(at, keys);
}
