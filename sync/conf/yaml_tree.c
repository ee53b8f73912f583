/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From libyaml's events to a tree.
 *
 * An alias is a copy of what its anchor stands for.  Copies count towards the
 * limits on nodes and bytes like anything else, so a small file cannot grow
 * into a large tree; an anchor can be named only after its node has ended, so
 * a tree cannot hold itself.
 */
#include "sync/conf/yaml_tree.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct anchor {
	char *name; /* owned */
	const struct yaml_tree *node; /* borrowed from the tree */
};

struct parse {
	yaml_parser_t parser;
	struct anchor anchors[LIMIT_CONFIG_ANCHORS];
	size_t anchor_count;
	struct yaml_tree *merged; /* operands of <<, which may hold anchors */
	size_t nodes;
	size_t bytes; /* of scalars and keys */
	int line; /* of the event at hand, for errors */
};

static struct yaml_tree_member *
find_exact(const struct yaml_tree *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++) {
		if (strcmp(map->members[i].key, key) == 0)
			return &map->members[i];
	}
	return NULL;
}

/* ---- limits ---- */

/* Accounts for a node with ${bytes} of text. */
static int
count_node(struct parse *p, size_t bytes, struct err *e)
{
	p->nodes++;
	p->bytes += bytes;
	if (p->nodes > LIMIT_CONFIG_NODES) {
		err_set(e, ERR_LIMIT, "more than %d values, aliases included",
		    LIMIT_CONFIG_NODES);
		return -1;
	}
	if (p->bytes > LIMIT_CONFIG_TEXT) {
		err_set(e, ERR_LIMIT, "more than %zu bytes, aliases included",
		    LIMIT_CONFIG_TEXT);
		return -1;
	}
	return 0;
}

static int
check_depth(int depth, struct err *e)
{
	if (depth <= LIMIT_CONFIG_DEPTH)
		return 0;
	err_set(e, ERR_LIMIT, "nested more than %d levels deep",
	    LIMIT_CONFIG_DEPTH);
	return -1;
}

static int
check_keys(const struct yaml_tree *map, struct err *e)
{
	if (map->count < LIMIT_CONFIG_KEYS)
		return 0;
	err_set(
	    e, ERR_LIMIT, "more than %d keys in one map", LIMIT_CONFIG_KEYS);
	return -1;
}

/* ---- aliases and merge keys ---- */

static int
copy_node(struct yaml_tree **out, struct parse *p, const struct yaml_tree *from,
    int depth, struct err *e)
{
	struct yaml_tree *t = NULL, *value;
	int rc = -1;

	if (check_depth(depth, e) == -1 ||
	    count_node(p, from->text == NULL ? 0 : strlen(from->text), e) == -1)
		goto out;
	t = yaml_tree_new(from->type, from->line);
	t->text = xstrdup_null(from->text);
	for (size_t i = 0; i < from->count; i++) {
		const struct yaml_tree_member *m = &from->members[i];

		if (copy_node(&value, p, m->value, depth + 1, e) == -1)
			goto out;
		if (m->key != NULL)
			p->bytes += strlen(m->key);
		yaml_tree_add(t, xstrdup_null(m->key), m->line, value);
	}
	*out = t;
	t = NULL;
	rc = 0;
out:
	yaml_tree_free(t);
	return rc;
}

/* Adds to ${map} the members of ${from} that it lacks, as copies. */
static int
merge_map(struct parse *p, struct yaml_tree *map, const struct yaml_tree *from,
    int depth, struct err *e)
{
	struct yaml_tree *value;

	if (from->type != YAML_TREE_MAP) {
		err_set(e, ERR_CONFIG,
		    "a merge key (<<) needs a map or a list of maps");
		return -1;
	}
	for (size_t i = 0; i < from->count; i++) {
		const struct yaml_tree_member *m = &from->members[i];

		if (find_exact(map, m->key) != NULL)
			continue;
		if (check_keys(map, e) == -1 ||
		    copy_node(&value, p, m->value, depth + 1, e) == -1)
			return -1;
		yaml_tree_add(map, xstrdup(m->key), m->line, value);
		map->members[map->count - 1].merged = true;
	}
	return 0;
}

