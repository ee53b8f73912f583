/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From libyaml's events to a tree.
 *
 * An alias shares the node of its anchor and counts towards the limits as a
 * copy would, so readers may walk the tree as if it had no aliases.  An anchor
 * can be used only after its node is complete, so a node cannot contain itself.
 */
#include "sync/conf/yaml_tree.h"

#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

struct parse {
	struct yaml_tree *tree;
	yaml_parser_t parser;
	yaml_event_t event; /* the last one that was read */
	int line; /* of the event */
	struct yaml_tree_node *anchored; /* the newest first */
	size_t anchor_count;
	size_t nodes, bytes; /* aliases included */
};

/* ---- nodes ---- */

struct yaml_tree_node *
yaml_tree_new(
    struct yaml_tree *t, enum yaml_tree_type type, int line, const char *text)
{
	struct yaml_tree_node *node = xcalloc(1, sizeof *node);

	node->type = type;
	node->line = line;
	node->text = xstrdup_null(text);
	node->next = t->all;
	t->all = node;
	return node;
}

void
yaml_tree_free(struct yaml_tree *t)
{
	struct yaml_tree_node *node, *next;

	for (node = t->all; node != NULL; node = next) {
		next = node->next;
		for (size_t i = 0; i < node->count; i++)
			xwipe(node->members[i].key);
		free(node->members);
		xwipe(node->text);
		free(node->origin);
		free(node->anchor);
		free(node);
	}
	memset(t, 0, sizeof *t);
}

static struct yaml_tree_member *
add_member(struct yaml_tree_node *node, const char *key, int line,
    struct yaml_tree_node *value)
{
	/* The capacity doubles when the count reaches a power of two. */
	if ((node->count & (node->count - 1)) == 0)
		node->members = xreallocarray(node->members,
		    node->count == 0 ? 1 : node->count * 2,
		    sizeof *node->members);
	node->members[node->count] = (struct yaml_tree_member){
		.key = xstrdup_null(key), .line = line, .value = value
	};
	return &node->members[node->count++];
}

static struct yaml_tree_member *
find(const struct yaml_tree_node *map, const char *key,
    int (*compare)(const char *, const char *))
{
	if (map == NULL || map->type != YAML_TREE_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++) {
		if (compare(map->members[i].key, key) == 0)
			return &map->members[i];
	}
	return NULL;
}

struct yaml_tree_member *
yaml_tree_find(const struct yaml_tree_node *map, const char *key)
{
	return find(map, key, strcasecmp);
}

struct yaml_tree_node *
yaml_tree_get(const struct yaml_tree_node *map, const char *key)
{
	struct yaml_tree_member *m = yaml_tree_find(map, key);

	return m == NULL || m->value->type == YAML_TREE_NULL ? NULL : m->value;
}

void
yaml_tree_set(
    struct yaml_tree_node *map, const char *key, struct yaml_tree_node *value)
{
	struct yaml_tree_member *m = yaml_tree_find(map, key);

	if (m == NULL)
		add_member(map, key, value->line, value);
	else
		m->value = value;
}

/* ---- limits ---- */

/* Adds to the totals and checks them; ${depth} is that of the node. */
static int
count(struct parse *p, size_t nodes, size_t bytes, int depth, struct err *e)
{
	p->nodes += nodes;
	p->bytes += bytes;
	if (depth > LIMIT_CONFIG_DEPTH)
		err_set(e, ERR_LIMIT, "nested more than %d levels deep",
		    LIMIT_CONFIG_DEPTH);
	else if (p->nodes > LIMIT_CONFIG_NODES)
		err_set(e, ERR_LIMIT, "more than %d values, aliases included",
		    LIMIT_CONFIG_NODES);
	else if (p->bytes > LIMIT_CONFIG_TEXT)
		err_set(e, ERR_LIMIT, "more than %zu bytes, aliases included",
		    LIMIT_CONFIG_TEXT);
	else
		return 0;
	return -1;
}

