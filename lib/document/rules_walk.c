/* SPDX-License-Identifier: Apache-2.0 */
/* Walking a parsed entry along the tables of rules, and reporting. */
#include "lib/document/rules_walk.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRWISE 16 /* so many texts are compared each with each */

static int check_value(
    struct rules_walk *c, const struct rule *rule, const json_t *value);

/* ---- what is reported ---- */

/*
 * Puts ${len} bytes of UTF-8 behind the ${used} bytes of ${into}, cut with
 * "..." so that ${limit} characters and ${size} bytes are enough for all.
 */
static void
append_cut(char *into, size_t size, size_t limit, const char *text, size_t len)
{
	const char dots[] = "...";
	size_t used = strlen(into), room = size - used - sizeof dots, n = 0;
	size_t characters = 0;

	for (; n < len; n++) {
		if (((unsigned char)text[n] & 0xc0) != 0x80) {
			if (characters == limit)
				break;
			characters++;
		}
		if (n >= room)
			break;
	}
	/* A character that does not fit as a whole goes as a whole. */
	while (n > 0 && n < len && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
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

/* A wrong type: -1, or 0 where types are free. */
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

/* Whether the value of a member with ${rule} has to be looked at. */
static bool
is_judged(const struct rules_walk *c, const struct rule *rule)
{
	return !c->quiet || binds(c, rule);
}

static int objected(struct rules_walk *c, const struct rule *rule,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A value that ${rule} does not allow: -1, or 0 where it does not bind. */
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

static void
enter_element(struct rules_walk *c, size_t index)
{
	c->path[c->depth++] = (struct jscan_step){ NULL, 0, index };
}

static void
leave(struct rules_walk *c)
{
	c->depth--;
}

/* ---- scalars ---- */

static size_t
count_characters(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static int
check_length(
    struct rules_walk *c, const struct rule *rule, const char *text, size_t len)
{
	const size_t min = (size_t)rule->min, max = (size_t)rule->max;
	size_t n;

	/* A character is at least one byte and at most four. */
	if (len >= min * 4 && (max == 0 || len <= max))
		return 0;
	n = count_characters(text, len);
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

static int
check_choices(struct rules_walk *c, const struct rule *rule, const char *text)
{
	const char *const *choices = rule->choices;
	char list[128] = "";
	size_t used = 0;

	for (size_t i = 0; choices[i] != NULL; i++) {
		if (strcmp(choices[i], text) == 0)
			return 0;
		if (used < sizeof list)
			used +=
			    (size_t)snprintf(list + used, sizeof list - used,
				"%s%s", i > 0 ? ", " : "", choices[i]);
	}
	return objected(c, rule, "must be one of: %s", list);
}

static int
check_text(struct rules_walk *c, const struct rule *rule, const json_t *value)
{
	const char *text = json_string_value(value);
	const size_t len = json_string_length(value);

	if ((rule->min > 0 || rule->max > 0) &&
	    check_length(c, rule, text, len) == -1)
		return -1;
	if (rule->format != NULL && !rule->format->matches(text, len))
		return objected(c, rule, "%s", rule->format->rule);
	if (rule->choices != NULL)
		return check_choices(c, rule, text);
	return 0;
}

static int
check_string(struct rules_walk *c, const struct rule *rule, const json_t *value)
{
	if (!json_is_string(value))
		return mistyped(c, "must be a string");
	for (; rule != NULL; rule = rule->then)
		if (is_judged(c, rule) && check_text(c, rule, value) == -1)
			return -1;
	return 0;
}

/* Every number is a real: integers past 2^63 would not fit elsewhere. */
static int
check_number(struct rules_walk *c, const struct rule *rule, const json_t *value)
{
	const double n = json_real_value(value);

	if (!json_is_real(value))
		return mistyped(c, "must be a number");
	if (n < rule->min)
		return objected(c, rule, "must be at least %d", rule->min);
	return 0;
}

static int
check_integer(
    struct rules_walk *c, const struct rule *rule, const json_t *value)
{
	const double n = json_real_value(value);

	if (!json_is_real(value) || n < rule->min || n > rule->max ||
	    n > (double)(int)n || n < (double)(int)n)
		return objected(c, rule, "must be an integer from %d to %d",
		    rule->min, rule->max);
	return 0;
}

/* ---- sets ---- */

bool
rules_walk_is_repeated(json_t *seen, const char *const *texts, size_t i)
{
	if (i < PAIRWISE) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(texts[j], texts[i]) == 0)
				return true;
		}
		return false;
	}
	if (i == PAIRWISE) {
		for (size_t j = 0; j < i; j++)
			json_object_set_new(seen, texts[j], json_true());
	}
	if (json_object_get(seen, texts[i]) != NULL)
		return true;
	json_object_set_new(seen, texts[i], json_true());
	return false;
}

/* The elements are strings or whole numbers by now. */
static int
check_unique(struct rules_walk *c, const struct rule *rule, const json_t *list)
{
	const size_t count = json_array_size(list);
	const char **texts = xreallocarray(NULL, count, sizeof *texts);
	char(*numbers)[24] = NULL;
	json_t *seen = json_object();
	int rc = -1;

	if (count > 0 && json_is_real(json_array_get(list, 0)))
		numbers = xreallocarray(NULL, count, sizeof *numbers);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);

		texts[i] = json_string_value(item);
		if (texts[i] == NULL) {
			snprintf(numbers[i], sizeof numbers[i], "%.0f",
			    json_real_value(item));
			texts[i] = numbers[i];
		}
		if (rules_walk_is_repeated(seen, texts, i)) {
			enter_element(c, i);
			if (objected(c, rule, "must not be repeated") == -1)
				goto out;
			leave(c);
			break;
		}
	}
	rc = 0;
out:
	json_decref(seen);
	free(numbers);
	free(texts);
	return rc;
}

