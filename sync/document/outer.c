/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what a registry says of a server, member by member as text. */
#include "sync/document/outer.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define OFFICIAL "io.modelcontextprotocol.registry/official"

struct outer {
	struct catalog_outer values;
	struct buf message;
	struct buf extra;
	struct buf official;
};

/* What a member of the official object is for. */
enum meaning {
	STATUS,
	MESSAGE,
	STATUS_CHANGED,
	PUBLISHED,
	UPDATED,
	OURS /* computed here from what this registry holds */
};

/* The first registries spelled the same with underscores. */
static const struct {
	const char *name;
	enum meaning meaning;
} members[] = {
	{ "status", STATUS },
	{ "statusMessage", MESSAGE },
	{ "status_message", MESSAGE },
	{ "statusChangedAt", STATUS_CHANGED },
	{ "status_changed_at", STATUS_CHANGED },
	{ "publishedAt", PUBLISHED },
	{ "published_at", PUBLISHED },
	{ "updatedAt", UPDATED },
	{ "updated_at", UPDATED },
	{ "isLatest", OURS },
	{ "is_latest", OURS },
};

struct outer *
outer_new(void)
{
	struct outer *o = xcalloc(1, sizeof *o);

	buf_init(&o->message, LIMIT_ENTRY);
	buf_init(&o->extra, LIMIT_ENTRY);
	buf_init(&o->official, LIMIT_ENTRY);
	return o;
}

void
outer_free(struct outer *o)
{
	if (o == NULL)
		return;
	buf_free(&o->message);
	buf_free(&o->extra);
	buf_free(&o->official);
	free(o);
}

static int
violated(struct rules_problem *problem, const char *member, const char *rule,
    struct jscan_text value)
{
	size_t len = value.len;

	snprintf(problem->path, sizeof problem->path, "_meta%s%s%s",
	    member == NULL ? "" : ".", member == NULL ? "" : OFFICIAL ".",
	    member == NULL ? "" : member);
	snprintf(problem->rule, sizeof problem->rule, "%s", rule);
	if (len > LIMIT_REJECTED_VALUE)
		len = LIMIT_REJECTED_VALUE;
	/* Never in the middle of a character. */
	while (len > 0 && len < value.len &&
	       ((unsigned char)value.text[len] & 0xc0) == 0x80)
		len--;
	snprintf(problem->value, sizeof problem->value, "%.*s%s", (int)len,
	    value.text, len < value.len ? "..." : "");
	return -1;
}

static bool
is_null(struct jscan_text value)
{
	return value.text[0] == 'n';
}

static void
add_member(struct buf *run, const struct jscan_inside *i)
{
	if (run->len > 0)
		buf_addc(run, ',');
	buf_add(run, i->name.text, i->name.len);
	buf_addc(run, ':');
	buf_add(run, i->value.text, i->value.len);
}

static int
read_status(struct outer *o, const char *member, struct jscan_text value,
    struct rules_problem *problem)
{
	static const char *const known[] = { "active", "deprecated",
		"deleted" };

	for (size_t i = 0; i < COUNT(known); i++) {
		size_t len = strlen(known[i]);

		if (value.len == len + 2 &&
		    memcmp(value.text + 1, known[i], len) == 0) {
			o->values.status = known[i];
			return 0;
		}
	}
	return violated(problem, member,
	    "must be one of: active, deprecated, deleted", value);
}

static int
read_message(struct outer *o, const char *member, struct jscan_text value,
    struct rules_problem *problem)
{
	size_t len = value.len;

	if (value.text[0] != '"')
		return violated(problem, member, "must be a string", value);
	buf_reset(&o->message);
	buf_add(&o->message, value.text, value.len);
	o->values.status_message = jscan_unquote(o->message.data, &len);
	if (strlen(o->values.status_message) != len)
		return violated(problem, member,
		    "must not hold a NUL character (\\u0000)", value);
	/* As good as none. */
	if (len == 0)
		o->values.status_message = NULL;
	return 0;
}

static int
read_instant(int64_t *us, const char *member, struct jscan_text value,
    struct rules_problem *problem)
{
	struct err ignored = ERR_INIT;

	if (value.len < 2 || value.text[0] != '"' ||
	    clock_parse(us, value.text + 1, value.len - 2, &ignored) == -1)
		return violated(
		    problem, member, "must be a date-time of RFC 3339", value);
	return 0;
}

static int
read_member(struct outer *o, enum meaning meaning, const char *member,
    struct jscan_text value, struct rules_problem *problem)
{
	struct catalog_outer *v = &o->values;

	if (is_null(value))
		return 0;
	switch (meaning) {
	case STATUS:
		return read_status(o, member, value, problem);
	case MESSAGE:
		return read_message(o, member, value, problem);
	case STATUS_CHANGED:
		return read_instant(
		    &v->status_changed_us, member, value, problem);
	case PUBLISHED:
		return read_instant(&v->published_us, member, value, problem);
	case UPDATED:
		return read_instant(&v->updated_us, member, value, problem);
	case OURS:
		break;
	}
	return 0;
}

static int
read_official(
    struct outer *o, struct jscan_text value, struct rules_problem *problem)
{
	struct jscan_inside i;

	if (is_null(value))
		return 0;
	jscan_inside(&i, value.text, value.len);
	if (!i.object)
		return violated(
		    problem, NULL, "must hold an object at " OFFICIAL, value);
	while (jscan_next(&i)) {
		size_t m = 0;

		while (
		    m < COUNT(members) && !jscan_is_named(&i, members[m].name))
			m++;
		if (m == COUNT(members))
			add_member(&o->official, &i);
		else if (read_member(o, members[m].meaning, members[m].name,
			     i.value, problem) == -1)
			return -1;
	}
	return 0;
}

int
outer_read(const struct catalog_outer **out, struct outer *o,
    struct jscan_text meta, bool inside, struct rules_problem *problem)
{
	struct jscan_inside i;
	bool said = !inside;

	*out = NULL;
	o->values = (struct catalog_outer){ .status_changed_us = CLOCK_NEVER,
		.published_us = CLOCK_NEVER,
		.updated_us = CLOCK_NEVER };
	buf_reset(&o->extra);
	buf_reset(&o->official);
	if (meta.text == NULL || is_null(meta))
		return 0;
	jscan_inside(&i, meta.text, meta.len);
	if (!i.object)
		return violated(problem, NULL, "must be an object", meta);
	while (jscan_next(&i)) {
		if (jscan_is_named(&i, OFFICIAL)) {
			said = true;
			if (read_official(o, i.value, problem) == -1)
				return -1;
		} else if (!inside) {
			add_member(&o->extra, &i);
		}
	}
	/* In the document itself they are sent back with it. */
	if (inside)
		buf_reset(&o->official);
	o->values.extra = buf_str(&o->extra);
	o->values.extra_len = o->extra.len;
	o->values.official = buf_str(&o->official);
	o->values.official_len = o->official.len;
	if (said)
		*out = &o->values;
	return 0;
}
