/* SPDX-License-Identifier: Apache-2.0 */
/* Walking an entry along the tables of rules, and reporting. */
#include "lib/document/rules_walk.h"

#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_value(
    struct rules_walk *c, const struct rule *rule, const struct jnode *value);

/* ---- reporting ---- */

/*
 * Appends ${len} bytes of UTF-8 to ${into}, cut with "..." so that they are at
 * most ${limit} characters and ${size} bytes are enough for all.
 */
static void
append_cut(char *into, size_t size, size_t limit, const char *text, size_t len)
{
	const char dots[] = "...";
	const size_t used = strlen(into), room = size - used - sizeof dots;
	size_t n = text_cut(text, len, room);

	while (text_characters(text, n) > limit)
		n = text_cut(text, len, n - 1);
	memcpy(into + used, text, n);
	memcpy(into + used + n, n < len ? dots : "", n < len ? sizeof dots : 1);
}

static void
write_path(const struct rules_walk *c)
{
	char *path = c->problem->path, number[24];
	const size_t size = sizeof c->problem->path;

	path[0] = '\0';
	for (size_t i = 0; i < c->depth; i++) {
		const struct jscan_step *step = &c->path[i];

		if (strlen(path) + sizeof number + 8 > size)
			break;
		if (i > 0)
			append_cut(path, size, 1, ".", 1);
		snprintf(number, sizeof number, "%zu", step->index);
		if (step->key == NULL)
			append_cut(path, size, size, number, strlen(number));
		else
			append_cut(path, size, size, step->key, step->key_len);
	}
}