/* ---- containers ---- */

static int
check_list(struct rules_walk *c, const struct rule *rule, const json_t *value)
{
	const size_t count = json_array_size(value);

	if (!json_is_array(value))
		return mistyped(c, "must be an array");
	for (size_t i = 0; i < count; i++) {
		enter_element(c, i);
		if (check_value(c, rule->each, json_array_get(value, i)) == -1)
			return -1;
		leave(c);
	}
	/* After a note the elements may be of any type, and one is enough. */
	if (!rule->unique || count < 2 || !is_judged(c, rule) || c->noted)
		return 0;
	return check_unique(c, rule, value);
}

/* Every member of an object. */
static int
check_members(
    struct rules_walk *c, const struct rule *each, const json_t *object)
{
	json_t *o = (json_t *)object; /* the iterator wants no const */

	for (void *at = json_object_iter(o); at != NULL;
	     at = json_object_iter_next(o, at)) {
		rules_walk_enter(c, json_object_iter_key(at));
		if (check_value(c, each, json_object_iter_value(at)) == -1)
			return -1;
		leave(c);
	}
	return 0;
}

/* What is missing binds like other values. */
static int
require(struct rules_walk *c, const struct rule *rule, const json_t *object,
    const char *member)
{
	const json_t *value = json_object_get(object, member);

	if (value != NULL && !json_is_null(value))
		return 0;
	rules_walk_enter(c, member);
	if (objected(c, rule, "is required") == -1)
		return -1;
	leave(c);
	return 0;
}

/* What binds the kind of the entry. */
static const struct rule extra_rule;

static int
check_transport(struct rules_walk *c, const json_t *transport)
{
	const char *type =
	    json_string_value(json_object_get(transport, "type"));
	const json_t *url = json_object_get(transport, "url");

	if (type == NULL || strcmp(type, "stdio") == 0)
		return 0;
	if (require(c, &extra_rule, transport, "url") == -1)
		return -1;
	if (!json_is_string(url) ||
	    rules_format_http_url.matches(
		json_string_value(url), json_string_length(url)))
		return 0;
	rules_walk_enter(c, "url");
	if (objected(c, &extra_rule, "%s", rules_format_http_url.rule) == -1)
		return -1;
	leave(c);
	return 0;
}

