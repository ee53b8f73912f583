/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing entries: all are collected, sorted, and compared in groups. */
#include "sync/lint/lint_across.h"

#include "lib/buf.h"
#include "lib/fold.h"
#include "lib/limits.h"
#include "lib/url.h"
#include "lib/version.h"
#include "lib/xalloc.h"
#include "sync/lint/lint_checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOOLHIVE_ENTRIES 10000
#define TOOLHIVE_CACHE 10000000 /* bytes */
#define MIRROR_RECORDS 100000
#define FIRST_ROOM 256

/* One version of an entry. */
struct record {
	enum entry_kind kind;
	char *name;
	char *folded; /* the name without case */
	char *version;
	char *where; /* NULL: unknown */
	size_t size;
};

/* One endpoint of one name. */
struct endpoint {
	char *url;
	char *name;
};

struct lint_across {
	struct record *records;
	size_t record_count;
	size_t record_room;
	struct endpoint *endpoints;
	size_t endpoint_count;
	size_t endpoint_room;
};

struct lint_across *
lint_across_new(void)
{
	return xcalloc(1, sizeof(struct lint_across));
}

void
lint_across_free(struct lint_across *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->record_count; i++) {
		free(a->records[i].name);
		free(a->records[i].folded);
		free(a->records[i].version);
		free(a->records[i].where);
	}
	for (size_t i = 0; i < a->endpoint_count; i++) {
		free(a->endpoints[i].url);
		free(a->endpoints[i].name);
	}
	free(a->records);
	free(a->endpoints);
	free(a);
}

/* Room for one more element of ${size} in ${list}. */
static void *
grown(void *list, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return list;
	*room = *room == 0 ? FIRST_ROOM : *room * 2;
	return xreallocarray(list, *room, size);
}

static char *
folded(const char *name)
{
	struct buf text = BUF_INIT(4 * LIMIT_IDENTITY);

	fold_add(&text, name, strlen(name));
	buf_addc(&text, '\0');
	return buf_take(&text);
}

void
lint_across_add(struct lint_across *a, const struct lint_place *place,
    const struct lint_server *s, size_t size)
{
	if (place->name == NULL || place->version == NULL)
		return;
	a->records = grown(
	    a->records, a->record_count, &a->record_room, sizeof *a->records);
	a->records[a->record_count++] = (struct record){
		.kind = place->kind,
		.name = xstrdup(place->name),
		.folded = folded(place->name),
		.version = xstrdup(place->version),
		.where = xstrdup_null(place->where),
		.size = size,
	};
	for (size_t i = 0; s != NULL && i < lint_checks_remotes(s); i++) {
		const char *url = lint_checks_url(s, i);

		if (url == NULL || strlen(url) > LIMIT_URL)
			continue;
		a->endpoints = grown(a->endpoints, a->endpoint_count,
		    &a->endpoint_room, sizeof *a->endpoints);
		a->endpoints[a->endpoint_count++] =
		    (struct endpoint){ xstrdup(url), xstrdup(place->name) };
	}
}

static void
report(struct lint_sink *sink, const char *id, const struct lint_place *place,
    const char *path, const char *value)
{
	const struct lint_finding f = { .rule = lint_rules_find(id),
		.place = place,
		.path = path,
		.value = value };

	sink->found(sink->ctx, &f);
}

/* ---- names and versions ---- */

static int
compare_records(const void *left, const void *right)
{
	const struct record *a = left, *b = right;
	int order = (a->kind > b->kind) - (a->kind < b->kind);

	if (order == 0)
		order = strcmp(a->folded, b->folded);
	if (order == 0)
		order = strcmp(a->name, b->name);
	return order != 0 ? order : version_compare(a->version, b->version);
}

static bool
same_name(const struct record *a, const struct record *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

/*
 * Sorted, versions of a name are neighbours, and so are names that differ only
 * in case.
 */
static void
check_neighbours(const struct lint_across *a, const struct lint_place *scope,
    struct lint_sink *sink)
{
	for (size_t i = 1; i < a->record_count; i++) {
		const struct record *r = &a->records[i], *last = r - 1;
		struct lint_place place = *scope;

		if (r->kind != last->kind ||
		    strcmp(r->folded, last->folded) != 0)
			continue;
		place.kind = r->kind;
		place.name = r->name;
		if (!same_name(r, last)) {
			report(sink, "name-case", &place, "name", last->name);
		} else if (strcmp(r->version, last->version) == 0) {
			place.version = r->version;
			place.where = r->where;
			report(sink, "duplicate", &place, "", last->where);
		}
	}
}

static void
check_amount(const struct lint_across *a, const struct lint_place *scope,
    struct lint_sink *sink)
{
	size_t versions = 0, names = 0, bytes = 0;
	char text[64];

	for (size_t i = 0; i < a->record_count; i++) {
		const struct record *r = &a->records[i];

		if (r->kind != ENTRY_SERVER)
			continue;
		versions++;
		/* The last of a name is its newest version. */
		if (i + 1 < a->record_count && same_name(r, r + 1))
			continue;
		names++;
		bytes += r->size;
	}
	if (names > TOOLHIVE_ENTRIES) {
		snprintf(text, sizeof text, "%zu entries", names);
		report(sink, "toolhive-entries", scope, "", text);
	}
	if (bytes > TOOLHIVE_CACHE) {
		snprintf(text, sizeof text, "%zu bytes", bytes);
		report(sink, "toolhive-cache", scope, "", text);
	}
	if (versions > MIRROR_RECORDS) {
		snprintf(text, sizeof text, "%zu versions", versions);
		report(sink, "mirror-records", scope, "", text);
	}
}

/* ---- endpoints ---- */

static int
compare_endpoints(const void *left, const void *right)
{
	const struct endpoint *a = left, *b = right;
	int order = strcmp(a->url, b->url);

	return order != 0 ? order : strcmp(a->name, b->name);
}

static void
check_endpoints(const struct lint_across *a, const struct lint_place *scope,
    struct lint_sink *sink)
{
	for (size_t i = 1; i < a->endpoint_count; i++) {
		const struct endpoint *p = &a->endpoints[i];
		struct lint_place place = *scope;
		char *value, *shown;

		if (strcmp(p->url, (p - 1)->url) != 0 ||
		    strcmp(p->name, (p - 1)->name) == 0)
			continue;
		place.kind = ENTRY_SERVER;
		place.name = p->name;
		shown = url_shown(p->url);
		value = xasprintf("%s, also of %s", shown, (p - 1)->name);
		free(shown);
		report(sink, "remote-shared", &place, "remotes", value);
		free(value);
	}
}

void
lint_across_check(struct lint_across *a, const struct lint_place *scope,
    struct lint_sink *sink)
{
	const struct lint_place here = { .scope_kind = scope->scope_kind,
		.scope = scope->scope };

	if (a->record_count > 0)
		qsort(a->records, a->record_count, sizeof *a->records,
		    compare_records);
	if (a->endpoint_count > 0)
		qsort(a->endpoints, a->endpoint_count, sizeof *a->endpoints,
		    compare_endpoints);
	check_neighbours(a, &here, sink);
	check_endpoints(a, &here, sink);
	check_amount(a, &here, sink);
}