static int
count_again(struct parse *p, const struct yaml_tree_node *node, int depth,
    struct err *e)
{
	return count(p, node->nodes, node->bytes, depth + node->height - 1, e);
}

/* Sets the totals of a node whose members are complete. */
static void
finish_node(struct yaml_tree_node *node)
{
	node->nodes = 1;
	node->bytes = node->text == NULL ? 0 : strlen(node->text);
	node->height = 1;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_tree_member *m = &node->members[i];

		node->nodes += m->value->nodes;
		node->bytes += m->value->bytes;
		if (m->key != NULL)
			node->bytes += strlen(m->key);
		if (node->height <= m->value->height)
			node->height = m->value->height + 1;
	}
}

/* ---- events ---- */

/* Wipes scalars, which may be secrets. */
static void
free_event(struct parse *p)
{
	if (p->event.type == YAML_SCALAR_EVENT)
		explicit_bzero(
		    p->event.data.scalar.value, p->event.data.scalar.length);
	yaml_event_delete(&p->event);
	memset(&p->event, 0, sizeof p->event);
}

static int
next_event(struct parse *p, struct err *e)
{
	free_event(p);
	if (!yaml_parser_parse(&p->parser, &p->event)) {
		/* yaml_tree_parse() adds the line and the cause. */
		err_set(e, ERR_CONFIG, "not YAML");
		return -1;
	}
	p->line = (int)p->event.start_mark.line + 1;
	return 0;
}

/* A new node for the event, which may have an anchor. */
static int
new_node(struct yaml_tree_node **out, struct parse *p, enum yaml_tree_type type,
    const yaml_char_t *anchor, struct err *e)
{
	struct yaml_tree_node *node =
	    yaml_tree_new(p->tree, type, p->line, NULL);

	*out = node;
	if (anchor == NULL)
		return 0;
	if (p->anchor_count++ == LIMIT_CONFIG_ANCHORS) {
		err_set(
		    e, ERR_LIMIT, "more than %d anchors", LIMIT_CONFIG_ANCHORS);
		return -1;
	}
	node->anchor = xstrdup((const char *)anchor);
	node->next_anchored = p->anchored;
	p->anchored = node;
	return 0;
}

static int
parse_alias(
    struct yaml_tree_node **out, struct parse *p, int depth, struct err *e)
{
	const char *name = (const char *)p->event.data.alias.anchor;
	struct yaml_tree_node *node = p->anchored;

	while (node != NULL &&
	       (node->nodes == 0 || strcmp(node->anchor, name) != 0))
		node = node->next_anchored;
	if (node == NULL) {
		err_set(e, ERR_CONFIG,
		    "alias '*%.100s' refers to no anchor before it", name);
		return -1;
	}
	*out = node;
	return count_again(p, node, depth, e);
}

static int
parse_scalar(
    struct yaml_tree_node **out, struct parse *p, int depth, struct err *e)
{
	const char *text = (const char *)p->event.data.scalar.value;
	size_t len = p->event.data.scalar.length;

	if (memchr(text, '\0', len) != NULL) {
		err_set(e, ERR_CONFIG, "NUL character in a string");
		return -1;
	}
	if (count(p, 1, len, depth, e) == -1 ||
	    new_node(
		out, p, YAML_TREE_STRING, p->event.data.scalar.anchor, e) == -1)
		return -1;
	(*out)->text = xstrdup(text);
	if (p->event.data.scalar.plain_implicit)
		(*out)->type = yaml_tree_plain_type(text);
	return 0;
}

static int parse_node(
    struct yaml_tree_node **, struct parse *, int, struct err *);

static int
parse_list(
    struct yaml_tree_node *list, struct parse *p, int depth, struct err *e)
{
	struct yaml_tree_node *value;

