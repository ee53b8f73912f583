/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking one entry: parse it, walk it along the tables of rules, and pick
 * out the facts.  The walk stops at the first rule that is broken, in the
 * order of the tables, and the way it went is the path that is reported.
 */
#include "sync/rules.h"

#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/jscan.h"
#include "sync/rules_arena.h"
#include "sync/rules_private.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_STEPS 32 /* more than the tables are deep */
#define PAIRWISE 16 /* so many texts are compared each with each */

struct rules {
	size_t max_meta_size;
	struct rules_arena *arena;
	char name[LIMIT_IDENTITY + 1]; /* facts.name unless the entry has it */
	char version[LIMIT_VERSION_BYTES + 1];
	const char **tags; /* facts.tags */
	size_t tag_capacity;
	struct {
		char name[LIMIT_IDENTITY + 1];
		char space[LIMIT_IDENTITY + 1];
	} raw; /* parts of an entry that jansson refused */
};

/* Where the walk is. */
struct check {
	const char *json;
	size_t len;
	struct rules_problem *problem;
	struct jscan_step path[PATH_MAX_STEPS];
	size_t depth;
};

static int check_value(
    struct check *c, const struct rule *rule, const json_t *value);

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
write_path(const struct check *c)
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

/* Reports the place the walk is at.  Always -1. */
static int violated(struct check *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
violated(struct check *c, const char *fmt, ...)
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

static void
enter_member(struct check *c, const char *key)
{
	c->path[c->depth++] = (struct jscan_step){ key, strlen(key), 0 };
}

static void
enter_element(struct check *c, size_t index)
{
	c->path[c->depth++] = (struct jscan_step){ NULL, 0, index };
}

static void
leave(struct check *c)
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
    struct check *c, const struct rule *rule, const char *text, size_t len)
{
	const size_t min = (size_t)rule->min, max = (size_t)rule->max;
	size_t n;

	/* A character is at least one byte and at most four. */
	if (len >= min * 4 && (max == 0 || len <= max))
		return 0;
	n = count_characters(text, len);
	if (n < min && min == 1)
		return violated(c, "must not be empty");
	if (n < min && max == 0)
		return violated(c, "must have at least %zu characters", min);
	if (n < min || (max > 0 && n > max && min > 1))
		return violated(c, "must have %zu to %zu characters", min, max);
	if (max > 0 && n > max)
		return violated(c, "must have at most %zu characters", max);
	return 0;
}

static int
check_choices(struct check *c, const char *const *choices, const char *text)
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
	return violated(c, "must be one of: %s", list);
}

static int
check_string(struct check *c, const struct rule *rule, const json_t *value)
{
	const char *text = json_string_value(value);
	size_t len;

	if (text == NULL)
		return violated(c, "must be a string");
	len = json_string_length(value);
	if ((rule->min > 0 || rule->max > 0) &&
	    check_length(c, rule, text, len) == -1)
		return -1;
	if (rule->format != NULL && !rule->format->matches(text, len))
		return violated(c, "%s", rule->format->rule);
	if (rule->choices != NULL)
		return check_choices(c, rule->choices, text);
	return 0;
}

/* Every number is a real: integers past 2^63 would not fit elsewhere. */
static int
check_number(struct check *c, const struct rule *rule, const json_t *value)
{
	const double n = json_real_value(value);

	if (!json_is_real(value))
		return violated(c, "must be a number");
	if (n < rule->min)
		return violated(c, "must be at least %d", rule->min);
	return 0;
}

static int
check_integer(struct check *c, const struct rule *rule, const json_t *value)
{
	const double n = json_real_value(value);

	if (!json_is_real(value) || n < rule->min || n > rule->max ||
	    n > (double)(int)n || n < (double)(int)n)
		return violated(c, "must be an integer from %d to %d",
		    rule->min, rule->max);
	return 0;
}

/* ---- sets ---- */

/*
 * Whether the text ${i} of ${texts} is among those before it.  ${seen} is an
 * object that remembers them once there are too many to compare.
 */
