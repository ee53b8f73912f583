/* SPDX-License-Identifier: Apache-2.0 */
/* A run from the lock to the last record. */
#include "sync/run.h"

#include "lib/clock.h"
#include "lib/xalloc.h"
#include "sync/lock.h"
#include "sync/source.h"
#include "sync/store/apply.h"
#include "sync/store/database.h"
#include "sync/store/reconcile.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_ID_SIZE 48
#define CACHE_MODE 0700

struct run {
	const struct run_options *options;
	struct run_report *report;
	struct source_context context;
	struct source_job *jobs; /* beside report->outcomes */
	char run_id[RUN_ID_SIZE];
};

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
	uint32_t random;

	if (r->options->run_id != NULL) {
		snprintf(r->run_id, sizeof r->run_id, "%s", r->options->run_id);
		return 0;
	}
	if (getentropy(&random, sizeof random) == -1) {
		err_set_errno(e, ERR_INTERNAL, errno, "no random bytes");
		return -1;
	}
	snprintf(r->run_id, sizeof r->run_id, "%" PRId64 "-%08" PRIx32,
	    r->report->started_us / CLOCK_SECOND, random);
	return 0;
}

/* Opens the database; a dry run of none that exists works in memory. */
static int
open_database(struct db **db, const struct run_options *o, struct err *e)
{
	const char *path = o->conf->database_path;

	if (o->dry_run && access(path, F_OK) == -1 && errno == ENOENT)
		path = ":memory:";
	return database_open(db, path, e);
}

/*
 * Brings the configuration in.  A dry run leaves its transaction open, to be
 * undone at the end with all that follows.
 */
static int
bring_in_configuration(struct run *r, struct err *e)
{
	struct db *db = r->context.db;
	bool changed;

	if (!r->options->dry_run && database_recover(db, e) == -1)
		return -1;
	if (db_begin_write(db, e) == -1 ||
	    reconcile(db, r->options->conf, &changed, e) == -1)
		goto fail;
	if (!r->options->dry_run && db_commit(db, e) == -1)
		goto fail;
	return 0;
fail:
	db_rollback(db);
	return -1;
}

/* Loads the sources asked for, in the order of the file. */
static int
load_jobs(struct run *r, struct err *e)
{
	const struct conf *conf = r->options->conf;
	struct run_report *report = r->report;
	bool asked, all;

	/* Who triggers a run without naming a source wants all of them now. */
	all = r->options->run_id != NULL && r->options->name_count == 0;
	r->jobs = xcalloc(conf->source_count, sizeof *r->jobs);
	report->outcomes =
	    xcalloc(conf->source_count, sizeof *report->outcomes);
	for (size_t i = 0; i < conf->source_count; i++) {
		const struct conf_source *c = &conf->sources[i];

		asked = all || is_asked_for(r->options, c->name);
		if (r->options->name_count > 0 && !asked)
			continue;
		if (source_job_load(&r->jobs[report->count], r->context.db, c,
			asked || r->options->force, report->started_us,
			e) == -1)
			return -1;
		report->outcomes[report->count].name = c->name;
		report->outcomes[report->count].kind =
		    source_kind_name(c->kind);
		report->outcomes[report->count].result = SYNC_SKIPPED;
		report->outcomes[report->count].counts =
		    r->jobs[report->count].state.counts;
		snprintf(report->outcomes[report->count].hash, FETCH_HASH_SIZE,
		    "%s", r->jobs[report->count].state.validators.hash);
		report->count++;
	}
	return 0;
}

/* The wanted source that was looked at longest ago; -1 when none is left. */
static ssize_t
next_job(const struct run *r, const bool *done)
{
	ssize_t best = -1;

	for (size_t i = 0; i < r->report->count; i++) {
		if (done[i] || !source_job_wanted(&r->jobs[i]))
			continue;
		if (best == -1 || r->jobs[i].state.checked_us <
				      r->jobs[best].state.checked_us)
			best = (ssize_t)i;
	}
	return best;
}

