/* SPDX-License-Identifier: Apache-2.0 */
/* A run from the lock to the last record. */
#include "sync/run_private.h"

#include "lib/clock.h"
#include "lib/lockfile.h"
#include "lib/log/log.h"
#include "lib/store/database.h"
#include "lib/store/instant.h"
#include "lib/store/reconcile.h"
#include "lib/store/tombstone.h"
#include "lib/trace.h"
#include "lib/xalloc.h"
#include "sync/dry_run.h"
#include "sync/fetch/fetch_cache.h"
#include "sync/fetch/fetch_process.h"
#include "sync/lock.h"
#include "sync/stop.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_MODE 0700
/* A source that is due at every run is due so often while someone watches. */
#define ALWAYS_DUE_US (60 * CLOCK_SECOND)

static bool
is_asked_for(const struct run_options *o, const char *name)
{
	for (size_t i = 0; i < o->name_count; i++)
		if (strcmp(o->names[i], name) == 0)
			return true;
	return false;
}

static int
check_names(const struct run_options *o, struct err *e)
{
	for (size_t i = 0; i < o->name_count; i++) {
		size_t at = 0;

		while (at < o->conf->source_count &&
		       strcmp(o->conf->sources[at].name, o->names[i]) != 0)
			at++;
		if (at == o->conf->source_count) {
			err_set(e, ERR_CONFIG,
			    "no source called '%s' is configured in %s",
			    o->names[i], o->conf->file);
			return -1;
		}
	}
	return 0;
}

/* The directory for repositories and spool files, beside the database. */
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

static int
choose_run_id(struct run *r, struct err *e)
{
	if (r->options->run_id == NULL)
		return run_id_make(r->run_id, e);
	snprintf(r->run_id, sizeof r->run_id, "%s", r->options->run_id);
	return 0;
}

static int
open_copies(struct db **db, char **cache_dir, const char *path, struct err *e)
{
	bool missing;

	if (dry_run_open(db, &missing, path, e) == -1 ||
	    dry_run_make_cache(cache_dir, e) == -1)
		return -1;
	if (missing)
		log_message(LOG_LEVEL_WARN,
		    "dry run without a database: everything is new", path);
	return 0;
}

/* The lock, the directory and the database that a run changes. */
static int
open_stored(struct db **db, char **cache_dir, int *lock, const char *path,
    struct err *e)
{
	if (lock_take(lock, path, e) == -1 ||
	    make_cache_dir(cache_dir, path, e) == -1)
		return -1;
	return database_open(db, path, e);
}

/* Dates stay those of the clock; only the order of changes continues. */
static void
warn_of_clock(const struct run *r)
{
	char text[2 * CLOCK_TEXT_SIZE + 32] = "last change ";
	struct instant at;
	struct err ignored = ERR_INIT;
	size_t len = strlen(text);

	if (instant_take(&at, r->context.db, &ignored) == -1 ||
	    !instant_is_ahead(&at))
		return;
	len += clock_format(text + len, at.changed);
	len += (size_t)snprintf(text + len, sizeof text - len, ", clock ");
	clock_format(text + len, at.now);
	log_message(LOG_LEVEL_WARN,
	    "the last change in the database is in the future: check the "
	    "clock",
	    text);
}

static int
let_note(const struct run *r, struct err *e)
{
	const struct run_watch *watch = r->options->watch;

	return watch == NULL ? 0 : watch->note(watch->ctx, r->context.db, e);
}

static int
bring_in_configuration(struct run *r, struct err *e)
{
	struct db *db = r->context.db;
	bool changed;

	if (db_begin_write(db, e) == -1 ||
	    reconcile(db, r->conf, &changed, e) == -1)
		goto fail;
	if (db_commit(db, e) == -1 || let_note(r, e) == -1)
		goto fail;
	return 0;
fail:
	db_rollback(db);
	return -1;
}

void
run_step(const struct run *r, const char *source, const char *what)
{
	if (r->options->step != NULL)
		r->options->step(r->options->ctx, source, what);
}

/* ---- jobs ---- */

ssize_t
run_find_job(const struct run *r, const char *name)
{
	for (size_t i = 0; i < r->report->count; i++)
		if (strcmp(r->jobs[i].conf->name, name) == 0)
			return (ssize_t)i;
	return -1;
}

