/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop.  This process makes all changes of the database, one after the
 * other; other processes only fetch.
 */
#include "sync/run.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/log/log.h"
#include "sync/fetch/fetch_child.h"
#include "sync/fetch/fetch_process.h"
#include "sync/kinds/kind.h"
#include "sync/stop.h"

#define WAIT_OPEN CLOCK_SECOND /* maximum; progress is shown then */
#define WAIT_IDLE (60 * CLOCK_SECOND) /* maximum; the clock may be set */
#define PAUSE CLOCK_SECOND /* minimum between two attempts at a source */
#define RETRY_BUSY (CLOCK_SECOND / 2) /* another sync is running */
#define RETRY_FAILED (10 * CLOCK_SECOND) /* the run itself failed */

/*
 * Whether a source has fallen due since the run started.  It is synced only
 * while other sources are being fetched; otherwise the next run syncs it.
 */
static bool
falls_due(const struct run *r, const struct run_source *s, int64_t now)
{
	int64_t due = s->job.state.due_us;

	return r->fetching > 0 && !r->options->dry_run &&
	       r->options->name_count == 0 && s->conf->interval_ns > 0 &&
	       r->history_count < LIMIT_RUN_ATTEMPTS && due != CLOCK_NEVER &&
	       due <= now &&
	       (s->outcome.result == SYNC_SKIPPED ||
		   s->outcome.ended_us + PAUSE <= now);
}

/*
 * The next source to fetch in another process (${remote}) or to sync in this
 * one, the one checked longest ago; NULL when there is none.
 */
static struct run_source *
next_source(struct run *r, bool remote)
{
	int64_t now = clock_now();
	struct run_source *best = NULL;

	if (r->expired || stop_requested())
		return NULL;
	for (size_t i = 0; i < r->source_count; i++) {
		struct run_source *s = &r->sources[i];
		struct source_job *job = &s->job;

		if (s->child != NULL)
			continue;
		job->due = job->due || s->local.changed || falls_due(r, s, now);
		/* A changed filter alone needs no fetch. */
		if (!source_job_needs_sync(job) ||
		    (job->due && s->conf->kind->remote) != remote)
			continue;
		if (best == NULL ||
		    job->state.checked_us < best->job.state.checked_us)
			best = s;
	}
	return best;
}

static int
start_fetches(struct run *r, struct err *e)
{
	struct run_source *s;

	while (
	    r->fetching < LIMIT_FETCHES && (s = next_source(r, true)) != NULL)
		if (run_fetch_start(r, s, e) == -1)
			return -1;
	return 0;
}

/* Syncs one local source; results of fetches are handled before the next. */
static int
sync_local(struct run *r, struct err *e)
{
	struct run_source *s = next_source(r, false);

	if (s == NULL)
		return 0;
	report_step(r->reporter, s->conf->name,
	    s->job.due ? "reading" : "re-applying the filter");
	s->local.changed = false;
	r->work_us = clock_monotonic();
	if (run_record_start(r, e) == -1 ||
	    source_sync(&s->outcome, &r->context, &s->job, e) == -1)
		return -1;
	return run_attempted(r, s, e);
}

/* With --watch, the record of this run ends and the next one starts. */
static int
start_next_record(struct run *r, struct err *e)
{
	run_set_deadline(r);
	if (run_record_expire(r, e) == -1 || run_record_finish(r, e) == -1)
		return -1;
	return r->fetching > 0 ? run_record_start(r, e) : 0;
}

static int
check_deadline(struct run *r, struct err *e)
{
	struct err why = ERR_INIT;

	if (r->woken_us < r->deadline_us || r->expired)
		return 0;
	if (r->watch != NULL)
		return start_next_record(r, e);
	r->expired = true;
	err_set(&why, ERR_FETCH,
	    "run deadline exceeded (sync.deadline); the next run tries again, "
	    "and an API fetch resumes");
	return run_fetch_fail_all(r, &why, e);
}

/* Does what can be done without waiting. */
static int
work(struct run *r, struct err *e)
{
	if (!r->loaded && run_load(r, e) == -1)
		return -1;
	if (r->watch != NULL && watch_record(r->watch, r, e) == -1)
		return -1;
	if (run_fetch_finish(r, e) == -1 || check_deadline(r, e) == -1)
		return -1;
	return start_fetches(r, e) == -1 || sync_local(r, e) == -1 ? -1 : 0;
}

static bool
is_done(struct run *r)
{
	return stop_requested() ||
	       (r->fetching == 0 && next_source(r, false) == NULL &&
		   next_source(r, true) == NULL);
}

