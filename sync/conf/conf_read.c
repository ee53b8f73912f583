/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of the file by the table of keys: unknown and duplicate keys, types,
 * ranges, defaults and the environment.  Values are accepted as the reference
 * accepts them: a quoted number is a number, a text with commas is a list, one
 * block is a list of one.
 */
#include "lib/buf.h"
#include "lib/duration.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define LONGEST_KEY 48

static bool
is_scalar(const struct yaml_tree_node *node)
{
	return node->type != YAML_TREE_LIST && node->type != YAML_TREE_MAP;
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

	return node != NULL && (node->text == NULL || *node->text != '\0');
}

const char *
conf_text(const struct conf_at *at, const char *key)
{
	const struct yaml_tree_node *node = yaml_tree_get(at->node, key);

	return node == NULL || node->text == NULL || *node->text == '\0'
		   ? NULL
		   : node->text;
}

/* "api.timeout": the path inside the source or registry, else the whole. */
static char *
name_of(const struct conf_at *at, const char *key)
{
	struct buf path = BUF_INIT(ERR_TEXT_MAX);
	const char *element, *name;
	char *copy;

	conf_message_path(&path, at, key);
	name = buf_str(&path);
	element = strstr(name, "].");
	copy = xstrdup(element == NULL ? name : element + 2);
	buf_free(&path);
	return copy;
}

static bool
parse_duration(int64_t *ns, const struct conf_at *at, const char *key,
    const char *examples, const char *text)
{
	char shown[CONF_SHOWN_SIZE];
	struct err e = ERR_INIT;
	char *name;

	if (duration_parse(ns, conf_show(shown, text), &e) == 0)
		return true;
	name = name_of(at, key);
	conf_error(at, key, "%s must be a valid duration (e.g., %s): %s", name,
	    examples, e.text);
	free(name);
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
		.outer = at,
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

/* ---- names of keys ---- */

const struct conf_key *
conf_key_find(const struct conf_key *keys, const char *name)
{
	for (; keys->name != NULL; keys++) {
		if (strcasecmp(keys->name, name) == 0 ||
		    strcmp(keys->name, "*") == 0)
			return keys;
	}
	return NULL;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Changed, added and lost letters and swapped neighbours, case aside. */
size_t
conf_key_distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST_KEY + 1];
	size_t *two_up = rows[0], *up = rows[1], *row = rows[2], *spare;
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > LONGEST_KEY || b_len > LONGEST_KEY)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		up[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		int x = tolower((unsigned char)a[i - 1]);

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			int y = tolower((unsigned char)b[j - 1]);

			row[j] = smaller(smaller(up[j], row[j - 1]) + 1,
			    up[j - 1] + (x != y));
			if (i > 1 && j > 1 &&
			    x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				row[j] = smaller(row[j], two_up[j - 2] + 1);
		}
		spare = two_up;
		two_up = up;
		up = row;
		row = spare;
	}
	return up[b_len];
}

/*
 * A key of the block with few letters changed, or one with this name a block
 * further in ("git.branch"); NULL if there is none.  The caller frees it.
 */
static char *
nearest_key(const struct conf_key *keys, const char *name)
{
	const struct conf_key *best = NULL;
	size_t len = strlen(name);
	/* One slip in a short word, up to three in a long one. */
	size_t best_distance = (len < 4 ? 1 : len < 9 ? 2 : 3) + 1;

	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		size_t distance = conf_key_distance(name, k->name);

		if (distance < best_distance && k->type != CONF_ANY) {
			best = k;
			best_distance = distance;
		}
	}
	if (best != NULL)
		return xstrdup(best->name);
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		if (k->type != CONF_BLOCK && k->type != CONF_KIND)
			continue;
		best = conf_key_find(k->keys, name);
		if (best != NULL && *best->name != '*')
			return xasprintf("%s.%s", k->name, best->name);
	}
	return NULL;
}