static int
work_off(struct run *r, struct err *e)
{
	struct run_report *report = r->report;
	bool *done = xcalloc(report->count, sizeof *done);
	struct source_outcome *outcome;
	ssize_t next;
	int rc = -1;

	while ((next = next_job(r, done)) != -1) {
		done[next] = true;
		outcome = &report->outcomes[next];
		if (source_sync(outcome, &r->context, &r->jobs[next], e) == -1)
			goto out;
		report->tried++;
		report->failed += outcome->result == SYNC_FAILED;
		if (r->options->outcome != NULL)
			r->options->outcome(r->options->ctx, outcome);
	}
	rc = 0;
out:
	free(done);
	return rc;
}

/* Removed entries have been remembered long enough. */
static int
expire(struct run *r, struct err *e)
{
	struct db *db = r->context.db;
	int64_t now = clock_now();
	int rc = -1;

	if (db_begin_write(db, e) == -1)
		return -1;
	if (apply_expire(db, now - r->options->conf->tombstone_ns / 1000, now,
		e) == -1 ||
	    db_commit(db, e) == -1)
		goto out;
	rc = 0;
out:
	db_rollback(db);
	return rc;
}

/* The record takes only the sources that were tried. */
static int
finish_record(struct run *r, struct err *e)
{
	struct db *db = r->context.db;
	struct source_outcome *tried = xcalloc(r->report->count, sizeof *tried);
	size_t count = 0;
	int rc = -1;

	for (size_t i = 0; i < r->report->count; i++)
		if (r->report->outcomes[i].result != SYNC_SKIPPED)
			tried[count++] = r->report->outcomes[i];
	if (db_begin_write(db, e) == -1)
		goto out;
	if (state_run_finish(db, r->context.run, tried, count, e) == -1 ||
	    db_commit(db, e) == -1)
		goto out;
	rc = 0;
out:
	db_rollback(db);
	free(tried);
	return rc;
}

static bool
anything_wanted(const struct run *r)
{
	for (size_t i = 0; i < r->report->count; i++)
		if (source_job_wanted(&r->jobs[i]))
			return true;
	return false;
}

static int
run_sources(struct run *r, struct err *e)
{
	struct db *db = r->context.db;

	if (!anything_wanted(r))
		return 0;
	if (r->options->dry_run)
		return work_off(r, e);
	if (choose_run_id(r, e) == -1 ||
	    state_run_start(&r->context.run, db, r->run_id,
		r->options->run_id != NULL, e) == -1 ||
	    work_off(r, e) == -1 || expire(r, e) == -1 ||
	    finish_record(r, e) == -1)
		return -1;
	db_checkpoint(db);
	return 0;
}

int
run_sync(
    struct run_report *out, const struct run_options *options, struct err *e)
{
	struct run r = { .options = options, .report = out };
	struct db *db = NULL;
	char *cache_dir = NULL;
	int lock = -1;
	int rc = -1;

	memset(out, 0, sizeof *out);
	out->started_us = clock_now();
	if (check_names(options, e) == -1 ||
	    lock_take(&lock, options->conf->database_path, e) == -1 ||
	    make_cache_dir(&cache_dir, options->conf->database_path, e) == -1 ||
	    open_database(&db, options, e) == -1)
		goto out;
	r.context = (struct source_context){ .db = db,
		.cache_dir = cache_dir,
		.max_meta_size = options->conf->max_meta_size,
		.force = options->force,
		.dry_run = options->dry_run,
		.progress = options->progress,
		.progress_ctx = options->ctx };
	if (bring_in_configuration(&r, e) == -1 || load_jobs(&r, e) == -1 ||
	    run_sources(&r, e) == -1)
		goto out;
	rc = 0;
out:
	out->ended_us = clock_now();
	if (r.jobs != NULL)
		for (size_t i = 0; i < out->count; i++)
			source_job_free(&r.jobs[i]);
	free(r.jobs);
	if (db != NULL)
		db_rollback(db);
	db_close(db);
	lock_release(lock);
	free(cache_dir);
	return rc;
}

void
run_report_free(struct run_report *r)
{
	free(r->outcomes);
	memset(r, 0, sizeof *r);
}
