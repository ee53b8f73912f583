/* SPDX-License-Identifier: Apache-2.0 */
/* Noticing changes of local files, and loading a changed configuration. */
#include "sync/watch.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/log/log.h"
#include "lib/store/database.h"
#include "lib/store/duration_totals.h"
#include "lib/xalloc.h"
#include "sync/fetch/file_list.h"
#include "sync/kinds/kind.h"
#include "sync/run.h"
#include "sync/stop.h"
#include "sync/watch_paths.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTLE (CLOCK_SECOND / 5) /* check this long after the last event */
#define SETTLE_MAX CLOCK_SECOND /* and at most this long after the first */
#define POLL_GAP (2 * CLOCK_SECOND) /* interval if inotify misses changes */
#define POLL (60 * CLOCK_SECOND) /* else, for network file systems */
#define TICK (CLOCK_SECOND / 20) /* file times are at least this precise */
#define SETTING_MAX 1024

struct watch {
	struct watch_state config;
	struct watch_paths *paths;
	const char *gap; /* watch_paths_gap(), as logged last */
	/* All monotonic; INT64_MAX: none. */
	int64_t first_us; /* the first event since the last check */
	int64_t settled_us; /* when to check after events */
	int64_t poll_us; /* when to check without events */
	/* The last reload, until it is recorded. */
	bool pending;
	bool failed;
	int64_t failures;
	int64_t at_us; /* clock_now() */
	int64_t noticed_us;
	int64_t took_us;
};

/* ---- the state of files ---- */

/* The generation of a mounted ConfigMap; else "". */
static char *
generation_of(const char *path)
{
	char *link = xasprintf("%s/..data", path);
	char target[LIMIT_PATH];
	ssize_t n = readlink(link, target, sizeof target);

	free(link);
	return xstrndup(target, n > 0 ? (size_t)n : 0);
}

/*
 * A text that changes when the files do.  NULL right after a change, because a
 * second change could leave the same file times.
 */
static char *
state_of(const char *path)
{
	int64_t now = clock_now();
	struct file_list list = { 0 };
	struct err e = ERR_INIT;
	char *state = NULL, *generation;

	if (file_list_read(&list, AT_FDCWD, path, &e) == -1) {
		generation = generation_of(path);
		state = xasprintf("%s %s", e.text, generation);
		free(generation);
		return state;
	}
	if (!file_list_touched_since(&list, now - TICK))
		state = file_list_identity(&list);
	file_list_free(&list);
	return state;
}

/* Whether ${s} has changed, or may have, since the last call. */
static bool
has_changed(struct watch_state *s)
{
	char *state = state_of(s->path);
	bool changed =
	    state == NULL || s->state == NULL || strcmp(state, s->state) != 0;

	free(s->state);
	s->state = state;
	return changed;
}

void
watch_source(struct watch_state *out, struct watch_state *before,
    const struct conf_source *conf)
{
	if (conf->kind->watched != NULL)
		out->path = conf->kind->watched(conf);
	if (out->path == NULL)
		return;
	if (before != NULL && before->path != NULL &&
	    strcmp(before->path, out->path) == 0) {
		out->state = before->state;
		out->changed = before->changed;
		before->state = NULL;
	} else {
		out->state = state_of(out->path);
	}
}

void
watch_state_free(struct watch_state *s)
{
	free(s->path);
	free(s->state);
	memset(s, 0, sizeof *s);
}

/* ---- checking ---- */

struct watch *
watch_new(const char *config)
{
	struct watch *w = xcalloc(1, sizeof *w);

	w->config.path = xstrdup(config);
	w->config.state = state_of(config);
	w->first_us = w->settled_us = INT64_MAX;
	w->pending = true;
	w->at_us = clock_now();
	w->noticed_us = clock_monotonic();
	w->poll_us = w->noticed_us;
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	watch_paths_free(w->paths);
	watch_state_free(&w->config);
	free(w);
}

int
watch_fd(const struct watch *w)
{
	return w->paths == NULL ? -1 : watch_paths_fd(w->paths);
}

int64_t
watch_next(const struct watch *w)
{
	return w->settled_us < w->poll_us ? w->settled_us : w->poll_us;
}

static void
note_events(struct watch *w, int64_t now)
{
	if (w->paths == NULL || !watch_paths_drain(w->paths))
		return;
	if (w->first_us == INT64_MAX)
		w->first_us = now;
	w->settled_us = now + SETTLE;
	if (w->settled_us > w->first_us + SETTLE_MAX)
		w->settled_us = w->first_us + SETTLE_MAX;
}

/*
 * Watches the paths of the present configuration, resolving links again.  Both
 * watches overlap, so that no change goes unnoticed between them.
 */