static void
warn_unknown(const struct conf_at *at, const struct yaml_tree_member *m,
    const struct conf_key *keys)
{
	struct buf path = BUF_INIT(ERR_TEXT_MAX);
	char shown[CONF_SHOWN_SIZE];
	char *nearest = NULL;

	/* Keys "x-..." may hold anchors for later use. */
	if (strncasecmp(m->key, "x-", 2) == 0 && at->outer == NULL)
		return;
	if (at->reader->note_count < LIMIT_CONFIG_MESSAGES)
		nearest = nearest_key(keys, m->key);
	conf_show(shown, m->key);
	conf_message_path(&path, at, NULL);
	if (nearest != NULL)
		conf_message_add(at->reader, false, m->line, buf_str(&path),
		    "unknown key '%s' is ignored; did you mean '%s'?", shown,
		    nearest);
	else
		conf_message_add(at->reader, false, m->line, buf_str(&path),
		    "unknown key '%s' is ignored", shown);
	free(nearest);
	buf_free(&path);
}

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

static void
check_names(const struct conf_at *at, const struct conf_key *keys)
{
	if (at->node == NULL)
		return;
	for (size_t i = 0; i < at->node->count; i++) {
		const struct yaml_tree_member *m = &at->node->members[i];
		const struct yaml_tree_member *first =
		    yaml_tree_find(at->node, m->key);
		const struct conf_key *k = conf_key_find(keys, m->key);
		struct buf path = BUF_INIT(ERR_TEXT_MAX);

		if (k == NULL) {
			warn_unknown(at, m, keys);
		} else if (first != m) {
			conf_message_path(&path, at, k->name);
			conf_message_add(at->reader, true, m->line,
			    buf_str(&path),
			    "duplicate key (keys are case-insensitive): found "
			    "'%s' and, on line %d, '%s'",
			    m->key, first->line, first->key);
		}
		buf_free(&path);
	}
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
	for (; at != NULL; at = at->outer)
		if (at->index != CONF_NO_INDEX)
			return true;
	return false;
}

/*
 * Sets the key to its variable, if that is set and not empty.  Each block
 * outside of lists is a map here, even an empty one.
 */