static int
merge(struct parse *p, struct yaml_tree *map, const struct yaml_tree *from,
    int depth, struct err *e)
{
	if (from->type != YAML_TREE_LIST)
		return merge_map(p, map, from, depth, e);
	for (size_t i = 0; i < from->count; i++) {
		if (merge_map(p, map, from->members[i].value, depth, e) == -1)
			return -1;
	}
	return 0;
}

/* Remembers that ${name} (NULL for none) stands for ${node}. */
static int
set_anchor(struct parse *p, const char *name, const struct yaml_tree *node,
    struct err *e)
{
	size_t i;

	if (name == NULL)
		return 0;
	for (i = 0; i < p->anchor_count; i++) {
		if (strcmp(p->anchors[i].name, name) == 0)
			break;
	}
	if (i == LIMIT_CONFIG_ANCHORS) {
		err_set(
		    e, ERR_LIMIT, "more than %d anchors", LIMIT_CONFIG_ANCHORS);
		return -1;
	}
	if (i == p->anchor_count) {
		p->anchors[i].name = xstrdup(name);
		p->anchor_count++;
	}
	p->anchors[i].node = node;
	return 0;
}

static int
take_alias(struct yaml_tree **out, struct parse *p, const char *name, int depth,
    struct err *e)
{
	for (size_t i = 0; i < p->anchor_count; i++) {
		if (strcmp(p->anchors[i].name, name) != 0)
			continue;
		if (copy_node(out, p, p->anchors[i].node, depth, e) == -1)
			return -1;
		(*out)->line = p->line;
		return 0;
	}
	err_set(
	    e, ERR_CONFIG, "alias '*%.100s' names no anchor before it", name);
	return -1;
}

/* ---- events ---- */

/* libyaml gives no line for bytes that are no characters: count them. */
static void
report_parser_error(
    struct parse *p, const char *text, size_t len, struct err *e)
{
	const yaml_parser_t *y = &p->parser;

	if (y->error == YAML_MEMORY_ERROR) {
		err_set(e, ERR_INTERNAL, "out of memory");
		return;
	}
	if (y->error == YAML_READER_ERROR) {
		p->line = 1;
		for (size_t i = 0; i < len && i < y->problem_offset; i++)
			p->line += text[i] == '\n';
	} else {
		p->line = (int)y->problem_mark.line + 1;
	}
	err_set(e, ERR_CONFIG, "not YAML: %s%s%s",
	    y->context == NULL ? "" : y->context,
	    y->context == NULL ? "" : ", ",
	    y->problem == NULL ? "unreadable" : y->problem);
}

/* A scalar may be a secret, and memory that is free is still there. */
static void
event_free(yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		explicit_bzero(
		    event->data.scalar.value, event->data.scalar.length);
	yaml_event_delete(event);
}

/* The same of what libyaml has read of the file. */
static void
parser_free(yaml_parser_t *parser)
{
	explicit_bzero(parser->raw_buffer.start,
	    (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
	explicit_bzero(parser->buffer.start,
	    (size_t)(parser->buffer.end - parser->buffer.start));
	yaml_parser_delete(parser);
}

static int
next_event(struct parse *p, yaml_event_t *event, struct err *e)
{
	if (!yaml_parser_parse(&p->parser, event)) {
		/* yaml_tree_parse() fills in where and why. */
		err_set(e, ERR_CONFIG, "not YAML");
		memset(event, 0, sizeof *event);
		return -1;
	}
	p->line = (int)event->start_mark.line + 1;
	return 0;
}

static int take_node(
    struct yaml_tree **, struct parse *, yaml_event_t *, int, struct err *);

static int
take_scalar(struct yaml_tree **out, struct parse *p, const yaml_event_t *event,
    struct err *e)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	struct yaml_tree *t;

	if (memchr(text, '\0', len) != NULL) {
		err_set(e, ERR_CONFIG, "a NUL character in a string");
		return -1;
	}
	if (count_node(p, len, e) == -1)
		return -1;
	t = yaml_tree_new(YAML_TREE_STRING, p->line);
	t->text = xstrdup(text);
	if (event->data.scalar.plain_implicit)
		t->type = yaml_tree_plain_type(text);
	*out = t;
	return 0;
}

static int
take_list(struct yaml_tree *list, struct parse *p, int depth, struct err *e)
{
	struct yaml_tree *value;
	yaml_event_t event;
	int rc;

	for (;;) {
		if (next_event(p, &event, e) == -1)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT) {
			event_free(&event);
			return 0;
		}
		rc = take_node(&value, p, &event, depth + 1, e);
		event_free(&event);
		if (rc == -1)
			return -1;
		yaml_tree_add(list, NULL, value->line, value);
	}
}