/* One turn of the loop: opens a run if none is open, and works on it. */
static int
turn(struct run *r, struct err *e)
{
	if (!r->open && run_open(r, e) == -1)
		return -1;
	/* A stop makes statements fail; run_finish() records the interruption.
	 */
	if (work(r, e) == -1 && !stop_requested())
		return -1;
	if (!is_done(r))
		return 0;
	if (run_finish(r, e) == -1)
		return -1;
	run_close(r, false);
	return 0;
}

/* The monotonic instant at which the loop must continue without an event. */
static int64_t
next_instant(struct run *r)
{
	int64_t now = clock_monotonic(), at = now + WAIT_OPEN, left;

	if (!r->open) {
		left = r->next_us - clock_now();
		at = now + (left < WAIT_IDLE ? left : WAIT_IDLE);
	} else if (next_source(r, false) != NULL) {
		at = now;
	} else if (r->deadline_us < at) {
		at = r->deadline_us;
	}
	for (size_t i = 0; i < r->source_count; i++)
		if (r->sources[i].child != NULL &&
		    r->sources[i].deadline_us < at)
			at = r->sources[i].deadline_us;
	if (r->watch != NULL && watch_next(r->watch) < at)
		at = watch_next(r->watch);
	return at;
}

/* Waits for a child, a changed file, a signal or next_instant(). */
static int
wait_for_event(struct run *r, struct err *e)
{
	struct pollfd fds[LIMIT_FETCHES + 1];
	struct run_source *of[LIMIT_FETCHES];
	int64_t spent = clock_monotonic() - r->woken_us;
	nfds_t count = 0;

	for (size_t i = 0; i < r->source_count; i++) {
		struct run_source *s = &r->sources[i];

		if (s->child == NULL)
			continue;
		/* Its pipe was not read during that time, so it does not count.
		 */
		s->deadline_us += spent;
		of[count] = s;
		fds[count++] = (struct pollfd){ .fd = fetch_child_fd(s->child),
			.events = POLLIN };
	}
	fds[count] = (struct pollfd){ .events = POLLIN,
		.fd = r->watch == NULL ? -1 : watch_fd(r->watch) };
	if (stop_poll(fds, count + 1, next_instant(r) - clock_monotonic(), e) ==
	    -1)
		return -1;
	r->woken_us = clock_monotonic();
	for (size_t i = 0; i < count; i++)
		if (fds[i].revents != 0)
			of[i]->sent = fetch_child_read(of[i]->child);
	/* While there are children, this would also reap them. */
	if (r->fetching == 0)
		fetch_process_reap();
	return 0;
}

static void
show_fetches(struct run *r)
{
	for (size_t i = 0; i < r->source_count; i++) {
		const struct run_source *s = &r->sources[i];
		struct run_progress p = { .source = s->conf->name,
			.since_us = s->since_us,
			.in_flight = r->fetching };

		if (s->child == NULL)
			continue;
		p.fetched = fetch_child_progress(s->child);
		report_progress(r->reporter, &p);
	}
	run_record_heartbeat(r);
}

/* With --watch, schedules the next run after one that failed. */
static void
retry_later(struct run *r, struct err *e)
{
	if (e->code == ERR_BUSY) {
		log_message(
		    LOG_LEVEL_DEBUG, "waiting for the next run", e->text);
		r->next_us = clock_now() + RETRY_BUSY;
	} else {
		log_message(LOG_LEVEL_ERROR, "sync did not run", e->text);
		r->next_us = clock_now() + RETRY_FAILED;
	}
	*e = (struct err)ERR_INIT;
}

bool
run_has_failed(const struct run *r)
{
	bool failed = r->interrupted;

	for (size_t i = 0; i < r->source_count; i++)
		failed |= r->sources[i].outcome.result == SYNC_FAILED;
	return failed;
}

int
run_loop(struct run *r, struct err *e)
{
	fetch_process_adopt();
	if (r->watch != NULL)
		log_message(LOG_LEVEL_INFO, "watching for changes", NULL);
	r->woken_us = clock_monotonic();
	for (;;) {
		if ((r->open || clock_now() >= r->next_us) &&
		    turn(r, e) == -1) {
			run_close(r, true);
			if (r->watch == NULL)
				return -1;
			retry_later(r, e);
		}
		if (!r->open && (r->watch == NULL || stop_requested()))
			break;
		if (wait_for_event(r, e) == -1)
			return -1;
		if (r->watch != NULL && !stop_requested())
			watch_check(r->watch, r);
		show_fetches(r);
	}
	if (r->watch != NULL)
		log_message(LOG_LEVEL_INFO, "stopped", NULL);
	return 0;
}