static void
free_jobs(struct source_job *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		source_job_free(&jobs[i]);
	free(jobs);
}

/* Says why a source that was asked for is not synced. */
static void
report_waiting(const struct run *r, const struct source_job *job,
    struct source_outcome *out)
{
	char until[CLOCK_TEXT_SIZE];

	clock_format(until, job->state.retry_us);
	snprintf(out->note, sizeof out->note,
	    "the server asked for a pause until %s (Retry-After); --force "
	    "ignores it",
	    until);
	if (r->options->outcome != NULL)
		r->options->outcome(r->options->ctx, out);
}

/*
 * Skips a source that was fetched just now: a triggered run may come from
 * anyone, and must not overload an upstream.
 */
static int
skip_within_pause(const struct run *r, struct source_job *job,
    struct source_outcome *out, struct err *e)
{
	const int64_t pause_us = r->conf->trigger_pause_ns / 1000;
	char until[CLOCK_TEXT_SIZE];

	if (!source_job_is_in_pause(job, pause_us, clock_now()))
		return 0;
	job->due = job->force = false;
	if (job->state.due_us > job->state.tried_us + pause_us)
		job->state.due_us = job->state.tried_us + pause_us;
	clock_format(until, job->state.due_us);
	snprintf(out->note, sizeof out->note,
	    "fetched less than trigger.minPause ago; due again at %s", until);
	if (r->options->outcome != NULL)
		r->options->outcome(r->options->ctx, out);
	return state_hasten(r->context.db, job->id, job->state.due_us, e);
}

static int
load_job(struct run *r, const struct conf_source *c, struct err *e)
{
	const struct run_options *o = r->options;
	struct run_report *report = r->report;
	struct source_job *job = &r->jobs[report->count];
	struct source_outcome *out = &report->outcomes[report->count];
	/* Who triggers a run without naming a source wants all of them now. */
	bool all = o->force || (o->run_id != NULL && o->name_count == 0);
	bool asked =
	    all || is_asked_for(o, c->name) ||
	    (o->watch != NULL && o->watch->is_urgent(o->watch->ctx, c->name));

	report->count++;
	out->name = c->name;
	out->kind = source_kind_name(c->kind);
	out->result = SYNC_SKIPPED;
	if (source_job_load(job, r->context.db, c, r->conf->max_meta_size,
		asked, o->force, clock_now(), e) == -1)
		return -1;
	job->confirmed = o->force && is_asked_for(o, c->name);
	out->counts = job->state.counts;
	memcpy(out->hash, job->state.validators.hash, FETCH_HASH_SIZE);
	if (asked && job->waits)
		report_waiting(r, job, out);
	return o->run_id == NULL ? 0 : skip_within_pause(r, job, out, e);
}

/* Loads the sources asked for, in the order of the file. */
static int
load_jobs(struct run *r, struct err *e)
{
	const struct conf *conf = r->conf;

	r->report->count = 0;
	r->jobs = xcalloc(conf->source_count, sizeof *r->jobs);
	r->report->outcomes =
	    xcalloc(conf->source_count, sizeof *r->report->outcomes);
	for (size_t i = 0; i < conf->source_count; i++) {
		const struct conf_source *c = &conf->sources[i];

		if (r->options->name_count > 0 &&
		    !is_asked_for(r->options, c->name))
			continue;
		if (load_job(r, c, e) == -1)
			return -1;
	}
	return 0;
}

/* A cache that stays costs space alone. */
static void
prune_cache(struct run *r)
{
	struct err e = ERR_INIT;

	if (!r->options->dry_run &&
	    fetch_cache_prune(r->context.cache_dir, r->conf, &e) == -1)
		run_step(r, NULL, e.text);
}

int
run_take_conf(struct run *r, const struct conf *conf, struct err *e)
{
	free_jobs(r->jobs, r->report->count);
	free(r->report->outcomes);
	r->jobs = NULL;
	r->report->outcomes = NULL;
	r->report->count = 0;
	r->conf = conf;
	r->context.conf = conf;
	r->context.max_meta_size = conf->max_meta_size;
	run_step(r, NULL, "taking a changed configuration");
	if (bring_in_configuration(r, e) == -1 || load_jobs(r, e) == -1)
		return -1;
	run_flight_drop_strangers(r);
	prune_cache(r);
	return 0;
}

