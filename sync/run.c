/* SPDX-License-Identifier: Apache-2.0 */
/* A run: opening it, loading its sources, and closing it. */
#include "sync/run.h"

#include "lib/clock.h"
#include "lib/lockfile.h"
#include "lib/log/log.h"
#include "lib/store/database.h"
#include "lib/store/instant.h"
#include "lib/xalloc.h"
#include "sync/dry_run.h"
#include "sync/fetch/fetch_cache.h"
#include "sync/fetch/fetch_process.h"
#include "sync/layout.h"
#include "sync/stop.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_MODE 0700
/* With --watch, the interval of a source that is due at every run. */
#define ALWAYS_DUE_US (60 * CLOCK_SECOND)

/* ---- the configuration and its sources ---- */

static bool
is_named(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->name_count; i++)
		if (strcmp(o->names[i], name) == 0)
			return true;
	return false;
}

static struct run_source *
find(struct run_source *sources, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(sources[i].conf->name, name) == 0)
			return &sources[i];
	return NULL;
}

/* Moves the running fetch of ${before} to ${s} if both have one identity. */
static void
keep_fetch(struct run_source *s, struct run_source *before)
{
	char *identity = conf_source_identity(s->conf);

	if (strcmp(identity, before->job.identity) == 0) {
		s->child = before->child;
		s->sent = before->sent;
		s->since_us = before->since_us;
		s->deadline_us = before->deadline_us;
		s->outcome.started_us = before->outcome.started_us;
		before->child = NULL;
	}
	free(identity);
}

static void
free_sources(struct run *r, struct run_source *sources, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		run_fetch_kill(r, &sources[i]);
		source_job_free(&sources[i].job);
		watch_state_free(&sources[i].local);
	}
	free(sources);
}

void
run_set_conf(struct run *r, struct conf *conf)
{
	struct conf *earlier_conf = r->conf;
	struct run_source *earlier = r->sources;
	size_t count = r->source_count;

	r->conf = conf;
	r->sources = xcalloc(conf->source_count, sizeof *r->sources);
	r->source_count = 0;
	for (size_t i = 0; i < conf->source_count; i++) {
		const struct conf_source *c = &conf->sources[i];
		struct run_source *s = &r->sources[r->source_count];
		struct run_source *before = find(earlier, count, c->name);

		if (r->options->name_count > 0 &&
		    !is_named(r->options, c->name))
			continue;
		r->source_count++;
		s->conf = c;
		snprintf(
		    s->outcome.name, sizeof s->outcome.name, "%s", c->name);
		s->outcome.kind = source_kind_name(c->kind);
		s->outcome.result = SYNC_SKIPPED;
		if (before != NULL && before->child != NULL)
			keep_fetch(s, before);
		if (r->watch != NULL)
			watch_source(&s->local,
			    before == NULL ? NULL : &before->local, c);
	}
	free_sources(r, earlier, count);
	conf_free(earlier_conf);
	r->loaded = false;
}

int
run_init(struct run *r, struct conf *conf, struct err *e)
{
	const struct options *o = r->options;

	r->lock = -1;
	r->triggered = o->watch ? NULL : getenv("THV_REGISTRY_RUN_ID");
	if (o->watch)
		r->watch = watch_new(o->config);
	run_set_conf(r, conf);
	for (size_t i = 0; i < o->name_count; i++) {
		if (find(r->sources, r->source_count, o->names[i]) == NULL) {
			err_set(e, ERR_CONFIG,
			    "no source called '%s' is configured in %s",
			    o->names[i], conf->file);
			return -1;
		}
	}
	/* Local sources may have changed while no process watched them. */
	for (size_t i = 0; i < r->source_count; i++)
		if (r->sources[i].local.path != NULL)
			r->sources[i].local.changed = true;
	return 0;
}

void
run_free(struct run *r)
{
	free_sources(r, r->sources, r->source_count);
	watch_free(r->watch);
	conf_free(r->conf);
	memset(r, 0, sizeof *r);
}

/* ---- opening ---- */

/* The directory for repositories and spool files, next to the database. */
static int
make_cache_dir(char **out, const char *database, struct err *e)
{
	char *copy = xstrdup(database);
	char *dir = xasprintf("%s/cache", dirname(copy));
	int rc = -1;

	if (mkdir(dir, CACHE_MODE) == -1 && errno != EEXIST) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", dir);
		goto out;
	}
	*out = dir;
	dir = NULL;
	rc = 0;
