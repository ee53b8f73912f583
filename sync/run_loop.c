/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of a run.  Everything that changes the database happens in this
 * process and one at a time; only fetching goes on beside it.
 */
#include "sync/run_private.h"

#include "lib/clock.h"
#include "sync/stop.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define WAIT_MAX CLOCK_SECOND /* so that progress is seen to be alive */
#define PAUSE CLOCK_SECOND /* at least, between two attempts at a source */

enum place {
	HERE,
	FAR_AWAY
};

static enum place
place_of(const struct source_job *job)
{
	/* What only meets a new filter need not be fetched. */
	return job->due && fetch_child_suits(job->conf) ? FAR_AWAY : HERE;
}

/*
 * Whether a source has fallen due since the run began.  Alone it would not keep
 * the run going: the next one does it.
 */
static bool
falls_due(const struct run *r, size_t index, int64_t now)
{
	const struct source_job *job = &r->jobs[index];
	const struct source_outcome *out = &r->report->outcomes[index];

	return r->flight_count > 0 && !r->options->dry_run &&
	       r->options->name_count == 0 && job->conf->interval_ns > 0 &&
	       r->history_count < LIMIT_RUN_ATTEMPTS &&
	       job->state.due_us != CLOCK_NEVER && job->state.due_us <= now &&
	       (out->result == SYNC_SKIPPED || out->ended_us + PAUSE <= now);
}

/* The next source at ${place}, looked at longest ago; -1 when none waits. */
static ssize_t
next_job(struct run *r, enum place place)
{
	int64_t now = clock_now();
	ssize_t best = -1;

	if (r->expired || stop_requested())
		return -1;
	for (size_t i = 0; i < r->report->count; i++) {
		struct source_job *job = &r->jobs[i];

		if (run_flight_is_up(r, job->conf->name))
			continue;
		job->due = job->due || falls_due(r, i, now);
		if (!source_job_wanted(job) || place_of(job) != place)
			continue;
		if (best == -1 ||
		    job->state.checked_us < r->jobs[best].state.checked_us)
			best = (ssize_t)i;
	}
	return best;
}

static int
start_flights(struct run *r, struct err *e)
{
	ssize_t next;

	while (r->flight_count < LIMIT_FETCHES &&
	       (next = next_job(r, FAR_AWAY)) != -1)
		if (run_record(r, e) == -1 ||
		    run_flight_start(r, (size_t)next, e) == -1)
			return -1;
	return 0;
}

/* One source of this machine, so that flights are looked after in between. */
static int
work_here(struct run *r, struct err *e)
{
	ssize_t next = next_job(r, HERE);
	int64_t started = clock_monotonic();
	struct source_job *job;

	if (next == -1)
		return 0;
	job = &r->jobs[next];
	run_step(r, job->conf->name, job->due ? "reading" : "filtering anew");
	if (run_record(r, e) == -1 ||
	    source_sync(&r->report->outcomes[next], &r->context, job, e) == -1)
		return -1;
	run_flight_excuse(r, started);
	return run_ended(r, (size_t)next, e);
}

/* The clock_monotonic() at which something has to be done in any case. */
static int64_t
next_instant(struct run *r)
{
	const struct run_watch *watch = r->options->watch;
	int64_t now = clock_monotonic();
	int64_t at = now + WAIT_MAX;

	if (next_job(r, HERE) != -1)
		return now;
	for (size_t i = 0; i < r->flight_count; i++)
		if (r->flights[i].deadline_us < at)
			at = r->flights[i].deadline_us;
	if (r->deadline_us < at)
		at = r->deadline_us;
	if (watch != NULL && watch->wake_us(watch->ctx) < at)
		at = watch->wake_us(watch->ctx);
	return at;
}

static int
wait_for_news(struct run *r, struct err *e)
{
	struct pollfd fds[LIMIT_FETCHES + 2];
	const struct run_watch *watch = r->options->watch;
	size_t count = r->flight_count;
	int64_t left = next_instant(r) - clock_monotonic();

	for (size_t i = 0; i < count; i++)
		fds[i] =
		    (struct pollfd){ .fd = fetch_child_fd(r->flights[i].child),
			    .events = POLLIN };
	fds[count] = (struct pollfd){ .fd = stop_fd(), .events = POLLIN };
	fds[count + 1] = (struct pollfd){ .events = POLLIN,
		.fd = watch == NULL ? -1 : watch->fd(watch->ctx) };
	if (poll(fds, count + 2, left <= 0 ? 0 : (int)(left / 1000) + 1) ==
		-1 &&
	    errno != EINTR) {
		err_set_errno(e, ERR_INTERNAL, errno, "failed to poll");
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		if (fds[i].revents != 0)
			r->flights[i].done =
			    fetch_child_read(r->flights[i].child);
	if (watch == NULL)
		stop_drain();
	return 0;
}

static int
look_around(struct run *r, struct err *e)
{
	const struct run_watch *watch = r->options->watch;
	const struct conf *conf;

	if (watch == NULL || stop_requested())
		return 0;
	stop_drain();
	conf = watch->look(watch->ctx);
	if (conf != NULL ? run_take_conf(r, conf, e) == -1
			 : watch->note(watch->ctx, r->context.db, e) == -1)
		return -1;
	for (size_t i = 0; i < r->report->count; i++)
		if (watch->is_urgent(watch->ctx, r->jobs[i].conf->name))
			r->jobs[i].due = true;
	return 0;
}

static int
check_time(struct run *r, struct err *e)
{
	struct err why = ERR_INIT;

	if (clock_monotonic() < r->deadline_us || r->expired)
		return 0;
	if (r->options->watch != NULL)
		return run_roll_over(r, e);
	r->expired = true;
	err_set(&why, ERR_FETCH,
	    "stopped because the time of the run, sync.deadline, is over; the "
	    "next run tries again, and an API goes on where it was");
	return run_flight_fail_all(r, &why, e);
}

int
run_loop(struct run *r, struct err *e)
{
	for (;;) {
		if (start_flights(r, e) == -1 || work_here(r, e) == -1)
			return -1;
		if (stop_requested() ||
		    (r->flight_count == 0 && next_job(r, HERE) == -1 &&
			next_job(r, FAR_AWAY) == -1))
			return 0;
		if (wait_for_news(r, e) == -1 || run_flight_land(r, e) == -1 ||
		    look_around(r, e) == -1 || check_time(r, e) == -1)
			return -1;
		run_flight_show(r);
	}
}
