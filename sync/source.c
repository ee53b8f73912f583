/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Syncing one source: claim, fetch, apply, record.
 *
 * Fetching happens outside any transaction, and mostly in another process.
 * Content and the record of the attempt are written in one transaction, so that
 * a crash leaves both old or both new.
 */
#include "sync/source.h"

#include "lib/clock.h"
#include "lib/document/rules.h"
#include "lib/limits.h"
#include "lib/store/instant.h"
#include "lib/store/reconcile.h"
#include "lib/xalloc.h"
#include "sync/kinds/kind.h"
#include "sync/read.h"
#include "sync/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_FIRST (60 * CLOCK_SECOND) /* doubled with each failure */
#define RETRY_DOUBLINGS 20
#define HEARTBEAT CLOCK_SECOND

/* One attempt in progress. */
struct attempt {
	const struct source_context *context;
	struct source_job *job;
	struct source_outcome *out;
	struct fetch fetch;
	struct fetch_options how; /* of a fetch in this process */
	struct fetch_progress used;
	int64_t entries;
	int64_t last_heartbeat; /* clock_monotonic() */
	bool applying; /* inside the write transaction */
};

static void
show_progress(struct attempt *a)
{
	const struct source_context *c = a->context;
	int64_t now = clock_monotonic();
	struct err ignored = ERR_INIT;

	if (c->progress != NULL)
		c->progress(c->progress_ctx, a->job->conf->name, &a->used,
		    a->entries, apply_counts_total(&a->job->state.counts));
	if (a->applying || now - a->last_heartbeat < HEARTBEAT)
		return;
	a->last_heartbeat = now;
	/* A missed heartbeat must not fail the attempt. */
	(void)state_run_progress(c->db, c->run, a->job->conf->name, a->entries,
	    a->used.bytes, &ignored);
}

