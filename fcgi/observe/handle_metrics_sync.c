/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics: syncs, sources and registries, from the database. */
#include "fcgi/observe/handle_metrics.h"

#include "lib/clock.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* ---- how long syncs took ---- */

/* The series that is being written. */
struct series {
	char *kind;
	char *source;
	int good; /* 1 success, 0 failure, -1 both together */
};

static void
series_free(struct series *s)
{
	free(s->kind);
	free(s->source);
	*s = (struct series){ .good = -1 };
}

/* Changes to the series of the row; false if it is the same. */
static bool
series_change(struct series *series, struct stmt *s)
{
	const char *kind = stmt_str(s, 0);
	const char *source = stmt_str(s, 1);
	int good = stmt_is_null(s, 2) ? -1 : (int)stmt_int(s, 2);

	if (series->kind != NULL && strcmp(series->kind, kind) == 0 &&
	    strcmp(series->source, source) == 0 && series->good == good)
		return false;
	series_free(series);
	series->kind = xstrdup(kind);
	series->source = xstrdup(source);
	series->good = good;
	return true;
}

static void
label_kind(struct exposition *m, const void *ctx)
{
	const struct series *s = ctx;

	exposition_label(m, "source_type", s->kind);
}

static void
label_source(struct exposition *m, const void *ctx)
{
	const struct series *s = ctx;

	exposition_label(m, "stacklok_component", "registry");
	exposition_label(m, "stacklok_product", "stacklok-platform");
	exposition_label(m, "source", s->source);
	exposition_label(m, "outcome", s->good == 1 ? "success" : "error");
}

static void
label_reload(struct exposition *m, const void *ctx)
{
	const struct series *s = ctx;

	exposition_label(m, "outcome", s->good == 1 ? "success" : "error");
}

static const struct durations {
	const char *name;
	const char *help;
	const char *what;
	bool by_kind; /* sum of all sources of a kind */
	bool by_outcome; /* successes and failures separately */
	void (*labels)(struct exposition *m, const void *ctx);
} durations[] = {
	{ "sync_duration_seconds",
	    "Time that attempts to sync a source took, by the kind of source.",
	    "sync", true, false, label_kind },
	{ "stacklok_registry_sync_duration_seconds",
	    "The same by source and outcome.", "sync", false, true,
	    label_source },
	{ "config_reload_duration_seconds",
	    "Time from a change of the configuration until it was in force; "
	    "with --watch.",
	    "reload", true, true, label_reload },
};

static int
add_durations(struct exposition *m, struct db *db, const struct durations *d,
    struct err *e)
{
	struct stmt *s = db_query(db, SQL_METRICS_DURATIONS,
	    ARGS(INT(d->by_outcome), STR(d->what), INT(d->by_kind)));
	struct series series = { .good = -1 };
	struct handle_metrics_histogram h = { .labels = d->labels,
		.ctx = &series };
	bool row;
	int rc = -1;

	exposition_family(m, d->name, EXPOSITION_HISTOGRAM, d->help);
	for (;;) {
		int64_t bound;

		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		if (series_change(&series, s)) {
			h.count = 0;
			h.us = 0;
		}
		bound = stmt_int(s, 3);
		h.us += stmt_int(s, 5);
		h.count += (uint64_t)stmt_int(s, 4);
		handle_metrics_bucket(m, &h, bound);
		/* The part without a bound is the last one, and always there.
		 */
		if (bound == INT64_MAX)
			handle_metrics_sum(m, &h);
	}
	rc = 0;
out:
	series_free(&series);
	return rc;
}

int
handle_metrics_sync_errors(
    struct exposition *m, struct exchange *x, struct err *e)
{
	struct stmt *s = db_stmt(x->db, SQL_METRICS_FAILURES);
	bool row;

	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		handle_metrics_begin(m, "");
		exposition_label(m, "error_type", stmt_str(s, 0));
		exposition_label(m, "area", "sync");
		exposition_int(m, stmt_int(s, 1));
	}
}

/* ---- sources ---- */

/* A row of metrics_sources. */
struct source {
	char *kind;
	char *name;
	int64_t interval_us; /* -1: not synced */
	bool failed;
	int64_t attempts;
	int64_t succeeded_us; /* CLOCK_NEVER: not yet */
	int64_t servers, skills, plugins, rejected;
};

struct sources {
	struct source *all;
	size_t count;
};

static void
sources_free(struct sources *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->all[i].kind);
		free(s->all[i].name);
	}
	free(s->all);
}

static int
load_sources(struct sources *out, struct db *db, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_METRICS_SOURCES);
	size_t room = 0;
	bool row;

	for (;;) {
		struct source *to;

		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		if (out->count == room) {
			room = room * 2 + 16;
			out->all =
			    xreallocarray(out->all, room, sizeof *out->all);
		}
		to = &out->all[out->count++];
		to->kind = xstrdup(stmt_str(s, 0));
		to->name = xstrdup(stmt_str(s, 1));
		to->interval_us = stmt_is_null(s, 2) ? -1 : stmt_int(s, 2);
		to->failed = strcmp(stmt_str(s, 3), "failed") == 0;
		to->attempts = stmt_int(s, 4);
		to->succeeded_us =
		    stmt_is_null(s, 5) ? CLOCK_NEVER : stmt_int(s, 5);
		to->servers = stmt_int(s, 6);
		to->skills = stmt_int(s, 7);
		to->plugins = stmt_int(s, 8);
		to->rejected = stmt_int(s, 9);
	}
}