/*
 * Reads a key; *${key} is the caller's.  At the end of the map *${key} is
 * NULL.  *${is_merge} tells a merge key from a quoted "<<".
 */
static int
take_key(char **key, bool *is_merge, struct parse *p, struct err *e)
{
	yaml_event_t event;
	const char *text;
	int rc = -1;

	*key = NULL;
	if (next_event(p, &event, e) == -1)
		return -1;
	if (event.type == YAML_MAPPING_END_EVENT) {
		rc = 0;
		goto out;
	}
	if (event.type != YAML_SCALAR_EVENT) {
		err_set(e, ERR_CONFIG, "a key that is not a plain word");
		goto out;
	}
	text = (const char *)event.data.scalar.value;
	if (memchr(text, '\0', event.data.scalar.length) != NULL) {
		err_set(e, ERR_CONFIG, "a NUL character in a key");
		goto out;
	}
	if (event.data.scalar.anchor != NULL) {
		err_set(e, ERR_CONFIG, "an anchor at a key");
		goto out;
	}
	p->bytes += event.data.scalar.length;
	*key = xstrdup(text);
	*is_merge = event.data.scalar.plain_implicit && strcmp(text, "<<") == 0;
	rc = 0;
out:
	event_free(&event);
	return rc;
}

static int
take_value(struct yaml_tree **out, struct parse *p, int depth, struct err *e)
{
	yaml_event_t event;
	int rc;

	if (next_event(p, &event, e) == -1)
		return -1;
	rc = take_node(out, p, &event, depth, e);
	event_free(&event);
	return rc;
}

/* One key and its value, put into ${map}; takes ${key}. */
static int
take_member(struct yaml_tree *map, char *key, bool is_merge, struct parse *p,
    int depth, struct err *e)
{
	struct yaml_tree_member *old;
	struct yaml_tree *value = NULL;
	int line = p->line;
	int rc = -1;

	old = is_merge ? NULL : find_exact(map, key);
	if (old != NULL && !old->merged) {
		err_set(e, ERR_CONFIG,
		    "key '%.100s' stands here again, first on line %d", key,
		    old->line);
		goto out;
	}
	if (old == NULL && check_keys(map, e) == -1)
		goto out;
	if (take_value(&value, p, depth + 1, e) == -1)
		goto out;
	if (is_merge) {
		int merged = merge(p, map, value, depth, e);

		yaml_tree_add(p->merged, NULL, line, value);
		value = NULL;
		if (merged == -1)
			goto out;
	} else if (old != NULL) {
		yaml_tree_free(old->value);
		old->value = value;
		old->line = line;
		old->merged = false;
		value = NULL;
	} else {
		yaml_tree_add(map, key, line, value);
		key = NULL;
		value = NULL;
	}
	rc = 0;
out:
	yaml_tree_free(value);
	free(key);
	return rc;
}

static int
take_map(struct yaml_tree *map, struct parse *p, int depth, struct err *e)
{
	bool is_merge = false;
	char *key;

	for (;;) {
		if (take_key(&key, &is_merge, p, e) == -1)
			return -1;
		if (key == NULL)
			return 0;
		if (take_member(map, key, is_merge, p, depth, e) == -1)
			return -1;
	}
}