static void
remember(struct run *r, const struct source_outcome *outcome)
{
	if (r->history_count == r->history_room) {
		r->history_room = r->history_room * 2 + 8;
		r->history = xreallocarray(
		    r->history, r->history_room, sizeof *r->history);
	}
	r->history[r->history_count++] = *outcome;
}

int
run_ended(struct run *r, size_t index, struct err *e)
{
	const struct source_outcome *outcome = &r->report->outcomes[index];
	struct source_job *job = &r->jobs[index];

	r->report->tried++;
	remember(r, outcome);
	if (r->options->outcome != NULL)
		r->options->outcome(r->options->ctx, outcome);
	if (stop_requested())
		return 0;
	return source_job_again(job, r->context.db, e);
}

/* ---- the record ---- */

/*
 * Whoever reads the log, or is asked for a document, can tell which run it was
 * for.  There is one at a time.
 */
static void
begin_trace(const struct run_options *o)
{
	static struct trace trace;
	static struct log_field fields[2];

	/* Who watches is not part of what started it. */
	if (o->watch != NULL || !trace_parse(&trace, getenv(TRACE_ENVIRONMENT)))
		trace_begin(&trace);
	fields[0] = (struct log_field){ "trace_id", trace.id, TRACE_ID_LEN };
	fields[1] = (struct log_field){ "parent_id",
		trace.parent[0] == '\0' ? NULL : trace.parent, TRACE_SPAN_LEN };
	log_set_fields(fields, 2);
	trace_set_current(&trace);
}

static void
end_trace(void)
{
	trace_set_current(NULL);
	log_set_fields(NULL, 0);
}

int
run_record(struct run *r, struct err *e)
{
	if (r->recorded)
		return 0;
	if (choose_run_id(r, e) == -1 ||
	    state_run_start(&r->context.run, r->context.db, r->run_id,
		r->options->run_id != NULL, e) == -1)
		return -1;
	r->recorded = true;
	return 0;
}

static bool
has_removed(const struct run *r)
{
	for (size_t i = 0; i < r->history_count; i++)
		if (r->history[i].counts.removed > 0)
			return true;
	return false;
}

/* Deletes tombstones that are old enough, or too many. */
static int
expire(struct run *r, struct err *e)
{
	struct db *db = r->context.db;
	const int64_t before = clock_now() - r->conf->tombstone_ns / 1000;
	const int64_t most = has_removed(r) ? LIMIT_TOMBSTONES : TOMBSTONE_ANY;
	char text[64];
	int64_t excess;
	int rc = -1;

	if (db_begin_write(db, e) == -1)
		return -1;
	if (tombstone_expire(&excess, db, before, most, e) == -1 ||
	    db_commit(db, e) == -1)
		goto out;
	if (excess > 0) {
		snprintf(text, sizeof text, "%" PRId64 "; a source may have %d",
		    excess, LIMIT_TOMBSTONES);
		log_message(LOG_LEVEL_WARN,
		    "too many removed entries: deleted the oldest", text);
	}
	rc = 0;
out:
	db_rollback(db);
	return rc;
}

static int
finish_record(struct run *r, struct err *e)
{
	struct db *db = r->context.db;
	int rc = -1;

	if (!r->recorded)
		return 0;
	if (db_begin_write(db, e) == -1)
		goto out;
	if (state_run_finish(db, r->context.run, r->history, r->history_count,
		r->report->interrupted, e) == -1 ||
	    db_commit(db, e) == -1)
		goto out;
	r->recorded = false;
	r->history_count = 0;
	rc = 0;
out:
	db_rollback(db);
	return rc;
}

static void
set_deadline(struct run *r)
{
	int64_t us = r->conf->deadline_ns / 1000;
	int64_t now = clock_monotonic();

	r->deadline_us = us > 0 && us < INT64_MAX - now ? now + us : INT64_MAX;
}

int
run_roll_over(struct run *r, struct err *e)
{
	set_deadline(r);
	if (!r->recorded)
		return 0;
	if (expire(r, e) == -1 || finish_record(r, e) == -1)
		return -1;
	return r->flight_count > 0 ? run_record(r, e) : 0;
}