static void
on_fetch(void *ctx, const struct fetch_progress *progress)
{
	struct attempt *a = ctx;

	a->used = *progress;
	show_progress(a);
	/* Reading a file stops at its deadline, so set one in the past. */
	if (stop_requested())
		a->how.deadline_us = 1;
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

/* When to retry after a failure, at the latest after one interval. */
static int64_t
retry_due(const struct source_job *job, int64_t now)
{
	int64_t failures = job->state.attempts < RETRY_DOUBLINGS
			       ? job->state.attempts
			       : RETRY_DOUBLINGS;
	int64_t wait = RETRY_FIRST << failures;

	return now + (wait < interval_us(job) ? wait : interval_us(job));
}

/* An instant beyond the limit was written while the clock was wrong. */
static bool
asks_to_wait(const struct source_job *job, int64_t now)
{
	int64_t until = job->state.retry_us;

	return until != CLOCK_NEVER && until > now &&
	       until - now <= LIMIT_RETRY_KEPT * CLOCK_SECOND;
}

/* An instant more than an interval ahead was written with a wrong clock. */
static bool
is_due(const struct source_job *job, int64_t now)
{
	int64_t due = job->state.due_us;

	return due == CLOCK_NEVER || due <= now || due - now > interval_us(job);
}

/* Whether the source is on another machine; git can read a local directory. */
static bool
is_elsewhere(const struct conf_source *conf)
{
	const char *address = kind_address(conf);

	return conf->kind->remote &&
	       (address == NULL || strncmp(address, "file:", 5) != 0);
}

bool
source_job_is_in_pause(
    const struct source_job *job, int64_t pause_us, int64_t now)
{
	int64_t since = now - job->state.tried_us;

	return job->due && is_elsewhere(job->conf) && since >= 0 &&
	       since < pause_us && !is_due(job, now);
}

/* What else, besides the filter, decides which entries are stored. */
static char *
rules_text(const struct conf_source *conf, size_t max_meta_size)
{
	return xasprintf("rules %d, strict %d, maxMetaSize %zu", RULES_VERSION,
	    conf->strict, max_meta_size);
}

/*
 * Earlier versions did not record their rules.  Entries that they stored are
 * valid; the present rules may accept what they rejected.
 */
static bool
has_other_rules(const struct source_job *job)
{
	const struct source_state *s = &job->state;

	if (s->applied_filter == NULL)
		return false;
	if (s->applied_rules == NULL)
		return s->counts.rejected > 0;
	return strcmp(s->applied_rules, job->rules) != 0;
}

int
source_job_load(struct source_job *out, const struct source_context *c,
    const struct conf_source *conf, bool requested, bool force, int64_t now,
    struct err *e)
{
	char *filter;

	memset(out, 0, sizeof *out);
	out->conf = conf;
	out->force = force;
	out->identity = conf_source_identity(conf);
	out->rules = rules_text(conf, c->conf->max_meta_size);
	if (reconcile_source_id(&out->id, c->db, conf->name, e) == -1 ||
	    state_load(&out->state, c->db, out->id, e) == -1)
		return -1;
	if (!source_kind_is_synced(conf->kind))
		return 0;
	out->waits = !force && asks_to_wait(out, now);
	out->reread = has_other_rules(out);
	/* Changed rules apply at once, except after a failure. */
	out->due = !out->waits && (requested || is_due(out, now) ||
				      (out->reread && out->state.complete));
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
	free(job->identity);
	free(job->rules);
	job->identity = job->rules = NULL;
}

int
source_job_reload(struct source_job *job, struct db *db, struct err *e)
{
	job->due = job->refilter = job->force = job->confirmed = false;
	state_free(&job->state);
	if (state_load(&job->state, db, job->id, e) == -1)
		return -1;
	job->reread = has_other_rules(job);
	return 0;
}

bool
source_job_needs_sync(const struct source_job *job)
{
	return job->due || job->refilter;
}

static int64_t
not_before(int64_t due, int64_t earliest)
{
	return due > earliest ? due : earliest;
}

/* The record of an attempt that ended at ${now}. */
static struct state_end
end_of(const struct attempt *a, int64_t now)
{
	int64_t retry = a->job->state.retry_us;
	struct state_end end = { .source = a->job->id,
		.now = now,
		.message = "Sync completed successfully",
		.validators = &a->fetch.validators,
		.counts = &a->out->counts };

	/* Without a fetch, an earlier Retry-After stays in effect. */
	if (a->job->due)
		retry = a->fetch.retry_us > 0 ? now + a->fetch.retry_us
					      : CLOCK_NEVER;
	end.retry = retry;
	end.due = not_before(now + interval_us(a->job), retry);
	return end;
}

int
source_claim(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct err *e)
{
	memset(&out->counts, 0, sizeof out->counts);
	out->requests = 0;
	out->bytes = 0;
	out->error[0] = out->note[0] = out->warning[0] = '\0';
	out->failure = NULL;
	out->started_us = clock_now();
	if (state_mark_syncing(c->db, job->id, out->started_us, e) == -1)
		return -1;
	return state_run_progress(c->db, c->run, job->conf->name, 0, 0, e);
}

/* Records an attempt that applied nothing, in a transaction of its own. */
static int
record(struct attempt *a,
    int (*write)(struct db *db, const struct state_end *end, struct err *e),
    const struct state_end *end, struct err *e)
{
	struct db *db = a->context->db;
	int rc = -1;

	if (db_begin_write(db, e) == -1)
		return -1;
	if (write(db, end, e) == -1 || db_commit(db, e) == -1)
		goto out;
	rc = 0;
out:
	db_rollback(db);
	return rc;
}

static int
record_failure(struct attempt *a, const struct err *why, struct err *e)
{
	struct source_outcome *out = a->out;
	struct state_end end = end_of(a, clock_now());

	out->result = SYNC_FAILED;
	snprintf(out->error, sizeof out->error, "%s", why->text);
	out->counts = a->job->state.counts;
	end.due = not_before(retry_due(a->job, end.now), end.retry);
	end.message = out->error;
	return record(a, state_failed, &end, e);
}

static void
count_as_kept(struct attempt *a)
{
	struct apply_counts *c = &a->out->counts;

	*c = a->job->state.counts;
	c->unchanged = apply_counts_total(c);
}

/* Sets the warning of ${out} about documents that could not be read. */
static void
warn_unreadable(struct source_outcome *out, const char *unreadable)
{
	snprintf(out->warning, sizeof out->warning, "%s",
	    unreadable == NULL ? "" : unreadable);
}

static int
record_unchanged(struct attempt *a, struct err *e)
{
	struct state_end end = end_of(a, clock_now());

	a->out->result = SYNC_UNCHANGED;
	count_as_kept(a);
	warn_unreadable(a->out, a->job->state.unreadable);
	if (a->out->warning[0] != '\0')
		end.message = a->out->warning;
	return record(a, state_unchanged, &end, e);
}

/*
 * Whether a partial fetch changed nothing: then the stored content keeps its
 * hash.
 */
static bool
is_partial_without_change(const struct attempt *a)
{
	const struct apply_counts *c = &a->out->counts;

	return a->fetch.partial && c->added + c->updated + c->removed == 0 &&
	       a->job->state.validators.hash[0] != '\0';
}

static int
apply_content(struct attempt *a, bool filter_only,
    const struct apply_options *options, struct err *e)
{
	struct apply_counts *counts = &a->out->counts;
	struct db *db = a->context->db;

	if (filter_only) {
		if (apply_filter(counts, db, options, e) == -1)
			return -1;
		counts->rejected = a->job->state.counts.rejected;
		return 0;
	}
	return read_and_apply(counts, db, &a->fetch, options, e);
}

/*
 * Whether a large loss has to be confirmed.  Without a hash, nothing was
 * fetched yet from the place that the configuration names now.
 */
static bool
is_guarded(const struct source_job *job)
{
	return !job->conf->allow_shrink && !job->confirmed &&
	       job->state.validators.hash[0] != '\0';
}

/* Rules were applied to everything only if everything was read. */
static void
set_applied(struct state_end *end, const struct attempt *a, bool filter_only)
{
	const struct source_state *s = &a->job->state;
	bool whole = !filter_only && !a->fetch.partial;

	end->rules =
	    a->job->reread && !whole ? s->applied_rules : a->job->rules;
	if (a->out->warning[0] != '\0') {
		end->unreadable = a->out->warning;
		end->message = a->out->warning;
	}
}

/*
 * Applies what was fetched, or the filter alone, and records it, in one
 * transaction.
 */
static int
apply(struct attempt *a, bool filter_only, struct err *e)
{
	const struct source_context *c = a->context;
	const struct conf_source *conf = a->job->conf;
	struct apply_options options = { .source_id = a->job->id,
		.source_name = conf->name,
		.filter = &conf->filter,
		.strict = conf->strict,
		.may_be_empty = conf->allow_empty,
		.partial = a->fetch.partial,
		.max_meta_size = c->conf->max_meta_size,
		.stored = a->job->state.counts,
		.refilter = a->job->refilter,
		.recheck = a->job->reread,
		.guard = is_guarded(a->job),
		.progress = on_entries,
		.progress_ctx = a };
	char *filter = filter_spec_json(&a->job->conf->filter);
	enum sync_result result = SYNC_COMPLETED;
	struct state_end end;
	int rc = -1;

	if (db_begin_write(a->context->db, e) == -1) {
		free(filter);
		return -1;
	}
	a->applying = true;
	if (instant_get(&options.at, c->db, e) == -1 ||
	    apply_content(a, filter_only, &options, e) == -1)
		goto out;
	if (is_partial_without_change(a)) {
		result = SYNC_UNCHANGED;
		memcpy(a->fetch.validators.hash, a->job->state.validators.hash,
		    FETCH_HASH_SIZE);
	}
	warn_unreadable(a->out,
	    filter_only ? a->job->state.unreadable : a->fetch.unreadable);
	end = end_of(a, clock_now());
	end.filter = filter;
	set_applied(&end, a, filter_only);
	if (!a->job->due)
		end.due = a->job->state.due_us;
	if (state_complete(c->db, &end, e) == -1 ||
	    db_commit(a->context->db, e) == -1)
		goto out;
	a->out->result = result;
	snprintf(
	    a->out->hash, sizeof a->out->hash, "%s", a->fetch.validators.hash);
	rc = 0;
out:
	a->applying = false;
	if (rc == -1)
		db_rollback(a->context->db);
	free(filter);
	return rc;
}

/*
 * Prefixes the error with the step that failed, in the reference's words, and
 * returns the same as one word.
 */
static const char *
name_failure(struct err *e)
{
	switch (e->code) {
	case ERR_STORAGE:
	case ERR_UNAVAILABLE:
	case ERR_INTERNAL:
		err_wrap(e, "Storage failed");
		return "StorageFailed";
	case ERR_INPUT:
		err_wrap(e, "Fetch failed: validation failed");
		return "ValidationFailed";
	default:
		err_wrap(e, "Fetch failed");
		return "FetchFailed";
	}
}

void
source_fetch_how(struct fetch_options *options,
    const struct validators **previous, const struct source_context *c,
    const struct source_job *job)
{
	static const struct validators none;

	memset(options, 0, sizeof *options);
	options->cache_dir = c->cache_dir;
	options->conf = c->conf;
	options->force = job->force;
	options->deadline_us = clock_monotonic() + kind_time(job->conf);
	/*
	 * Validators are used only if the stored content was read by the
	 * present rules.
	 */
	*previous =
	    job->force || job->reread || job->state.applied_filter == NULL
		? &none
		: &job->state.validators;
}

/* Applies a changed filter without a fetch; the validators stay. */
static int
refilter_only(struct attempt *a, struct err *e)
{
	a->fetch.validators = a->job->state.validators;
	memset(&a->job->state.validators, 0, sizeof a->job->state.validators);
	return apply(a, true, e);
}

static int
store(struct attempt *a, struct err *e)
{
	snprintf(a->out->note, sizeof a->out->note, "%s", a->fetch.note);
	snprintf(
	    a->out->hash, sizeof a->out->hash, "%s", a->fetch.validators.hash);
	if (!a->fetch.unchanged)
		return apply(a, false, e);
	if (a->job->refilter)
		return apply(a, true, e);
	return record_unchanged(a, e);
}

/* Completes an attempt; it failed if ${why} has a code. */
static int
end(struct attempt *a, struct err *why, struct err *e)
{
	a->out->ended_us = clock_now();
	a->out->requests = a->used.requests;
	a->out->bytes = a->used.bytes;
	if (why->code == ERR_NONE)
		return 0;
	if (stop_requested()) {
		/* The stop is the cause, whatever the error says. */
		a->out->result = SYNC_FAILED;
		snprintf(a->out->error, sizeof a->out->error, "interrupted");
		return 0;
	}
	a->out->failure = name_failure(why);
	return record_failure(a, why, e);
}

int
source_store(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct fetch *fetched, const struct err *why,
    struct err *e)
{
	struct attempt a = {
		.context = c, .job = job, .out = out, .fetch = *fetched
	};
	struct err failure = ERR_INIT;
	int rc = -1;

	memset(fetched, 0, sizeof *fetched);
	a.used = a.fetch.used;
	if (why != NULL)
		failure = *why;
	else
		(void)store(&a, &failure);
	if (end(&a, &failure, e) == -1)
		goto out;
	rc = 0;
out:
	fetch_free(&a.fetch);
	return rc;
}

int
source_sync(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct err *e)
{
	struct attempt a = { .context = c, .job = job, .out = out };
	const struct validators *previous;
	struct err why = ERR_INIT;
	int fetched;
	int rc = -1;

	if (source_claim(out, c, job, e) == -1)
		goto out;
	if (!job->due) {
		(void)refilter_only(&a, &why);
	} else {
		source_fetch_how(&a.how, &previous, c, job);
		a.how.progress = on_fetch;
		a.how.progress_ctx = &a;
		fetched =
		    fetch_source(&a.fetch, job->conf, previous, &a.how, &why);
		a.used = a.fetch.used;
		if (fetched == 0)
			(void)store(&a, &why);
	}
	if (end(&a, &why, e) == -1)
		goto out;
	rc = 0;
out:
	fetch_free(&a.fetch);
	return rc;
}