	for (;;) {
		int line;

		if (next_event(p, e) == -1)
			return -1;
		if (p->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		line = p->line;
		if (parse_node(&value, p, depth + 1, e) == -1)
			return -1;
		add_member(list, NULL, line, value);
	}
}

/* ---- maps ---- */

static int
check_room(const struct yaml_tree_node *map, struct err *e)
{
	if (map->count < LIMIT_CONFIG_KEYS)
		return 0;
	err_set(
	    e, ERR_LIMIT, "more than %d keys in one map", LIMIT_CONFIG_KEYS);
	return -1;
}

/* Adds to ${map} the members of ${from} that it lacks. */
static int
merge_map(struct parse *p, struct yaml_tree_node *map,
    const struct yaml_tree_node *from, int depth, struct err *e)
{
	if (from->type != YAML_TREE_MAP) {
		err_set(e, ERR_CONFIG,
		    "a merge key (<<) needs a map or a list of maps");
		return -1;
	}
	for (size_t i = 0; i < from->count; i++) {
		const struct yaml_tree_member *m = &from->members[i];

		if (find(map, m->key, strcmp) != NULL)
			continue;
		if (check_room(map, e) == -1 ||
		    count_again(p, m->value, depth + 1, e) == -1)
			return -1;
		add_member(map, m->key, m->line, m->value)->merged = true;
	}
	return 0;
}

static int
merge(struct parse *p, struct yaml_tree_node *map,
    const struct yaml_tree_node *from, int depth, struct err *e)
{
	if (from->type != YAML_TREE_LIST)
		return merge_map(p, map, from, depth, e);
	for (size_t i = 0; i < from->count; i++) {
		if (merge_map(p, map, from->members[i].value, depth, e) == -1)
			return -1;
	}
	return 0;
}

/* Copies the last event, which must be a key; the caller frees it. */
static int
parse_key(char **key, struct parse *p, struct err *e)
{
	const char *text = (const char *)p->event.data.scalar.value;
	size_t len = p->event.data.scalar.length;

	if (p->event.type != YAML_SCALAR_EVENT)
		err_set(e, ERR_CONFIG, "a key must be a scalar");
	else if (memchr(text, '\0', len) != NULL)
		err_set(e, ERR_CONFIG, "NUL character in a key");
	else if (p->event.data.scalar.anchor != NULL)
		err_set(e, ERR_CONFIG, "anchors on keys are not supported");
	else {
		p->bytes += len;
		*key = xstrdup(text);
		return 0;
	}
	return -1;
}

/* Parses the value of ${key}, which is the last event. */
static int
parse_member(struct yaml_tree_node *map, const char *key, struct parse *p,
    int depth, struct err *e)
{
	bool is_merge =
	    p->event.data.scalar.plain_implicit && strcmp(key, "<<") == 0;
	struct yaml_tree_member *old = is_merge ? NULL : find(map, key, strcmp);
	struct yaml_tree_node *value;
	int line = p->line;

	if (old != NULL && !old->merged) {
		err_set(e, ERR_CONFIG,
		    "duplicate key '%.100s', first on line %d", key, old->line);
		return -1;
	}
	if ((old == NULL && check_room(map, e) == -1) ||
	    next_event(p, e) == -1 || parse_node(&value, p, depth + 1, e) == -1)
		return -1;
	if (is_merge)
		return merge(p, map, value, depth, e);
	if (old == NULL)
		old = add_member(map, key, line, value);
	old->value = value;
	old->line = line;
	old->merged = false;
	return 0;
}

static int
parse_map(struct yaml_tree_node *map, struct parse *p, int depth, struct err *e)
{
	for (;;) {
		char *key = NULL;
		int rc;

		if (next_event(p, e) == -1)
			return -1;
		if (p->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		if (parse_key(&key, p, e) == -1)
			return -1;
		rc = parse_member(map, key, p, depth, e);
		free(key);
		if (rc == -1)
			return -1;
	}
}

/* ---- the document ---- */

/* Parses the node that starts with the last event. */
static int
parse_node(
    struct yaml_tree_node **out, struct parse *p, int depth, struct err *e)
{
	yaml_event_t *event = &p->event;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return parse_alias(out, p, depth, e);
	case YAML_SCALAR_EVENT:
		if (parse_scalar(out, p, depth, e) == -1)
			return -1;
		break;
	case YAML_SEQUENCE_START_EVENT:
		if (count(p, 1, 0, depth, e) == -1 ||
		    new_node(out, p, YAML_TREE_LIST,
			event->data.sequence_start.anchor, e) == -1 ||
		    parse_list(*out, p, depth, e) == -1)
			return -1;
		break;
	default:
		if (count(p, 1, 0, depth, e) == -1 ||
		    new_node(out, p, YAML_TREE_MAP,
			event->data.mapping_start.anchor, e) == -1 ||
		    parse_map(*out, p, depth, e) == -1)
			return -1;
	}
	finish_node(*out);
	return 0;
}

/* The line where a second document starts; 0 if there is none. */
static int
find_second_document(struct parse *p)
{
	struct err ignored = ERR_INIT;

	if (next_event(p, &ignored) == -1) /* the end of the first */
		return 0;
	if (next_event(p, &ignored) == -1)
		return (int)p->parser.problem_mark.line + 1;
	return p->event.type == YAML_DOCUMENT_START_EVENT ? p->line : 0;
}

static int
parse_document(struct parse *p, struct err *e)
{
	do {
		if (next_event(p, e) == -1)
			return -1;
	} while (p->event.type == YAML_STREAM_START_EVENT);
	if (p->event.type != YAML_DOCUMENT_START_EVENT)
		return 0;
	if (next_event(p, e) == -1 || parse_node(&p->tree->root, p, 1, e) == -1)
		return -1;
	p->tree->second_document_line = find_second_document(p);
	return 0;
}

/* libyaml gives no line for invalid UTF-8: count them. */
static void
report_parser_error(
    struct parse *p, const char *text, size_t len, struct err *e)
{
	const yaml_parser_t *y = &p->parser;