/* Nothing is stored any more; what was begun is written down as broken off. */
static int
interrupt(struct run *r, struct err *e)
{
	struct err why = ERR_INIT;

	r->report->interrupted = true;
	db_stop_on(r->context.db, NULL);
	err_set(&why, ERR_FETCH, "interrupted");
	return run_flight_fail_all(r, &why, e);
}

static int
run_sources(struct run *r, struct err *e)
{
	set_deadline(r);
	db_stop_on(r->context.db, stop_flag());
	/* A client of the trigger expects its run in the status. */
	if (r->options->run_id != NULL && run_record(r, e) == -1)
		return -1;
	if ((run_loop(r, e) == -1 || (r->recorded && expire(r, e) == -1)) &&
	    !stop_requested())
		return -1;
	if (stop_requested() && interrupt(r, e) == -1)
		return -1;
	db_stop_on(r->context.db, NULL);
	if (!r->recorded)
		return 0;
	if (finish_record(r, e) == -1)
		return -1;
	db_checkpoint(r->context.db);
	return 0;
}

static void
sum_up(struct run *r)
{
	struct run_report *report = r->report;
	int64_t now = clock_now(), due;

	report->next_due_us = INT64_MAX;
	for (size_t i = 0; i < report->count; i++) {
		const struct source_job *job = &r->jobs[i];

		report->failed += report->outcomes[i].result == SYNC_FAILED;
		if (!source_kind_is_synced(job->conf->kind))
			continue;
		due =
		    job->state.due_us == CLOCK_NEVER ? now : job->state.due_us;
		if (job->conf->interval_ns <= 0)
			due = now + ALWAYS_DUE_US;
		if (due < report->next_due_us)
			report->next_due_us = due;
	}
}

static void
show_local(void *ctx, const char *source, const struct fetch_progress *fetched,
    int64_t entries, int64_t expected)
{
	const struct run *r = ctx;
	ssize_t at = run_find_job(r, source);
	struct run_progress p = { .source = source,
		.fetched = fetched,
		.entries = entries,
		.expected = expected,
		.in_flight = r->flight_count };

	if (r->options->progress == NULL || at == -1)
		return;
	p.since_us = clock_monotonic() -
		     (clock_now() - r->report->outcomes[at].started_us);
	r->options->progress(r->options->ctx, &p);
}

static int
work(struct run *r, struct db *db, const char *cache_dir, struct err *e)
{
	r->context = (struct source_context){ .db = db,
		.cache_dir = cache_dir,
		.conf = r->conf,
		.max_meta_size = r->conf->max_meta_size,
		.progress = show_local,
		.progress_ctx = r };
	if (!r->options->dry_run && database_recover(db, e) == -1)
		return -1;
	if (bring_in_configuration(r, e) == -1 || load_jobs(r, e) == -1)
		return -1;
	warn_of_clock(r);
	prune_cache(r);
	if (run_sources(r, e) == -1)
		return -1;
	sum_up(r);
	return 0;
}

int
run_sync(
    struct run_report *out, const struct run_options *options, struct err *e)
{
	struct run r = {
		.options = options, .conf = options->conf, .report = out
	};
	const char *path = options->conf->database_path;
	struct db *db = NULL;
	char *cache_dir = NULL;
	int lock = -1;
	int rc = -1;

	memset(out, 0, sizeof *out);
	out->started_us = clock_now();
	begin_trace(options);
	fetch_process_adopt();
	if (check_names(options, e) == -1 ||
	    (options->dry_run
		    ? open_copies(&db, &cache_dir, path, e) == -1
		    : open_stored(&db, &cache_dir, &lock, path, e) == -1) ||
	    work(&r, db, cache_dir, e) == -1)
		goto out;
	rc = 0;
out:
	/* A source that failed has a record, a run that failed has none. */
	if (rc == -1 && lock != -1)
		lockfile_note(lock, out->started_us);
	run_flight_drop_all(&r);
	(void)fetch_process_reap();
	out->ended_us = clock_now();
	free_jobs(r.jobs, out->count);
	free(r.history);
	if (db != NULL)
		db_rollback(db);
	db_close(db);
	lock_release(lock);
	if (options->dry_run)
		dry_run_remove_cache(cache_dir);
	free(cache_dir);
	end_trace();
	return rc;
}

void
run_report_free(struct run_report *r)
{
	free(r->outcomes);
	memset(r, 0, sizeof *r);
}
