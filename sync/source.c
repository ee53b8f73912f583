/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Working on one source: claim, fetch, apply, record.
 *
 * Fetching happens outside any transaction.  Content and the record of how it
 * went are written in one, so that a crash leaves the old pair or the new.
 */
#include "sync/source.h"

#include "lib/clock.h"
#include "lib/xalloc.h"
#include "sync/store/apply.h"
#include "sync/store/blocks.h"
#include "sync/store/reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_FIRST (60 * CLOCK_SECOND) /* doubled with each failure */
#define RETRY_DOUBLINGS 20
#define DEADLINE_DEFAULT (600 * CLOCK_SECOND)
#define HEARTBEAT CLOCK_SECOND

static const char message_completed[] = "Sync completed successfully";

/* One attempt, while it lasts. */
struct attempt {
	const struct source_context *context;
	struct source_job *job;
	struct source_outcome *out;
	struct fetch fetch;
	int64_t entries;
	int64_t last_heartbeat; /* clock_monotonic() */
	bool applying; /* inside the write transaction */
};

/* A transaction of its own, or in a dry run a part of the one to be undone. */
static int
begin(const struct attempt *a, struct err *e)
{
	return a->context->dry_run ? db_part_begin(a->context->db, e)
				   : db_begin_write(a->context->db, e);
}

static int
commit(const struct attempt *a, struct err *e)
{
	return a->context->dry_run ? db_part_keep(a->context->db, e)
				   : db_commit(a->context->db, e);
}

static void
roll_back(const struct attempt *a)
{
	if (a->context->dry_run)
		db_part_undo(a->context->db);
	else
		db_rollback(a->context->db);
}

static void
show_progress(struct attempt *a)
{
	const struct source_context *c = a->context;
	int64_t now = clock_monotonic();
	struct err ignored = ERR_INIT;

	if (c->progress != NULL)
		c->progress(c->progress_ctx, a->job->conf->name, &a->out->used,
		    a->entries);
	if (c->dry_run || a->applying || now - a->last_heartbeat < HEARTBEAT)
		return;
	a->last_heartbeat = now;
	/* A heartbeat that is missed is not worth failing for. */
	(void)state_run_progress(c->db, c->run, a->job->conf->name, a->entries,
	    a->out->used.bytes, &ignored);
}

static void
on_fetch(void *ctx, const struct fetch_progress *progress)
{
	struct attempt *a = ctx;

	a->out->used = *progress;
	show_progress(a);
}

static void
on_entries(void *ctx, int64_t entries)
{
	struct attempt *a = ctx;

	a->entries = entries;
	show_progress(a);
}

static int64_t
interval_us(const struct source_job *job)
{
	int64_t us = job->conf->interval_ns / 1000;

	return us > 0 ? us : 0;
}

/* Sooner than the interval at first, never later than it. */
static int64_t
retry_due(const struct source_job *job, int64_t now)
{
	int64_t failures = job->state.attempts < RETRY_DOUBLINGS
			       ? job->state.attempts
			       : RETRY_DOUBLINGS;
	int64_t wait = RETRY_FIRST << failures;

	return now + (wait < interval_us(job) ? wait : interval_us(job));
}

static int64_t
deadline(const struct conf_source *conf)
{
	int64_t ns = 0;

	if (conf->kind == SOURCE_GIT)
		ns = conf->u.git.timeout_ns;
	else if (conf->kind == SOURCE_FILE)
		ns = conf->u.file.timeout_ns;
	return clock_monotonic() + (ns > 0 ? ns / 1000 : DEADLINE_DEFAULT);
}

int
source_job_load(struct source_job *out, struct db *db,
    const struct conf_source *conf, bool asked_for, int64_t now, struct err *e)
{
	char *filter;

	memset(out, 0, sizeof *out);
	out->conf = conf;
	if (reconcile_source_id(&out->id, db, conf->name, e) == -1 ||
	    state_load(&out->state, db, out->id, e) == -1)
		return -1;
	if (!source_kind_is_synced(conf->kind))
		return 0;
	out->due = asked_for || out->state.due_us == CLOCK_NEVER ||
		   out->state.due_us <= now;
	filter = filter_spec_json(&conf->filter);
	out->refilter = out->state.applied_filter != NULL &&
			strcmp(out->state.applied_filter, filter) != 0;
	free(filter);
	return 0;
}

void
source_job_free(struct source_job *job)
{
	state_free(&job->state);
}

bool
source_job_wanted(const struct source_job *job)
{
	return job->due || job->refilter;
}

/* Fills the end of an attempt that ended at ${now}. */
static struct state_end
end_of(const struct attempt *a, int64_t now)
{
	struct state_end end = { .source = a->job->id,
		.now = now,
		.due = now + interval_us(a->job),
		.message = message_completed,
		.validators = &a->fetch.validators,
		.counts = &a->out->counts };

	return end;
}

static int
claim(struct attempt *a, struct err *e)
{
	const struct source_context *c = a->context;

	if (c->dry_run)
		return 0;
	if (state_claim(c->db, a->job->id, a->out->started_us, e) == -1)
		return -1;
	return state_run_progress(c->db, c->run, a->job->conf->name, 0, 0, e);
}