	if (y->error == YAML_MEMORY_ERROR) {
		err_set(e, ERR_INTERNAL, "out of memory");
		return;
	}
	p->line = (int)y->problem_mark.line + 1;
	if (y->error == YAML_READER_ERROR) {
		p->line = 1;
		for (size_t i = 0; i < len && i < y->problem_offset; i++)
			p->line += text[i] == '\n';
	}
	err_set(e, ERR_CONFIG, "not YAML: %s%s%s",
	    y->context == NULL ? "" : y->context,
	    y->context == NULL ? "" : ", ",
	    y->problem == NULL ? "unreadable" : y->problem);
}

/* Wipes what libyaml has read of the file. */
static void
free_parser(yaml_parser_t *parser)
{
	explicit_bzero(parser->raw_buffer.start,
	    (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
	explicit_bzero(parser->buffer.start,
	    (size_t)(parser->buffer.end - parser->buffer.start));
	yaml_parser_delete(parser);
}

int
yaml_tree_parse(
    struct yaml_tree *out, const char *text, size_t len, struct err *e)
{
	struct parse p = { .tree = out, .line = 1 };
	int rc = -1;

	memset(out, 0, sizeof *out);
	if (!yaml_parser_initialize(&p.parser)) {
		err_set(
		    e, ERR_INTERNAL, "libyaml did not start: out of memory");
		return -1;
	}
	yaml_parser_set_input_string(
	    &p.parser, (const unsigned char *)text, len);
	if (parse_document(&p, e) == -1) {
		if (p.parser.error != YAML_NO_ERROR)
			report_parser_error(&p, text, len, e);
		out->error_line = p.line;
		goto out;
	}
	rc = 0;
out:
	free_event(&p);
	free_parser(&p.parser);
	return rc;
}

/* ---- types of plain scalars ---- */

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

	if (text_is_one_of(text, words))
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

	if (text_is_one_of(text, nulls))
		return YAML_TREE_NULL;
	if (text_is_one_of(text, bools))
		return YAML_TREE_BOOL;
	if (is_int(text))
		return YAML_TREE_INT;
	if (is_float(text))
		return YAML_TREE_FLOAT;
	return YAML_TREE_STRING;
}