static bool
is_repeated(json_t *seen, const char *const *texts, size_t i)
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
check_unique(struct check *c, const json_t *list)
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
		if (is_repeated(seen, texts, i)) {
			enter_element(c, i);
			violated(c, "must not be repeated");
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
check_list(struct check *c, const struct rule *rule, const json_t *value)
{
	const size_t count = json_array_size(value);

	if (!json_is_array(value))
		return violated(c, "must be an array");
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
check_members(struct check *c, const struct rule *each, const json_t *object)
{
	json_t *o = (json_t *)object; /* the iterator wants no const */

	for (void *at = json_object_iter(o); at != NULL;
	     at = json_object_iter_next(o, at)) {
		enter_member(c, json_object_iter_key(at));
		if (check_value(c, each, json_object_iter_value(at)) == -1)
			return -1;
		leave(c);
	}
	return 0;
}

static int
require(struct check *c, const json_t *object, const char *member)
{
	if (json_object_get(object, member) != NULL)
		return 0;
	enter_member(c, member);
	return violated(c, "is required");
}

static int
check_transport(struct check *c, const json_t *transport)
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
	enter_member(c, "url");
	return violated(c, "%s", rules_format_http_url.rule);
}

static int
check_argument(struct check *c, const json_t *argument)
{
	if (strcmp(json_string_value(json_object_get(argument, "type")),
		"named") == 0)
		return require(c, argument, "name");
	if (json_object_get(argument, "value") == NULL &&
	    json_object_get(argument, "valueHint") == NULL)
		return violated(c, "needs value or valueHint");
	return 0;
}

static int
check_shape(struct check *c, const struct shape *shape, const json_t *object)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct rule *rule = &shape->rules[i];
		const json_t *value = json_object_get(object, rule->member);

		if (value == NULL && !rule->required)
			continue;
		enter_member(c, rule->member);
		if (value == NULL)
			return violated(c, "is required");
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
check_value(struct check *c, const struct rule *rule, const json_t *value)
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
			   : violated(c, "must be true or false");
	case RULE_OBJECT:
	case RULE_MAP:
		break;
	}
	if (!json_is_object(value))
		return violated(c, "must be an object");
	if (rule->type == RULE_MAP)
		return check_members(c, rule->each, value);
	return rule->shape == NULL ? 0 : check_shape(c, rule->shape, value);
}

static int
check_meta_size(struct check *c, size_t max)
{
	size_t len;

	if (c->len <= max)
		return 0;
	enter_member(c, "_meta");
	enter_member(c, RULES_PUBLISHER);
	if (jscan_find(c->json, c->len, c->path, c->depth, &len) != NULL &&
	    len > max)
		return violated(c,
		    "publisher-provided metadata size %zu bytes exceeds "
		    "maximum allowed size of %zu bytes",
		    len, max);
	leave(c);
	leave(c);
	return 0;
}

/* ---- facts ---- */

static void
add_tag(
    struct rules *r, struct rules_entry *facts, json_t *seen, const char *tag)
{
	if (facts->tag_count == r->tag_capacity) {
		r->tag_capacity =
		    r->tag_capacity == 0 ? PAIRWISE : r->tag_capacity * 2;
		r->tags =
		    xreallocarray(r->tags, r->tag_capacity, sizeof *r->tags);
	}
	facts->tags = r->tags;
	r->tags[facts->tag_count] = tag;
	if (!is_repeated(seen, r->tags, facts->tag_count))
		facts->tag_count++;
}

/* What ${extension}.tags holds, as far as it is strings. */
static void
collect_tags(struct rules *r, struct rules_entry *facts, json_t *seen,
    const json_t *extension)
{
	const json_t *tags = json_object_get(extension, "tags");
	const char *tag;

	for (size_t i = 0; i < json_array_size(tags); i++) {
		tag = json_string_value(json_array_get(tags, i));
		if (tag != NULL)
			add_tag(r, facts, seen, tag);
	}
}

/* Tags stand two levels below the publisher-provided object, whatever those. */
static void
collect_server_tags(
    struct rules *r, struct rules_entry *facts, const json_t *server)
{
	json_t *publishers =
	    json_object_get(json_object_get(server, "_meta"), RULES_PUBLISHER);
	json_t *seen, *publisher;

	if (publishers == NULL)
		return;
	seen = json_object();
	for (void *at = json_object_iter(publishers); at != NULL;
	     at = json_object_iter_next(publishers, at)) {
		publisher = json_object_iter_value(at);
		for (void *in = json_object_iter(publisher); in != NULL;
		     in = json_object_iter_next(publisher, in))
			collect_tags(
			    r, facts, seen, json_object_iter_value(in));
	}
}

static const char *
member_text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

/* The name by which an entry is known, NULL if there is none of its size. */
static const char *
full_name(
    struct rules *r, enum entry_kind kind, const char *space, const char *name)
{
	int len;

	if (name == NULL || (kind != ENTRY_SERVER && space == NULL))
		return NULL;
	if (kind == ENTRY_SERVER)
		return strlen(name) > LIMIT_IDENTITY ? NULL : name;
	len = snprintf(r->name, sizeof r->name, "%s/%s", space, name);
	return len < 0 || (size_t)len >= sizeof r->name ? NULL : r->name;
}

