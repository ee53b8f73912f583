/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the _meta of an item member by member.  No problem here rejects the
 * server: an invalid status or time is ignored and noted.
 */
#include "lib/document/item_meta.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define OFFICIAL "io.modelcontextprotocol.registry/official"

/* A time is invalid if it is this far in the future, or before FIRST_YEAR. */
#define FUTURE_HOURS 24
#define FIRST_YEAR 2000
#define FIRST_INSTANT (INT64_C(946684800) * CLOCK_SECOND)

struct item_meta {
	int64_t latest; /* later instants are invalid */
	struct rules_problem *notes;
	size_t note_count;
	struct catalog_upstream values;
	struct buf message;
	struct buf extra;
	struct buf official;
};

/* The meaning of a member of the official object. */
enum meaning {
	STATUS,
	MESSAGE,
	STATUS_CHANGED,
	PUBLISHED,
	UPDATED,
	OURS /* ignored: computed here */
};

/* Early registries spelled the names with underscores. */
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

struct item_meta *
item_meta_new(int64_t now)
{
	struct item_meta *o = xcalloc(1, sizeof *o);

	o->latest = now + FUTURE_HOURS * INT64_C(3600) * CLOCK_SECOND;
	buf_init(&o->message, LIMIT_ENTRY);
	buf_init(&o->extra, LIMIT_ENTRY);
	buf_init(&o->official, LIMIT_ENTRY);
	return o;
}

void
item_meta_free(struct item_meta *o)
{
	if (o == NULL)
		return;
	buf_free(&o->message);
	buf_free(&o->extra);
	buf_free(&o->official);
	free(o);
}

/* Notes that ${member} of the official object, or _meta, breaks ${rule}. */
static void
note(struct item_meta *o, const char *member, const char *rule,
    struct jscan_text value)
{
	struct rules_problem *problem = &o->notes[o->note_count];
	const size_t len =
	    text_cut(value.text, value.len, LIMIT_REJECTED_VALUE);

	if (o->note_count == ITEM_META_NOTES)
		return;
	o->note_count++;
	snprintf(problem->path, sizeof problem->path, "_meta%s%s%s",
	    member == NULL ? "" : ".", member == NULL ? "" : OFFICIAL ".",
	    member == NULL ? "" : member);
	snprintf(problem->rule, sizeof problem->rule, "%s", rule);
	snprintf(problem->value, sizeof problem->value, "%.*s%s", (int)len,
	    value.text, len < value.len ? "..." : "");
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

static void
read_status(struct item_meta *o, const char *member, struct jscan_text value)
{
	const char *status = NULL;

	if (value.text[0] == '"')
		status =
		    rules_status(ENTRY_SERVER, value.text + 1, value.len - 2);
	if (status != NULL)
		o->values.status = status;
	if (status == NULL ||
	    memcmp(status, value.text + 1, value.len - 2) != 0)
		note(o, member, rules_status_rule(ENTRY_SERVER), value);
}

static void
read_message(struct item_meta *o, const char *member, struct jscan_text value)
{
	size_t len = value.len;
	const char *text;

	if (value.text[0] != '"') {
		note(o, member, "must be a string", value);
		return;
	}
	buf_reset(&o->message);
	buf_add(&o->message, value.text, value.len);
	text = jscan_unquote(o->message.data, &len);
	if (strlen(text) != len)
		note(o, member, "must not hold a NUL character (\\u0000)",
		    value);
	/* An empty one counts as absent. */
	else if (len > 0)
		o->values.status_message = text;
}

static void
read_instant(struct item_meta *o, int64_t *us, const char *member,
    struct jscan_text value)
{
	struct err ignored = ERR_INIT;
	char rule[80];
	int64_t at;

	if (value.len < 2 || value.text[0] != '"' ||
	    clock_parse(&at, value.text + 1, value.len - 2, &ignored) == -1) {
		note(o, member, "must be a date-time of RFC 3339", value);
	} else if (at > o->latest) {
		snprintf(rule, sizeof rule,
		    "must not be more than %d hours in the future",
		    FUTURE_HOURS);
		note(o, member, rule, value);
	} else if (at < FIRST_INSTANT) {
		snprintf(
		    rule, sizeof rule, "must not be before %d", FIRST_YEAR);
		note(o, member, rule, value);
	} else {
		*us = at;
	}
}

static void
read_member(struct item_meta *o, enum meaning meaning, const char *member,
    struct jscan_text value)
{
	struct catalog_upstream *v = &o->values;

	if (is_null(value))
		return;
	switch (meaning) {
	case STATUS:
		read_status(o, member, value);
		break;
	case MESSAGE:
		read_message(o, member, value);
		break;
	case STATUS_CHANGED:
		read_instant(o, &v->status_changed_us, member, value);
		break;
	case PUBLISHED:
		read_instant(o, &v->published_us, member, value);
		break;
	case UPDATED:
		read_instant(o, &v->updated_us, member, value);
		break;
	case OURS:
		break;
	}
}

static void
read_official(struct item_meta *o, struct jscan_text value)
{
	struct jscan_inside i;

	if (is_null(value))
		return;
	jscan_inside(&i, value);
	if (!i.object) {
		note(o, NULL, "must hold an object at " OFFICIAL, value);
		return;
	}
	while (jscan_next(&i)) {
		size_t m = 0;

		while (
		    m < COUNT(members) && !jscan_is_named(&i, members[m].name))
			m++;
		if (m == COUNT(members))
			add_member(&o->official, &i);
		else
			read_member(
			    o, members[m].meaning, members[m].name, i.value);
	}
}

size_t
item_meta_read(const struct catalog_upstream **out, struct item_meta *o,
    struct jscan_text meta, bool inside, struct rules_problem *notes)
{
	struct jscan_inside i;
	bool said = !inside;

	*out = NULL;
	o->notes = notes;
	o->note_count = 0;
	o->values = (struct catalog_upstream){ .status_changed_us = CLOCK_NEVER,
		.published_us = CLOCK_NEVER,
		.updated_us = CLOCK_NEVER };
	buf_reset(&o->extra);
	buf_reset(&o->official);
	if (meta.text == NULL || is_null(meta))
		return 0;
	jscan_inside(&i, meta);
	if (!i.object) {
		/* The one inside a server is checked with the server. */
		if (!inside)
			note(o, NULL, "must be an object", meta);
		return o->note_count;
	}
	while (jscan_next(&i)) {
		if (jscan_is_named(&i, OFFICIAL)) {
			said = true;
			read_official(o, i.value);
		} else if (!inside) {
			add_member(&o->extra, &i);
		}
	}
	/* Inside the server they are sent as part of the document. */
	if (inside)
		buf_reset(&o->official);
	o->values.extra = buf_str(&o->extra);
	o->values.extra_len = o->extra.len;
	o->values.official = buf_str(&o->official);
	o->values.official_len = o->official.len;
	if (said)
		*out = &o->values;
	return o->note_count;
}