/* The node that begins with ${event}, which stays the caller's. */
static int
take_node(struct yaml_tree **out, struct parse *p, yaml_event_t *event,
    int depth, struct err *e)
{
	struct yaml_tree *t = NULL;
	const yaml_char_t *anchor = NULL;
	int rc = -1;

	if (check_depth(depth, e) == -1)
		goto out;
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		if (take_alias(&t, p, (const char *)event->data.alias.anchor,
			depth, e) == -1)
			goto out;
		break;
	case YAML_SCALAR_EVENT:
		if (take_scalar(&t, p, event, e) == -1)
			goto out;
		anchor = event->data.scalar.anchor;
		break;
	case YAML_SEQUENCE_START_EVENT:
		t = yaml_tree_new(YAML_TREE_LIST, p->line);
		if (count_node(p, 0, e) == -1 ||
		    take_list(t, p, depth, e) == -1)
			goto out;
		anchor = event->data.sequence_start.anchor;
		break;
	default:
		t = yaml_tree_new(YAML_TREE_MAP, p->line);
		if (count_node(p, 0, e) == -1 || take_map(t, p, depth, e) == -1)
			goto out;
		anchor = event->data.mapping_start.anchor;
		break;
	}
	if (set_anchor(p, (const char *)anchor, t, e) == -1)
		goto out;
	*out = t;
	t = NULL;
	rc = 0;
out:
	yaml_tree_free(t);
	return rc;
}

/* Reads up to the first document; *${found} is false when there is none. */
static int
take_document_start(struct parse *p, bool *found, struct err *e)
{
	yaml_event_t event;
	yaml_event_type_t type;

	do {
		if (next_event(p, &event, e) == -1)
			return -1;
		type = event.type;
		event_free(&event);
	} while (type == YAML_STREAM_START_EVENT);
	*found = type == YAML_DOCUMENT_START_EVENT;
	return 0;
}

/* Where a second document begins; what it holds is not looked at. */
static int
second_document_line(struct parse *p)
{
	struct err ignored = ERR_INIT;
	yaml_event_t event;
	int line;

	if (next_event(p, &event, &ignored) == -1) /* the end of the first */
		return 0;
	event_free(&event);
	if (next_event(p, &event, &ignored) == -1)
		return (int)p->parser.problem_mark.line + 1;
	line = event.type == YAML_DOCUMENT_START_EVENT ? p->line : 0;
	event_free(&event);
	return line;
}

int
yaml_tree_parse(struct yaml_tree **out, struct yaml_tree_report *report,
    const char *text, size_t len, struct err *e)
{
	struct parse *p = xcalloc(1, sizeof *p);
	struct yaml_tree *t = NULL;
	bool found;
	int rc = -1;

	*out = NULL;
	memset(report, 0, sizeof *report);
	p->line = 1;
	if (!yaml_parser_initialize(&p->parser)) {
		err_set(
		    e, ERR_INTERNAL, "libyaml did not start: out of memory");
		free(p);
		return -1;
	}
	p->merged = yaml_tree_new(YAML_TREE_LIST, 0);
	yaml_parser_set_input_string(
	    &p->parser, (const unsigned char *)text, len);
	if (take_document_start(p, &found, e) == -1)
		goto out;
	if (found) {
		if (take_value(&t, p, 1, e) == -1)
			goto out;
		report->second_document_line = second_document_line(p);
	}
	*out = t;
	rc = 0;
out:
	if (rc == -1) {
		if (p->parser.error != YAML_NO_ERROR)
			report_parser_error(p, text, len, e);
		report->error_line = p->line;
	}
	for (size_t i = 0; i < p->anchor_count; i++)
		free(p->anchors[i].name);
	yaml_tree_free(p->merged);
	parser_free(&p->parser);
	free(p);
	return rc;
}
