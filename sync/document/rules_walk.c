/* SPDX-License-Identifier: Apache-2.0 */
/* Walking a parsed entry along the tables of rules, and reporting. */
#include "sync/document/rules_walk.h"

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

int
rules_walk_violated(struct rules_walk *c, const char *fmt, ...)
{
	const char *value;
	size_t len;
	va_list ap;

	write_path(c);
	va_start(ap, fmt);
	vsnprintf(c->problem->rule, sizeof c->problem->rule, fmt, ap);
	va_end(ap);
	c->problem->value[0] = '\0';
	value = jscan_find(c->json, c->len, c->path, c->depth, &len);
	if (value != NULL)
		append_cut(c->problem->value, sizeof c->problem->value,
		    LIMIT_REJECTED_VALUE, value, len);
	return -1;
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
		return rules_walk_violated(c, "must not be empty");
	if (n < min && max == 0)
		return rules_walk_violated(
		    c, "must have at least %zu characters", min);
	if (n < min || (max > 0 && n > max && min > 1))
		return rules_walk_violated(
		    c, "must have %zu to %zu characters", min, max);
	if (max > 0 && n > max)
		return rules_walk_violated(
		    c, "must have at most %zu characters", max);
	return 0;
}

static int
check_choices(
    struct rules_walk *c, const char *const *choices, const char *text)
{
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
	return rules_walk_violated(c, "must be one of: %s", list);
}

static int
check_string(struct rules_walk *c, const struct rule *rule, const json_t *value)
{
	const char *text = json_string_value(value);
	size_t len;

	if (text == NULL)
		return rules_walk_violated(c, "must be a string");
	len = json_string_length(value);
	if ((rule->min > 0 || rule->max > 0) &&
	    check_length(c, rule, text, len) == -1)
		return -1;
	if (rule->format != NULL && !rule->format->matches(text, len))
		return rules_walk_violated(c, "%s", rule->format->rule);
	if (rule->choices != NULL)
		return check_choices(c, rule->choices, text);
	return 0;
}

/* Every number is a real: integers past 2^63 would not fit elsewhere. */
static int
check_number(struct rules_walk *c, const struct rule *rule, const json_t *value)
{
	const double n = json_real_value(value);

	if (!json_is_real(value))
		return rules_walk_violated(c, "must be a number");
	if (n < rule->min)
		return rules_walk_violated(c, "must be at least %d", rule->min);
	return 0;
}

static int
check_integer(
    struct rules_walk *c, const struct rule *rule, const json_t *value)
{
	const double n = json_real_value(value);

	if (!json_is_real(value) || n < rule->min || n > rule->max ||
	    n > (double)(int)n || n < (double)(int)n)
		return rules_walk_violated(c,
		    "must be an integer from %d to %d", rule->min, rule->max);
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
check_unique(struct rules_walk *c, const json_t *list)
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
			rules_walk_violated(c, "must not be repeated");
			leave(c);
			goto out;
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
		return rules_walk_violated(c, "must be an array");
	for (size_t i = 0; i < count; i++) {
		enter_element(c, i);
		if (check_value(c, rule->each, json_array_get(value, i)) == -1)
			return -1;
		leave(c);
	}
	return rule->unique && count > 1 ? check_unique(c, value) : 0;
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

static int
require(struct rules_walk *c, const json_t *object, const char *member)
{
	if (json_object_get(object, member) != NULL)
		return 0;
	rules_walk_enter(c, member);
	return rules_walk_violated(c, "is required");
}

static int
check_transport(struct rules_walk *c, const json_t *transport)
{
	const json_t *url = json_object_get(transport, "url");

	if (strcmp(json_string_value(json_object_get(transport, "type")),
		"stdio") == 0)
		return 0;
	if (require(c, transport, "url") == -1)
		return -1;
	if (rules_format_http_url.matches(
		json_string_value(url), json_string_length(url)))
		return 0;
	rules_walk_enter(c, "url");
	return rules_walk_violated(c, "%s", rules_format_http_url.rule);
}

static int
check_argument(struct rules_walk *c, const json_t *argument)
{
	if (strcmp(json_string_value(json_object_get(argument, "type")),
		"named") == 0)
		return require(c, argument, "name");
	if (json_object_get(argument, "value") == NULL &&
	    json_object_get(argument, "valueHint") == NULL)
		return rules_walk_violated(c, "needs value or valueHint");
	return 0;
}

int
rules_walk_shape(
    struct rules_walk *c, const struct shape *shape, const json_t *object)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct rule *rule = &shape->rules[i];
		const json_t *value = json_object_get(object, rule->member);

		if (value == NULL && !rule->required)
			continue;
		rules_walk_enter(c, rule->member);
		if (value == NULL)
			return rules_walk_violated(c, "is required");
		if (check_value(c, rule, value) == -1)
			return -1;
		leave(c);
	}
	if (shape->rest != NULL && check_members(c, shape->rest, object) == -1)
		return -1;
	if (shape->extra == SHAPE_TRANSPORT)
		return check_transport(c, object);
	if (shape->extra == SHAPE_ARGUMENT)
		return check_argument(c, object);
	return 0;
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
			   : rules_walk_violated(c, "must be true or false");
	case RULE_OBJECT:
	case RULE_MAP:
		break;
	}
	if (!json_is_object(value))
		return rules_walk_violated(c, "must be an object");
	if (rule->type == RULE_MAP)
		return check_members(c, rule->each, value);
	return rule->shape == NULL ? 0
				   : rules_walk_shape(c, rule->shape, value);
}