/* Families with one number for each source. */
static const struct {
	const char *name;
	const char *help;
	size_t member; /* an int64_t of struct source */
} numbers[] = {
	{ "stacklok_registry_servers", "Versions of servers, by source.",
	    offsetof(struct source, servers) },
	{ "stacklok_registry_skills", "Versions of skills, by source.",
	    offsetof(struct source, skills) },
	{ "stacklok_registry_plugins", "Versions of plugins, by source.",
	    offsetof(struct source, plugins) },
	{ "thv_registry_source_rejected_entries",
	    "Entries rejected because they break a rule, by source.",
	    offsetof(struct source, rejected) },
	{ "thv_registry_source_failed_attempts",
	    "Failed attempts since the last successful one, by source.",
	    offsetof(struct source, attempts) },
};

static void
add_numbers(struct exposition *m, const struct sources *s)
{
	for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
		bool ours = strncmp(numbers[n].name, "thv_", 4) == 0;

		exposition_family(
		    m, numbers[n].name, EXPOSITION_GAUGE, numbers[n].help);
		for (size_t i = 0; i < s->count; i++) {
			const char *at = (const char *)&s->all[i];
			int64_t value;

			memcpy(&value, at + numbers[n].member, sizeof value);
			if (ours)
				exposition_begin(m, "");
			else
				handle_metrics_begin(m, "");
			exposition_label(m, "source", s->all[i].name);
			exposition_int(m, value);
		}
	}
}

/* The name ends in _count, which promtool allows no gauge: so it has no type.
 */
static void
add_server_counts(struct exposition *m, const struct sources *s)
{
	int64_t sum = 0;

	exposition_family(m, "sync_server_count", EXPOSITION_UNTYPED,
	    "Versions of servers, by the kind of source.");
	for (size_t i = 0; i < s->count; i++) {
		sum += s->all[i].servers;
		if (i + 1 < s->count &&
		    strcmp(s->all[i + 1].kind, s->all[i].kind) == 0)
			continue;
		exposition_begin(m, "");
		exposition_label(m, "source_type", s->all[i].kind);
		exposition_int(m, sum);
		sum = 0;
	}
}

static int64_t
age(int64_t since_us)
{
	int64_t us;

	if (__builtin_sub_overflow(clock_now(), since_us, &us))
		return since_us < 0 ? INT64_MAX : 0;
	return us < 0 ? 0 : us;
}

/* Only sources that are synced have these. */
static void
add_states(struct exposition *m, const struct sources *s)
{
	exposition_family(m, "thv_registry_source_up", EXPOSITION_GAUGE,
	    "0 if the last attempt to sync the source failed.");
	for (size_t i = 0; i < s->count; i++) {
		if (s->all[i].interval_us < 0)
			continue;
		exposition_begin(m, "");
		exposition_label(m, "source", s->all[i].name);
		exposition_int(m, !s->all[i].failed);
	}
	exposition_family(m, "thv_registry_source_interval_seconds",
	    EXPOSITION_GAUGE, "How often the source is to be synced.");
	for (size_t i = 0; i < s->count; i++) {
		if (s->all[i].interval_us < 0)
			continue;
		exposition_begin(m, "");
		exposition_label(m, "source", s->all[i].name);
		exposition_seconds(m, s->all[i].interval_us);
	}
	exposition_family(m, "thv_registry_source_last_success_age_seconds",
	    EXPOSITION_GAUGE,
	    "Time since the last successful sync; missing before the first.");
	for (size_t i = 0; i < s->count; i++) {
		if (s->all[i].interval_us < 0 ||
		    s->all[i].succeeded_us == CLOCK_NEVER)
			continue;
		exposition_begin(m, "");
		exposition_label(m, "source", s->all[i].name);
		exposition_seconds(m, age(s->all[i].succeeded_us));
	}
}

static int
add_sources(struct exposition *m, struct db *db, struct err *e)
{
	struct sources s = { NULL, 0 };
	int rc = -1;

	if (load_sources(&s, db, e) == -1)
		goto out;
	add_server_counts(m, &s);
	add_numbers(m, &s);
	add_states(m, &s);
	rc = 0;
out:
	sources_free(&s);
	return rc;
}

/* ---- registries ---- */

/* One column of metrics_registries as an age. */
static int
add_ages(struct exposition *m, struct db *db, const char *name,
    const char *help, int column, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_METRICS_REGISTRIES);
	bool row;

	exposition_family(m, name, EXPOSITION_GAUGE, help);
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		if (stmt_is_null(s, column))
			continue;
		exposition_begin(m, "");
		exposition_label(m, "registry", stmt_str(s, 0));
		exposition_seconds(m, age(stmt_int(s, column)));
	}
}

int
handle_metrics_sync(struct exposition *m, struct exchange *x, struct err *e)
{
	for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++)
		if (add_durations(m, x->db, &durations[i], e) == -1)
			return -1;
	if (add_sources(m, x->db, e) == -1 ||
	    add_ages(m, x->db, "thv_registry_data_age_seconds",
		"Greatest possible age of what the registry serves: time since "
		"the oldest of the last successful syncs of its sources.",
		2, e) == -1)
		return -1;
	return add_ages(m, x->db, "thv_registry_last_change_age_seconds",
	    "Time since anything that the registry serves changed.", 1, e);
}