static int
check_argument(struct rules_walk *c, const json_t *argument)
{
	const char *type = json_string_value(json_object_get(argument, "type"));

	if (type == NULL)
		return 0;
	if (strcmp(type, "named") == 0)
		return require(c, &extra_rule, argument, "name");
	if (json_object_get(argument, "value") == NULL &&
	    json_object_get(argument, "valueHint") == NULL)
		return objected(c, &extra_rule, "needs value or valueHint");
	return 0;
}

/* Null, "" and {} say as much of an optional member as leaving it out. */
static bool
says_nothing(const struct rule *rule, const json_t *value)
{
	if (value == NULL || json_is_null(value))
		return true;
	if (rule->required)
		return false;
	return rule->type == RULE_STRING
		   ? json_is_string(value) && json_string_length(value) == 0
		   : json_is_object(value) && json_object_size(value) == 0 &&
			 (rule->type == RULE_OBJECT || rule->type == RULE_MAP);
}

/* Most members are texts of which no more is asked. */
static bool
is_any_text(
    const struct rules_walk *c, const struct rule *rule, const json_t *value)
{
	return rule->type == RULE_STRING && value != NULL &&
	       json_is_string(value) && rule->then == NULL &&
	       !is_judged(c, rule);
}

static int
check_member(struct rules_walk *c, const struct rule *rule,
    const json_t *object, const json_t *value)
{
	if (says_nothing(rule, value))
		return rule->required && is_judged(c, rule)
			   ? require(c, rule, object, rule->member)
			   : 0;
	rules_walk_enter(c, rule->member);
	if (check_value(c, rule, value) == -1)
		return -1;
	leave(c);
	return 0;
}

/*
 * Finds the values of the members that ${shape} has rules for.  Most objects
 * have few of them, so one pass over an object is cheaper than asking it for
 * each.
 */
static void
find_values(const json_t *values[RULES_MEMBERS], const struct shape *shape,
    const json_t *object)
{
	json_t *o = (json_t *)object; /* the iterator wants no const */
	size_t next = 0; /* members mostly come in the order of the rules */

	for (void *at = json_object_iter(o); at != NULL;
	     at = json_object_iter_next(o, at)) {
		const char *key = json_object_iter_key(at);

		for (size_t left = shape->count; left > 0; left--) {
			const struct rule *rule = &shape->rules[next];

			next = next + 1 == shape->count ? 0 : next + 1;
			if (rule->member[0] == key[0] &&
			    strcmp(rule->member, key) == 0) {
				values[rule - shape->rules] =
				    json_object_iter_value(at);
				break;
			}
		}
	}
}

int
rules_walk_shape(
    struct rules_walk *c, const struct shape *shape, const json_t *object)
{
	const json_t *values[RULES_MEMBERS] = { NULL };

	find_values(values, shape, object);
	for (size_t i = 0; i < shape->count; i++) {
		const struct rule *rule = &shape->rules[i];

		if ((values[i] == NULL && !rule->required) ||
		    is_any_text(c, rule, values[i]))
			continue;
		if (check_member(c, rule, object, values[i]) == -1)
			return -1;
	}
	if (c->quiet && !c->kind_bound)
		return 0;
	if (shape->extra == SHAPE_TRANSPORT)
		return check_transport(c, object);
	if (shape->extra == SHAPE_ARGUMENT)
		return check_argument(c, object);
	return 0;
}

static int
check_object(struct rules_walk *c, const struct rule *rule, const json_t *value)
{
	const bool outside = c->free;
	int rc;

	if (!json_is_object(value))
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
check_value(struct rules_walk *c, const struct rule *rule, const json_t *value)
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
		return json_is_boolean(value)
			   ? 0
			   : mistyped(c, "must be true or false");
	case RULE_OBJECT:
	case RULE_MAP:
		break;
	}
	return check_object(c, rule, value);
}