static void
renew_paths(struct watch *w, const struct run *r)
{
	char **paths = xcalloc(r->source_count + 1, sizeof *paths);
	struct watch_paths *renewed;
	size_t count = 0;
	const char *gap;

	paths[count++] = w->config.path;
	for (size_t i = 0; i < r->source_count; i++)
		if (r->sources[i].local.path != NULL)
			paths[count++] = r->sources[i].local.path;
	renewed = watch_paths_new(paths, count);
	free(paths);
	note_events(w, clock_monotonic());
	watch_paths_free(w->paths);
	w->paths = renewed;
	gap = watch_paths_gap(w->paths);
	if (gap != NULL && gap != w->gap)
		log_message(
		    LOG_LEVEL_WARN, "polling for changes every 2 s", gap);
	w->gap = gap;
}

static void
keep_database(struct conf *conf, const struct conf *old)
{
	if (strcmp(conf->database_path, old->database_path) == 0)
		return;
	log_message(LOG_LEVEL_WARN,
	    "database.path has changed; the change takes effect at a restart",
	    NULL);
	free(conf->database_path);
	conf->database_path = xstrdup(old->database_path);
}

/* Loads the configuration, or reports that it is invalid. */
static void
reload(struct watch *w, struct run *r, int64_t noticed_us)
{
	struct conf *conf = NULL;
	struct err e = ERR_INIT;

	w->pending = true;
	w->noticed_us = noticed_us;
	w->at_us = clock_now();
	w->failed = conf_load(&conf, w->config.path, &e) == -1;
	report_messages(r->reporter, conf);
	if (w->failed) {
		w->failures++;
		w->took_us = clock_monotonic() - noticed_us;
		log_message(LOG_LEVEL_ERROR,
		    "invalid configuration; keeping the previous one", e.text);
		conf_free(conf);
		return;
	}
	keep_database(conf, r->conf);
	run_set_conf(r, conf);
	renew_paths(w, r);
}

void
watch_check(struct watch *w, struct run *r)
{
	bool requested = stop_reload_requested();
	int64_t now = clock_monotonic();
	int64_t noticed;

	note_events(w, now);
	if (!requested && now < watch_next(w))
		return;
	noticed = w->first_us < now ? w->first_us : now;
	w->first_us = w->settled_us = INT64_MAX;
	/* Watch before checking: a change in between raises an event. */
	renew_paths(w, r);
	if (has_changed(&w->config) || requested) {
		reload(w, r, noticed);
		r->next_us = 0;
	}
	for (size_t i = 0; i < r->source_count; i++) {
		struct watch_state *s = &r->sources[i].local;

		if (s->path != NULL && has_changed(s)) {
			s->changed = true;
			r->next_us = 0;
		}
	}
	w->poll_us = clock_monotonic() + (w->gap == NULL ? POLL : POLL_GAP);
}

/* ---- the record of a reload ---- */

static void
log_loaded(const struct watch *w, const struct conf *conf)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_INFO, "configuration loaded");
	log_int(&l, "sources", (int64_t)conf->source_count);
	log_int(&l, "registries", (int64_t)conf->registry_count);
	log_seconds(&l, "seconds", w->took_us);
	log_end(&l);
}

static char *
describe_reload(const struct watch *w)
{
	struct buf text = BUF_INIT(SETTING_MAX);
	struct json_out j = JSON_OUT_INIT(&text);
	char seconds[40];
	int len = snprintf(seconds, sizeof seconds, "%.6f",
	    (double)w->took_us / (double)CLOCK_SECOND);

	json_out_open(&j, '{');
	json_out_key(&j, "at");
	json_out_time(&j, w->at_us);
	json_out_key(&j, "durationSeconds");
	json_out_raw(&j, seconds, (size_t)len);
	json_out_member_str(&j, "result", w->failed ? "failure" : "success");
	json_out_member_int(&j, "failures", w->failures);
	json_out_close(&j, '}');
	return buf_take(&text);
}

int
watch_record(struct watch *w, const struct run *r, struct err *e)
{
	struct db *db = r->context.db;
	char *text;
	int rc = -1;

	if (!w->pending)
		return 0;
	if (!w->failed) {
		w->took_us = clock_monotonic() - w->noticed_us;
		log_loaded(w, r->conf);
	}
	text = describe_reload(w);
	if (database_set(db, "config_reload", text, e) == -1 ||
	    duration_totals_add_reload(db,
		w->failed ? DURATION_UNKNOWN : DURATION_SUCCESS, w->took_us,
		e) == -1)
		goto out;
	w->pending = false;
	rc = 0;
out:
	free(text);
	return rc;
}