out:
	free(copy);
	free(dir);
	return rc;
}

/* For a dry run: a private copy of the database, or an empty one. */
static int
open_copies(struct run *r, struct err *e)
{
	const char *path = r->conf->database_path;
	bool missing = access(path, F_OK) == -1 && errno == ENOENT;

	/* After an error, too, run_close() closes the database. */
	if (db_open_copy(&r->context.db, path, e) == -1 ||
	    (!missing && db_copy_in(r->context.db, path, e) == -1))
		return -1;
	if (database_set_up(r->context.db, e) == -1) {
		err_wrap(e, "%s", path);
		return -1;
	}
	if (dry_run_make_cache(&r->cache_dir, e) == -1)
		return -1;
	if (missing)
		log_message(LOG_LEVEL_WARN,
		    "dry run without a database: everything is new", path);
	return 0;
}

static int
open_stored(struct run *r, struct err *e)
{
	const char *path = r->conf->database_path;

	if (lockfile_adopt(&r->lock, path, e) == -1 ||
	    make_cache_dir(&r->cache_dir, path, e) == -1 ||
	    database_open(&r->context.db, path, e) == -1)
		return -1;
	return database_recover(r->context.db, e);
}

/* The sync continues; the order of changes stays correct. */
static void
warn_of_clock(struct db *db)
{
	char text[2 * CLOCK_TEXT_SIZE + 32] = "last change ";
	struct instant at;
	struct err ignored = ERR_INIT;
	size_t len = strlen(text);

	if (instant_get(&at, db, &ignored) == -1 || !instant_is_ahead(&at))
		return;
	len += clock_format(text + len, at.changed);
	len += (size_t)snprintf(text + len, sizeof text - len, ", clock ");
	clock_format(text + len, at.now);
	log_message(LOG_LEVEL_WARN,
	    "the last change in the database is in the future: check the "
	    "clock",
	    text);
}

static void
show_work(void *ctx, const char *source, const struct fetch_progress *fetched,
    int64_t entries, int64_t expected)
{
	const struct run *r = ctx;
	const struct run_progress p = { .source = source,
		.fetched = fetched,
		.entries = entries,
		.expected = expected,
		.since_us = r->work_us,
		.in_flight = r->fetching };

	report_progress(r->reporter, &p);
}

int
run_open(struct run *r, struct err *e)
{
	r->open = true;
	r->expired = r->interrupted = false;
	r->attempts = 0;
	r->started_us = clock_now();
	r->context =
	    (struct source_context){ .progress = show_work, .progress_ctx = r };
	run_trace_start(r);
	if ((r->options->dry_run ? open_copies(r, e) : open_stored(r, e)) == -1)
		return -1;
	r->context.cache_dir = r->cache_dir;
	run_set_deadline(r);
	warn_of_clock(r->context.db);
	return 0;
}

/* ---- loading ---- */

static int
store_configuration(struct run *r, struct err *e)
{
	struct db *db = r->context.db;
	int rc = -1;

	if (db_begin_write(db, e) == -1 || layout_store(db, r->conf, e) == -1 ||
	    db_commit(db, e) == -1)
		goto out;
	rc = 0;
out:
	if (rc == -1)
		db_rollback(db);
	return rc;
}

/* Reports why a requested source is not synced before ${until_us}. */
static void
report_skipped(const struct run *r, struct run_source *s, const char *why,
    int64_t until_us)
{
	char until[CLOCK_TEXT_SIZE];

	clock_format(until, until_us);
	snprintf(s->outcome.note, sizeof s->outcome.note, "%s; due at %s", why,
	    until);
	report_outcome(r->reporter, &s->outcome);
}

/*
 * Skips a source that was fetched very recently: triggers, which any client may
 * be allowed to send, must not overload an upstream.
 */
static int
skip_within_pause(const struct run *r, struct run_source *s, struct err *e)
{
	const int64_t pause_us = r->conf->trigger_pause_ns / 1000;
	struct source_job *job = &s->job;

	if (!source_job_is_in_pause(job, pause_us, clock_now()))
		return 0;
	job->due = job->force = false;
	if (job->state.due_us > job->state.tried_us + pause_us)
		job->state.due_us = job->state.tried_us + pause_us;
	report_skipped(
	    r, s, "fetched less than trigger.minPause ago", job->state.due_us);
	return state_due_by(r->context.db, job->id, job->state.due_us, e);
}