/* Name and version, which are wanted of bad entries too. */
static void
collect_identity(struct rules *r, struct rules_entry *facts,
    enum entry_kind kind, const json_t *entry)
{
	const char *version = member_text(entry, "version");

	facts->name = full_name(r, kind, member_text(entry, "namespace"),
	    member_text(entry, "name"));
	if (version != NULL && strlen(version) <= LIMIT_VERSION_BYTES)
		facts->version = version;
}

static void
collect_facts(struct rules *r, struct rules_entry *facts, enum entry_kind kind,
    const json_t *entry)
{
	facts->title = member_text(entry, "title");
	if (facts->title != NULL && facts->title[0] == '\0')
		facts->title = NULL;
	facts->description = member_text(entry, "description");
	if (kind == ENTRY_SERVER) {
		collect_server_tags(r, facts, entry);
		return;
	}
	facts->status = member_text(entry, "status");
	if (facts->status == NULL)
		facts->status = "active";
}

/* ---- an entry that jansson refuses ---- */

/* Copies the top-level string ${member} to ${into}; NULL if there is none. */
static const char *
raw_text(
    const char *json, size_t len, const char *member, char *into, size_t size)
{
	const struct jscan_step step = { member, strlen(member), 0 };
	const char *found = jscan_find(json, len, &step, 1, &len);

	if (found == NULL || len < 2 || *found != '"' || len >= size)
		return NULL;
	memcpy(into, found, len);
	jscan_unquote(into, &len);
	return strlen(into) == len ? into : NULL;
}

/* Says why in ${problem}; finds name and version without a tree.  -1. */
static int
refused(struct rules *r, enum entry_kind kind, struct check *c,
    struct rules_entry *facts, const json_error_t *why)
{
	const char *name, *space;

	/* Without memory jansson gives up without a word. */
	switch (why->text[0] == '\0' ? json_error_out_of_memory
				     : json_error_code(why)) {
	case json_error_numeric_overflow:
		violated(c, "holds a number that is out of range");
		break;
	case json_error_null_character:
	case json_error_null_byte_in_key:
		violated(c, "holds a NUL character (\\u0000)");
		break;
	case json_error_out_of_memory:
		violated(c, "has too many values");
		break;
	default:
		violated(c, "cannot be read: %.160s", why->text);
		break;
	}
	c->problem->value[0] = '\0';
	if (*c->json != '{')
		return -1;
	name =
	    raw_text(c->json, c->len, "name", r->raw.name, sizeof r->raw.name);
	space = raw_text(
	    c->json, c->len, "namespace", r->raw.space, sizeof r->raw.space);
	facts->name = full_name(r, kind, space, name);
	facts->version =
	    raw_text(c->json, c->len, "version", r->version, sizeof r->version);
	return -1;
}

/* ---- the interface ---- */

struct rules *
rules_new(size_t max_meta_size)
{
	struct rules *r = xcalloc(1, sizeof *r);

	r->max_meta_size = max_meta_size;
	r->arena = rules_arena_new(LIMIT_ENTRY_TREE);
	return r;
}

void
rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	rules_arena_free(r->arena);
	free(r->tags);
	free(r);
}

static int
check_entry(struct rules *r, enum entry_kind kind, struct check *c,
    struct rules_entry *facts)
{
	const size_t flags = JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY;
	json_error_t why = { 0 };
	const json_t *entry;

	/* Never released: the arena takes it back with the next entry. */
	entry = json_loadb(c->json, c->len, flags, &why);
	if (entry == NULL)
		return refused(r, kind, c, facts, &why);
	if (!json_is_object(entry))
		return violated(c, "must be an object");
	collect_identity(r, facts, kind, entry);
	if (check_shape(c, rules_table_shape(kind), entry) == -1)
		return -1;
	if (kind == ENTRY_SERVER && check_meta_size(c, r->max_meta_size) == -1)
		return -1;
	collect_facts(r, facts, kind, entry);
	return 0;
}

int
rules_check(struct rules *r, enum entry_kind kind, const char *json, size_t len,
    struct rules_entry *facts, struct rules_problem *problem)
{
	struct check c = { .json = json, .len = len, .problem = problem };
	int rc;

	*facts = (struct rules_entry){ 0 };
	*problem = (struct rules_problem){ 0 };
	rules_arena_reset(r->arena);
	rules_arena_enter(r->arena);
	rc = check_entry(r, kind, &c, facts);
	rules_arena_leave();
	return rc;
}