static void
take_variable(const struct conf_at *at, const struct conf_key *k)
{
	struct yaml_tree *tree = &at->reader->tree;
	char *name = variable_name(at, k->name);
	const char *value = getenv(name);
	struct yaml_tree_member *old = yaml_tree_find(at->node, k->name);
	struct yaml_tree_node *node;
	int line = old == NULL ? at->node->line : old->line;

	if (k->type == CONF_BLOCK) {
		if (old == NULL || old->value->type == YAML_TREE_NULL)
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

static const char *
type_name(const struct yaml_tree_node *node)
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

/* ${index} is CONF_NO_INDEX, or the element of the list that is wrong. */
static void
wrong_type(const struct conf_at *at, const struct conf_key *k, size_t index,
    const char *wanted)
{
	const struct yaml_tree_member *m = yaml_tree_find(at->node, k->name);
	const struct yaml_tree_node *node = m->value;
	struct buf path = BUF_INIT(ERR_TEXT_MAX);
	char shown[CONF_SHOWN_SIZE];

	conf_message_path(&path, at, k->name);
	if (node->origin != NULL)
		buf_addf(&path, " (from %s)", node->origin);
	if (index != CONF_NO_INDEX) {
		buf_addf(&path, "[%zu]", index);
		m = &node->members[index];
		node = m->value;
	}
	if (is_scalar(node))
		conf_message_add(at->reader, true, m->line, buf_str(&path),
		    "found %s '%s', expected %s", type_name(node),
		    conf_show(shown, node->text), wanted);
	else
		conf_message_add(at->reader, true, m->line, buf_str(&path),
		    "found %s, expected %s", type_name(node), wanted);
	buf_free(&path);
}

/* ---- single values ---- */

static char *
read_file(const struct conf_at *at, const struct conf_key *k, const char *text)
{
	char *name = name_of(at, k->name);
	char *path = NULL;

	if (*text != '/')
		conf_error(at, k->name,
		    "%s must be an absolute path, found '%s'", name, text);
	else if (access(text, k->flags & CONF_LATER ? F_OK : R_OK) == -1)
		conf_error(at, k->name, "%s is not accessible: %s: %s", name,
		    text, strerror(errno));
	else
		path = xstrdup(text);
	free(name);
	return path;
}

static char *
read_url(const struct conf_at *at, const struct conf_key *k, const char *text)
{
	char *name = name_of(at, k->name);
	char shown[CONF_SHOWN_SIZE];
	struct err e = ERR_INIT;
	struct conf_url u;
	char *url = NULL;

	conf_show(shown, text);
	if (conf_url_parse(&u, text, &e) == -1)
		conf_error(
		    at, k->name, "%s is invalid: %s: %s", name, e.text, shown);
	else if (!u.has_host || (strcmp(u.scheme, "http") != 0 &&
				    strcmp(u.scheme, "https") != 0))
		conf_error(at, k->name,
		    "%s must be an http or https URL with host, found '%s'",
		    name, shown);
	else if (k->flags & CONF_BARE && strpbrk(text, "?#") != NULL)
		conf_error(at, k->name,
		    "%s must have no query and no fragment, found '%s'", name,
		    shown);
	else
		url = xstrdup(text);
	free(name);
	return url;
}

static bool
is_in_range(const struct conf_at *at, const struct conf_key *k, int64_t n)
{
	char most[DURATION_TEXT_SIZE];
	char *name;

	if (n >= k->min && (k->max == 0 || n <= k->max))
		return true;
	name = name_of(at, k->name);
	if (k->type == CONF_INT && k->max != 0) {
		conf_error(at, k->name, "%s must be between %lld and %lld",
		    name, (long long)k->min, (long long)k->max);
	} else if (n < k->min) {
		conf_error(at, k->name, "%s must %s%s%s%s", name,
		    k->min == 0 ? "not be negative" : "be greater than zero",
		    k->note == NULL ? "" : " (", k->note == NULL ? "" : k->note,
		    k->note == NULL ? "" : ")");
	} else {
		duration_format(most, k->max);
		conf_error(at, k->name, "%s must not exceed %s", name, most);
	}
	free(name);
	return false;
}

/* The index of ${text} in the words of the key; 0 after an error. */
static int
read_word(const struct conf_at *at, const struct conf_key *k, const char *text)
{
	struct buf expected = BUF_INIT(ERR_TEXT_MAX);
	char shown[CONF_SHOWN_SIZE];
	char *name;

	for (int i = 0; k->words[i] != NULL; i++)
		if (strcmp(k->words[i], text) == 0)
			return i;
	for (int i = 0; k->words[i] != NULL; i++)
		buf_addf(&expected, "%s'%s'",
		    i == 0		      ? ""
		    : k->words[i + 1] == NULL ? " or "
					      : ", ",
		    k->words[i]);
	name = name_of(at, k->name);
	conf_error(at, k->name, "%s must be %s, found '%s'", name,
	    buf_str(&expected), conf_show(shown, text));
	free(name);
	buf_free(&expected);
	return 0;
}

/* Stores a scalar that is not empty: the value of the key or its default. */
static void
read_scalar(const struct conf_at *at, const struct conf_key *k,
    const struct yaml_tree_node *node, void *to)
{
	const char *text = node->text;
	int64_t n = 0;
	bool flag = false;
	int word;

	switch (k->type) {
	case CONF_TEXT:
	case CONF_NAME:
		*(char **)to = xstrdup(text);
		break;
	case CONF_FILE:
		*(char **)to = read_file(at, k, text);
		break;
	case CONF_URL:
		*(char **)to = read_url(at, k, text);
		break;
	case CONF_SWITCH:
		*(bool *)to = conf_value_switch(text);
		break;
	case CONF_BOOL:
		if (!conf_value_bool(&flag, node))
			wrong_type(at, k, CONF_NO_INDEX, "true or false");
		*(bool *)to = flag != ((k->flags & CONF_INVERTED) != 0);
		break;
	case CONF_INT:
		if (!conf_value_int(&n, node))
			wrong_type(at, k, CONF_NO_INDEX, "a whole number");
		else if (is_in_range(at, k, n))
			*(size_t *)to = (size_t)n;
		break;
	case CONF_DURATION:
		if (parse_duration(&n, at, k->name, "'30s', '1m'", text) &&
		    is_in_range(at, k, n))
			*(int64_t *)to = n;
		break;
	case CONF_WORD:
		word = read_word(at, k, text);
		memcpy(to, &word, sizeof word);
		break;
	default:
		break;
	}
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

/* A text with commas, or a list with nothing but texts. */
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
    const struct yaml_tree_node *node, void *outer)
{
	size_t count =
	    node->type == YAML_TREE_LIST ? node->count : node->count > 0;
	size_t *done = (size_t *)((char *)outer + k->count);
	char label[CONF_LABEL_SIZE];
	char *elements;

	if (!is_short_enough(at, k, count))
		return;
	elements = xcalloc(count + 1, k->size);
	memcpy((char *)outer + k->offset, &elements, sizeof elements);
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

/* Stores what is no scalar; ${node} is not NULL. */
static void
read_structure(const struct conf_at *at, const struct conf_key *k,
    const struct yaml_tree_node *node, void *outer)
{
	void *to = (char *)outer + k->offset;
	struct conf_at inner = conf_enter(at, k->name);

	switch (k->type) {
	case CONF_STRINGS:
		read_strings(at, k, node, to);
		break;
	case CONF_CLAIMS:
		if (conf_is_block(node))
			*(char **)to = conf_claims_json(&inner);
		else
			wrong_type(at, k, CONF_NO_INDEX, "a map of claims");
		break;
	case CONF_BLOCK:
	case CONF_KIND:
		if (!conf_is_block(node))
			wrong_type(at, k, CONF_NO_INDEX, "a block of keys");
		else if (k->type == CONF_BLOCK)
			read_block(&inner, k, to);
		break;
	case CONF_BLOCKS:
		if (is_scalar(node))
			wrong_type(at, k, CONF_NO_INDEX, "a list of blocks");
		else
			read_elements(at, k, node, outer);
		break;
	default:
		if (!is_scalar(node))
			wrong_type(at, k, CONF_NO_INDEX, "a single value");
		else if ((k->flags & CONF_CHECKED) == 0)
			read_scalar(at, k, node, to);
	}
}

static bool
is_missing(const struct yaml_tree_node *node, const struct conf_key *k)
{
	if (node == NULL)
		return true;
	return k->type == CONF_STRINGS || k->type == CONF_BLOCKS
		   ? !is_scalar(node) && node->count == 0
		   : node->text != NULL && *node->text == '\0';
}

static void
read_key(const struct conf_at *at, const struct conf_key *k, void *block)
{
	const struct yaml_tree_node *node = yaml_tree_get(at->node, k->name);
	void *to = (char *)block + k->offset;
	struct yaml_tree_node otherwise = { .text = (char *)k->otherwise };
	bool missing = is_missing(node, k);

	if (missing && k->required != NULL)
		conf_error(at, k->name, "%s", k->required);
	/* An absent block has defaults; an empty text is as good as none. */
	if (k->type == CONF_BLOCK && node == NULL) {
		struct conf_at absent = conf_enter(at, k->name);

		read_block(&absent, k, to);
	} else if (!missing) {
		read_structure(at, k, node, block);
	} else if (k->otherwise != NULL) {
		otherwise.type = yaml_tree_plain_type(k->otherwise);
		read_scalar(at, k, &otherwise, to);
	}
	if (k->type == CONF_NAME && *(char **)to != NULL) {
		if (k->check != NULL)
			k->check(at, block);
		add_name_to_label(at, *(char **)to);
	}
	if (k->type == CONF_BOOL && k->note != NULL && *(bool *)to)
		conf_warn(at, k->name, "%s", k->note);
}

void
conf_block_read(
    const struct conf_at *at, const struct conf_key *keys, void *block)
{
	check_names(at, keys);
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		if (!is_in_list(at))
			take_variable(at, k);
		if (k->type == CONF_ANY && k->note != NULL)
			warn_unused(at, keys, k);
		else if (k->type != CONF_ANY)
			read_key(at, k, block);
	}
}

/* ---- freeing ---- */

static void
free_elements(const struct conf_key *k, void *block)
{
	size_t *count = (size_t *)((char *)block + k->count);
	char *elements;

	memcpy(&elements, (char *)block + k->offset, sizeof elements);
	for (size_t i = 0; i < *count; i++)
		conf_block_free(k->keys, elements + i * k->size);
	free(elements);
}

void
conf_block_free(const struct conf_key *keys, void *block)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		void *at = (char *)block + k->offset;

		if ((k->flags & CONF_CHECKED) != 0)
			continue;
		switch (k->type) {
		case CONF_TEXT:
		case CONF_NAME:
		case CONF_URL:
		case CONF_FILE:
		case CONF_CLAIMS:
			xwipe(*(char **)at);
			break;
		case CONF_STRINGS:
			filter_list_free(at);
			break;
		case CONF_BLOCK:
			conf_block_free(k->keys, at);
			break;
		case CONF_BLOCKS:
			free_elements(k, block);
			break;
		default:
			break;
		}
	}
}