/* Writes down that the attempt failed; what is stored stays. */
static int
record_failure(struct attempt *a, const struct err *why, struct err *e)
{
	struct source_outcome *out = a->out;
	struct state_end end = end_of(a, clock_now());
	struct apply_counts kept = a->job->state.counts;
	int rc = -1;

	out->result = SYNC_FAILED;
	snprintf(out->error, sizeof out->error, "%s", why->text);
	out->counts = kept;
	end.due = retry_due(a->job, end.now);
	end.message = out->error;
	if (begin(a, e) == -1)
		return -1;
	if (state_failed(a->context->db, &end, e) == -1 || commit(a, e) == -1)
		goto out;
	rc = 0;
out:
	if (rc == -1)
		roll_back(a);
	return rc;
}

static void
count_as_kept(struct attempt *a)
{
	struct apply_counts *c = &a->out->counts;

	*c = a->job->state.counts;
	c->unchanged = c->servers + c->skills + c->plugins;
}

static int
record_unchanged(struct attempt *a, struct err *e)
{
	struct state_end end = end_of(a, clock_now());
	int rc = -1;

	a->out->result = SYNC_UNCHANGED;
	count_as_kept(a);
	if (begin(a, e) == -1)
		return -1;
	if (state_unchanged(a->context->db, &end, e) == -1 ||
	    commit(a, e) == -1)
		goto out;
	rc = 0;
out:
	if (rc == -1)
		roll_back(a);
	return rc;
}

/*
 * Applies what was fetched, or the filter alone, and records it, in one
 * transaction.
 */
static int
apply(struct attempt *a, bool filter_only, struct err *e)
{
	const struct source_context *c = a->context;
	struct apply_options options = { .source = a->job->conf,
		.source_id = a->job->id,
		.max_meta_size = c->max_meta_size,
		.refilter = a->job->refilter,
		.progress = on_entries,
		.progress_ctx = a };
	char *filter = filter_spec_json(&a->job->conf->filter);
	struct state_end end;
	int rc = -1;

	if (begin(a, e) == -1) {
		free(filter);
		return -1;
	}
	a->applying = true;
	if (blocks_instant(&options.now, c->db, e) == -1)
		goto out;
	if (filter_only) {
		if (apply_filter(&a->out->counts, c->db, &options, e) == -1)
			goto out;
		a->out->counts.rejected = a->job->state.counts.rejected;
	} else if (apply_fetched(
		       &a->out->counts, c->db, &a->fetch, &options, e) == -1) {
		goto out;
	}
	end = end_of(a, clock_now());
	end.filter = filter;
	if (!a->job->due)
		end.due = a->job->state.due_us;
	if (state_complete(c->db, &end, e) == -1 || commit(a, e) == -1)
		goto out;
	a->out->result = SYNC_COMPLETED;
	rc = 0;
out:
	a->applying = false;
	if (rc == -1)
		roll_back(a);
	free(filter);
	return rc;
}

/* Puts in front which half of the sync refused, in the reference's words. */
static void
name_failure(struct err *e)
{
	switch (e->code) {
	case ERR_STORAGE:
	case ERR_UNAVAILABLE:
	case ERR_INTERNAL:
		err_wrap(e, "Storage failed");
		break;
	case ERR_INPUT:
		err_wrap(e, "Fetch failed: validation failed");
		break;
	default:
		err_wrap(e, "Fetch failed");
	}
}

static int
fetch(struct attempt *a, struct err *e)
{
	const struct source_context *c = a->context;
	const struct fetch_options options = { .cache_dir = c->cache_dir,
		.force = c->force,
		.deadline_us = deadline(a->job->conf),
		.progress = on_fetch,
		.progress_ctx = a };
	const struct validators none = { .hash = "" };
	/* What was remembered counts only while content is stored. */
	bool forget = c->force || a->job->state.applied_filter == NULL;
	int fetched;

	fetched = fetch_source(&a->fetch, a->job->conf,
	    forget ? &none : &a->job->state.validators, &options, e);
	a->out->used = a->fetch.used;
	if (fetched == -1)
		return -1;
	memcpy(a->out->note, a->fetch.note, sizeof a->out->note);
	snprintf(
	    a->out->hash, sizeof a->out->hash, "%s", a->fetch.validators.hash);
	return 0;
}

/* The filter moved and it is not yet time to fetch: keep the validators. */
static int
refilter_only(struct attempt *a, struct err *e)
{
	a->fetch.validators = a->job->state.validators;
	memset(&a->job->state.validators, 0, sizeof a->job->state.validators);
	snprintf(
	    a->out->hash, sizeof a->out->hash, "%s", a->fetch.validators.hash);
	return apply(a, true, e);
}

static int
work(struct attempt *a, struct err *e)
{
	if (!a->job->due)
		return refilter_only(a, e);
	if (fetch(a, e) == -1)
		return -1;
	if (!a->fetch.unchanged)
		return apply(a, false, e);
	if (a->job->refilter)
		return apply(a, true, e);
	return record_unchanged(a, e);
}

int
source_sync(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct err *e)
{
	struct attempt a = { .context = c, .job = job, .out = out };
	struct err why = ERR_INIT;
	int rc = -1;

	out->started_us = clock_now();
	if (claim(&a, e) == -1)
		goto out;
	if (work(&a, &why) == -1) {
		name_failure(&why);
		if (record_failure(&a, &why, e) == -1)
			goto out;
	}
	rc = 0;
out:
	out->ended_us = clock_now();
	fetch_free(&a.fetch);
	return rc;
}