static void fill(struct rules_walk *c, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
fill(struct rules_walk *c, const char *fmt, va_list ap)
{
	const char *value;
	size_t len;

	write_path(c);
	vsnprintf(c->problem->rule, sizeof c->problem->rule, fmt, ap);
	c->problem->value[0] = '\0';
	value = jscan_find(c->json, c->len, c->path, c->depth, &len);
	if (value != NULL)
		append_cut(c->problem->value, sizeof c->problem->value,
		    LIMIT_REJECTED_VALUE, value, len);
}

int
rules_walk_violated(struct rules_walk *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(c, fmt, ap);
	va_end(ap);
	return -1;
}

/* Reports a wrong type: -1, or 0 inside a free member. */
static int
mistyped(struct rules_walk *c, const char *rule)
{
	if (!c->free)
		return rules_walk_violated(c, "%s", rule);
	if (!c->noted && !c->quiet)
		rules_walk_violated(c, "%s", rule);
	c->noted |= !c->quiet;
	return 0;
}

static bool
binds(const struct rules_walk *c, const struct rule *rule)
{
	if (c->free)
		return false;
	switch (rule->binds) {
	case BINDS_ALL:
		return true;
	case BINDS_AUTHORS:
		return c->authors_bound;
	case BINDS_KIND:
		break;
	}
	return c->kind_bound;
}

/* Whether the value of a member with ${rule} has to be checked. */
static bool
is_judged(const struct rules_walk *c, const struct rule *rule)
{
	return !c->quiet || binds(c, rule);
}

static int objected(struct rules_walk *c, const struct rule *rule,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Reports a broken rule: -1, or 0 if it does not reject the entry. */
static int
objected(struct rules_walk *c, const struct rule *rule, const char *fmt, ...)
{
	const bool binding = binds(c, rule);
	va_list ap;

	if (!binding && (c->noted || c->quiet))
		return 0;
	va_start(ap, fmt);
	fill(c, fmt, ap);
	va_end(ap);
	c->noted |= !binding;
	return binding ? -1 : 0;
}

void
rules_walk_enter(struct rules_walk *c, const char *key)
{
	c->path[c->depth++] = (struct jscan_step){ key, strlen(key), 0 };
}

char *
rules_walk_enter_name(struct rules_walk *c, const struct jnode *name)
{
	struct jscan_step *step = &c->path[c->depth++];
	char *copy = NULL;

	*step = (struct jscan_step){ .key = name->text + 1,
		.key_len = name->len - 2 };
	if (name->escaped) {
		step->key_len = name->len;
		copy = xstrndup(name->text, name->len);
		step->key = jscan_unquote(copy, &step->key_len);
	}
	return copy;
}

void
rules_walk_enter_element(struct rules_walk *c, size_t index)
{
	c->path[c->depth++] = (struct jscan_step){ NULL, 0, index };
}

void
rules_walk_leave(struct rules_walk *c)
{
	c->depth--;
}

/* ---- scalars ---- */

static int
check_length(
    struct rules_walk *c, const struct rule *rule, struct jnode_text text)
{
	const size_t min = (size_t)rule->min, max = (size_t)rule->max;
	size_t n;

	/* A character is at least one byte and at most four. */
	if (text.len >= min * 4 && (max == 0 || text.len <= max))
		return 0;
	n = text_characters(text.text, text.len);
	if (n < min && min == 1)
		return objected(c, rule, "must not be empty");
	if (n < min && max == 0)
		return objected(
		    c, rule, "must have at least %zu characters", min);
	if (n < min || (max > 0 && n > max && min > 1))
		return objected(
		    c, rule, "must have %zu to %zu characters", min, max);
	if (max > 0 && n > max)
		return objected(
		    c, rule, "must have at most %zu characters", max);
	return 0;
}

static bool
is_text(struct jnode_text text, const char *other)
{
	return text.len == strlen(other) &&
	       memcmp(text.text, other, text.len) == 0;
}

static int
check_choices(
    struct rules_walk *c, const struct rule *rule, struct jnode_text text)
{
	const char *const *choices = rule->choices;
	char list[128] = "";
	size_t used = 0;

	for (size_t i = 0; choices[i] != NULL; i++) {
		if (is_text(text, choices[i]))
			return 0;
		if (used < sizeof list)
			used +=
			    (size_t)snprintf(list + used, sizeof list - used,
				"%s%s", i > 0 ? ", " : "", choices[i]);
	}
	return objected(c, rule, "must be one of: %s", list);
}

static int
check_text(
    struct rules_walk *c, const struct rule *rule, struct jnode_text text)
{
	if ((rule->min > 0 || rule->max > 0) &&
	    check_length(c, rule, text) == -1)
		return -1;
	if (rule->format != NULL &&
	    !rules_format_matches(rule->format, text.text, text.len))
		return objected(c, rule, "%s", rule->format->rule);
	if (rule->choices != NULL)
		return check_choices(c, rule, text);
	return 0;
}

static int
check_string(
    struct rules_walk *c, const struct rule *rule, const struct jnode *value)
{
	struct jnode_text text;

	if (*value->text != '"')
		return mistyped(c, "must be a string");
	text = jnode_string(value, c->scratch);
	for (; rule != NULL; rule = rule->then)
		if (is_judged(c, rule) && check_text(c, rule, text) == -1)
			return -1;
	return 0;
}

static bool
is_number(const struct jnode *value)
{
	return *value->text == '-' ||
	       (*value->text >= '0' && *value->text <= '9');
}

static int
check_number(
    struct rules_walk *c, const struct rule *rule, const struct jnode *value)
{
	if (!is_number(value))
		return mistyped(c, "must be a number");
	if (jnode_number(value) < rule->min)
		return objected(c, rule, "must be at least %d", rule->min);
	return 0;
}

static int
check_integer(
    struct rules_walk *c, const struct rule *rule, const struct jnode *value)
{
	/* A value of another type is out of range. */
	const double n =
	    is_number(value) ? jnode_number(value) : rule->min - 1.0;

	if (n < rule->min || n > rule->max || n > (double)(int)n ||
	    n < (double)(int)n)
		return objected(c, rule, "must be an integer from %d to %d",
		    rule->min, rule->max);
	return 0;
}

/* ---- sets ---- */

static int
by_value(const void *one, const void *other)
{
	const struct rules_item *a = one, *b = other;

	if (a->number < b->number || a->number > b->number)
		return a->number < b->number ? -1 : 1;
	if (a->text.len != b->text.len)
		return a->text.len < b->text.len ? -1 : 1;
	return a->text.len == 0
		   ? 0
		   : memcmp(a->text.text, b->text.text, a->text.len);
}

static int
by_value_and_place(const void *one, const void *other)
{
	const struct rules_item *a = one, *b = other;
	const int order = by_value(a, b);

	return order != 0 ? order : a->at < b->at ? -1 : 1;
}

size_t
rules_walk_find_repeats(struct rules_item *items, size_t count)
{
	size_t repeats = 0;

	qsort(items, count, sizeof *items, by_value_and_place);
	for (size_t i = 1; i < count; i++)
		if (by_value(&items[i - 1], &items[i]) == 0)
			items[repeats++] = items[i];
	return repeats;
}

/* The elements were checked: they are strings or integers. */
static int
check_unique(
    struct rules_walk *c, const struct rule *rule, const struct jnode *list)
{
	const size_t most = list->span; /* elements */
	struct rules_item *items = xcalloc(most, sizeof *items);
	struct buf texts = BUF_INIT(SIZE_MAX);
	size_t count = 0, repeats, first = SIZE_MAX;
	int rc = -1;

	/* Reserved, so that decoded texts do not move. */
	buf_reserve(&texts, list->len);
	for (const struct jnode *n = list + 1; n < jnode_end(list); n++) {
		struct rules_item *item = &items[count];

		item->at = count++;
		if (*n->text != '"') {
			item->number = jnode_number(n);
			continue;
		}
		item->text = jnode_string(n, c->scratch);
		if (n->escaped) {
			buf_add(&texts, item->text.text, item->text.len);
			item->text.text =
			    buf_str(&texts) + texts.len - item->text.len;
		}
	}
	repeats = rules_walk_find_repeats(items, count);
	for (size_t i = 0; i < repeats; i++)
		if (items[i].at < first)
			first = items[i].at;
	if (repeats > 0) {
		rules_walk_enter_element(c, first);
		if (objected(c, rule, "must not be repeated") == -1)
			goto out;
		rules_walk_leave(c);
	}
	rc = 0;
out:
	buf_free(&texts);
	free(items);
	return rc;
}

/* ---- containers ---- */

static int
check_list(
    struct rules_walk *c, const struct rule *rule, const struct jnode *value)
{
	size_t count = 0;

	if (*value->text != '[')
		return mistyped(c, "must be an array");
	for (const struct jnode *n = value + 1; n < jnode_end(value);
	     n = jnode_end(n)) {
		rules_walk_enter_element(c, count++);
		if (check_value(c, rule->each, n) == -1)
			return -1;
		rules_walk_leave(c);
	}
	/* Only the first note is kept; after it, types are unknown. */
	if (!rule->unique || count < 2 || !is_judged(c, rule) || c->noted)
		return 0;
	return check_unique(c, rule, value);
}

/* Every member of an object. */
static int
check_members(
    struct rules_walk *c, const struct rule *each, const struct jnode *object)
{
	for (const struct jnode *n = object + 1; n < jnode_end(object);
	     n = jnode_end(n)) {
		char *name = rules_walk_enter_name(c, n);
		const int bad = check_value(c, each, n + 1);

		free(name);
		if (bad)
			return -1;
		rules_walk_leave(c);
	}
	return 0;
}

/* The values of one object, in the order of its shape's rules. */
struct members {
	const struct shape *shape;
	const struct jnode *values[RULES_MEMBERS]; /* NULL: absent */
};

static const struct jnode *
value_of(const struct members *m, const char *name)
{
	size_t i = 0;

	while (
	    i < m->shape->count && strcmp(m->shape->rules[i].member, name) != 0)
		i++;
	return i < m->shape->count ? m->values[i] : NULL;
}

/* A missing value is rejected or noted like other values. */
static int
require(struct rules_walk *c, const struct rule *rule, const char *member,
    const struct jnode *value)
{
	if (value != NULL && *value->text != 'n')
		return 0;
	rules_walk_enter(c, member);
	if (objected(c, rule, "is required") == -1)
		return -1;
	rules_walk_leave(c);
	return 0;
}

/* Rules of BINDS_KIND. */
static const struct rule extra_rule;
static const struct rule extra_url = { .format = &rules_format_http_url };

/* Whether the member "type" is a string; sets ${type} to its text. */
static bool
has_type(struct rules_walk *c, const struct members *m, struct jnode_text *type)
{
	const struct jnode *value = value_of(m, "type");

	if (value == NULL || *value->text != '"')
		return false;
	*type = jnode_string(value, c->scratch);
	return true;
}

static int
check_transport(struct rules_walk *c, const struct members *m)
{
	const struct jnode *url = value_of(m, "url");
	struct jnode_text type;

	if (!has_type(c, m, &type) || is_text(type, "stdio"))
		return 0;
	if (require(c, &extra_rule, "url", url) == -1)
		return -1;
	if (url == NULL || *url->text != '"')
		return 0;
	rules_walk_enter(c, "url");
	if (check_text(c, &extra_url, jnode_string(url, c->scratch)) == -1)
		return -1;
	rules_walk_leave(c);
	return 0;
}

static int
check_argument(struct rules_walk *c, const struct members *m)
{
	struct jnode_text type;

	if (!has_type(c, m, &type))
		return 0;
	if (is_text(type, "named"))
		return require(c, &extra_rule, "name", value_of(m, "name"));
	if (value_of(m, "value") == NULL && value_of(m, "valueHint") == NULL)
		return objected(c, &extra_rule, "needs value or valueHint");
	return 0;
}

/* An optional member that is null, "" or {} counts as absent. */
static bool
says_nothing(const struct rule *rule, const struct jnode *value)
{
	if (value == NULL || *value->text == 'n')
		return true;
	if (rule->required || value->len != 2)
		return false;
	return rule->type == RULE_STRING
		   ? *value->text == '"'
		   : *value->text == '{' &&
			 (rule->type == RULE_OBJECT || rule->type == RULE_MAP);
}

/* Most members are strings without further rules. */
static bool
is_any_text(const struct rules_walk *c, const struct rule *rule,
    const struct jnode *value)
{
	return rule->type == RULE_STRING && value != NULL &&
	       *value->text == '"' && rule->then == NULL && !is_judged(c, rule);
}

static int
check_member(
    struct rules_walk *c, const struct rule *rule, const struct jnode *value)
{
	if (says_nothing(rule, value))
		return rule->required && is_judged(c, rule)
			   ? require(c, rule, rule->member, value)
			   : 0;
	rules_walk_enter(c, rule->member);
	if (check_value(c, rule, value) == -1)
		return -1;
	rules_walk_leave(c);
	return 0;
}

/*
 * Finds the values of the members that the shape has rules for.  Most objects
 * have few of them, so one pass over an object is cheaper than one for each.
 */
static void
find_values(struct rules_walk *c, struct members *m, const struct jnode *object)
{
	const struct shape *shape = m->shape;
	size_t next = 0; /* members mostly come in the order of the rules */

	for (const struct jnode *n = object + 1; n < jnode_end(object);
	     n = jnode_end(n)) {
		struct jnode_text name = jnode_string(n, c->scratch);

		for (size_t left = shape->count; left > 0; left--) {
			const size_t at = next;
			const char *member = shape->rules[at].member;

			next = next + 1 == shape->count ? 0 : next + 1;
			if (member[0] == name.text[0] &&
			    is_text(name, member)) {
				m->values[at] = n + 1;
				break;
			}
		}
	}
}

int
rules_walk_shape(
    struct rules_walk *c, const struct shape *shape, const struct jnode *object)
{
	struct members m = { .shape = shape };

	find_values(c, &m, object);
	for (size_t i = 0; i < shape->count; i++) {
		const struct rule *rule = &shape->rules[i];

		if ((m.values[i] == NULL && !rule->required) ||
		    is_any_text(c, rule, m.values[i]))
			continue;
		if (check_member(c, rule, m.values[i]) == -1)
			return -1;
	}
	if (c->quiet && !c->kind_bound)
		return 0;
	if (shape->extra == SHAPE_TRANSPORT)
		return check_transport(c, &m);
	if (shape->extra == SHAPE_ARGUMENT)
		return check_argument(c, &m);
	return 0;
}

static int
check_object(
    struct rules_walk *c, const struct rule *rule, const struct jnode *value)
{
	const bool outside = c->free;
	int rc;

	if (*value->text != '{')
		return mistyped(c, "must be an object");
	if (rule->free && c->quiet)
		return 0;
	c->free |= rule->free;
	if (rule->type == RULE_MAP)
		rc = check_members(c, rule->each, value);
	else
		rc = rule->shape == NULL
			 ? 0
			 : rules_walk_shape(c, rule->shape, value);
	c->free = outside;
	return rc;
}

static int
check_value(
    struct rules_walk *c, const struct rule *rule, const struct jnode *value)
{
	switch (rule->type) {
	case RULE_STRING:
		return check_string(c, rule, value);
	case RULE_NUMBER:
		return check_number(c, rule, value);
	case RULE_INTEGER:
		return check_integer(c, rule, value);
	case RULE_LIST:
		return check_list(c, rule, value);
	case RULE_BOOLEAN:
		return *value->text == 't' || *value->text == 'f'
			   ? 0
			   : mistyped(c, "must be true or false");
	case RULE_OBJECT:
	case RULE_MAP:
		break;
	}
	return check_object(c, rule, value);
}