static int
load_source(struct run *r, struct run_source *s, struct err *e)
{
	const struct options *o = r->options;
	struct source_job *job = &s->job;
	bool named = is_named(o, s->conf->name);
	/* A trigger that names no source requests all of them. */
	bool requested =
	    named || o->force || (r->triggered != NULL && o->name_count == 0);

	source_job_free(job);
	if (source_job_load(job, &r->context, s->conf, requested, o->force,
		clock_now(), e) == -1)
		return -1;
	job->confirmed = o->force && named;
	job->due = job->due || s->child != NULL;
	s->outcome.counts = job->state.counts;
	memcpy(s->outcome.hash, job->state.validators.hash, FETCH_HASH_SIZE);
	if (requested && job->waits)
		report_skipped(r, s,
		    "the server asked for a pause (Retry-After; --force "
		    "ignores it)",
		    job->state.retry_us);
	return r->triggered == NULL ? 0 : skip_within_pause(r, s, e);
}

int
run_load(struct run *r, struct err *e)
{
	struct err ignored = ERR_INIT;

	r->context.conf = r->conf;
	if (store_configuration(r, e) == -1)
		return -1;
	for (size_t i = 0; i < r->source_count; i++)
		if (load_source(r, &r->sources[i], e) == -1)
			return -1;
	/* A cache that cannot be removed only costs space. */
	if (!r->options->dry_run &&
	    fetch_cache_prune(r->cache_dir, r->conf, &ignored) == -1)
		report_step(r->reporter, NULL, ignored.text);
	r->loaded = true;
	db_stop_on(r->context.db, stop_flag());
	/* The client that triggered the run looks for it in the status. */
	return r->triggered == NULL ? 0 : run_record_start(r, e);
}

/* ---- working and closing ---- */

void
run_set_deadline(struct run *r)
{
	int64_t us = r->conf->deadline_ns / 1000;
	int64_t now = clock_monotonic();

	r->deadline_us = us > 0 && us < INT64_MAX - now ? now + us : INT64_MAX;
}

int
run_attempted(struct run *r, struct run_source *s, struct err *e)
{
	r->attempts++;
	run_record_add(r, &s->outcome);
	report_outcome(r->reporter, &s->outcome);
	if (stop_requested())
		return 0;
	return source_job_reload(&s->job, r->context.db, e);
}

/* Sets when the next run starts: as soon as a source is due. */
static void
schedule(struct run *r)
{
	int64_t now = clock_now(), due;

	r->next_us = INT64_MAX;
	for (size_t i = 0; i < r->source_count; i++) {
		const struct run_source *s = &r->sources[i];

		if (!source_kind_is_synced(s->conf->kind))
			continue;
		due = s->job.state.due_us;
		if (s->conf->interval_ns <= 0)
			due = now + ALWAYS_DUE_US;
		if (due < r->next_us)
			r->next_us = due;
	}
}

int
run_finish(struct run *r, struct err *e)
{
	struct err why = ERR_INIT;

	if (!stop_requested() && run_record_expire(r, e) == -1 &&
	    !stop_requested())
		return -1;
	db_stop_on(r->context.db, NULL);
	if (stop_requested()) {
		r->interrupted = true;
		err_set(&why, ERR_FETCH, "interrupted");
		if (run_fetch_fail_all(r, &why, e) == -1)
			return -1;
	}
	schedule(r);
	if (!r->recorded)
		return 0;
	if (run_record_finish(r, e) == -1)
		return -1;
	db_checkpoint(r->context.db);
	return 0;
}

void
run_close(struct run *r, bool failed)
{
	/* A failed run could not write a record. */
	if (failed && r->lock != -1)
		lockfile_note(r->lock, r->started_us);
	for (size_t i = 0; i < r->source_count; i++) {
		run_fetch_kill(r, &r->sources[i]);
		source_job_free(&r->sources[i].job);
	}
	fetch_process_reap();
	r->ended_us = clock_now();
	run_record_drop(r);
	if (r->context.db != NULL)
		db_rollback(r->context.db);
	db_close(r->context.db);
	r->context.db = NULL;
	if (r->lock != -1)
		close(r->lock);
	r->lock = -1;
	if (r->options->dry_run)
		dry_run_remove_cache(r->cache_dir);
	free(r->cache_dir);
	r->cache_dir = NULL;
	report_clear(r->reporter);
	run_trace_end();
	r->open = r->loaded = false;
}
