/* SPDX-License-Identifier: Apache-2.0 */
/* Sources in flight: started, shown, landed or lost. */
#include "sync/run_private.h"

#include "lib/clock.h"
#include "lib/log/log.h"
#include "lib/store/reconcile.h"
#include "lib/xalloc.h"
#include "sync/fetch/fetch_process.h"
#include "sync/stop.h"

#include <stdlib.h>
#include <string.h>

/* A fetch that notices its deadline itself has this long to say so. */
#define GRACE (2 * CLOCK_SECOND)
#define HEARTBEAT CLOCK_SECOND

static ssize_t
find(const struct run *r, const char *name)
{
	for (size_t i = 0; i < r->flight_count; i++)
		if (strcmp(r->flights[i].name, name) == 0)
			return (ssize_t)i;
	return -1;
}

bool
run_flight_is_up(const struct run *r, const char *name)
{
	return find(r, name) != -1;
}

/* Takes flight ${index} off the list; its child is the caller's. */
static struct fetch_child *
take_off(struct run *r, size_t index)
{
	struct run_flight *f = &r->flights[index];
	struct fetch_child *child = f->child;

	free(f->name);
	free(f->identity);
	*f = r->flights[--r->flight_count];
	memset(&r->flights[r->flight_count], 0, sizeof *f);
	return child;
}

static void
drop(struct run *r, size_t index)
{
	fetch_child_kill(take_off(r, index));
}

int
run_flight_start(struct run *r, size_t index, struct err *e)
{
	struct source_job *job = &r->jobs[index];
	struct source_outcome *out = &r->report->outcomes[index];
	struct run_flight *f = &r->flights[r->flight_count];
	const struct validators *previous;
	struct fetch_options how;
	struct fetch nothing = { .unchanged = false };
	struct err why = ERR_INIT;

	if (source_claim(out, &r->context, job, e) == -1)
		return -1;
	source_fetch_how(&how, &previous, &r->context, job);
	memset(f, 0, sizeof *f);
	if (fetch_child_start(&f->child, job->conf, previous, &how, &why) ==
	    -1) {
		if (source_store(out, &r->context, job, &nothing, &why, e) ==
		    -1)
			return -1;
		return run_ended(r, index, e);
	}
	f->name = xstrdup(job->conf->name);
	f->identity = xstrdup(job->identity);
	f->claimed_us = out->started_us;
	f->since_us = clock_monotonic();
	f->deadline_us = how.deadline_us + GRACE;
	f->force = job->force;
	r->flight_count++;
	run_step(r, f->name, "fetching");
	return 0;
}

/* The job that it was started for; -1 when that has gone or asks elsewhere. */
static ssize_t
job_of(const struct run *r, const struct run_flight *f)
{
	ssize_t at = run_find_job(r, f->name);

	return at != -1 && strcmp(r->jobs[at].identity, f->identity) == 0 ? at
									  : -1;
}

/*
 * Warns, once in a process, when a fetch was not in the sandbox that it asked
 * for, and leaves the warning where responders find it.
 */
static int
note_sandbox(const struct run *r, const char *source,
    const struct fetch_child *child, struct err *e)
{
	static bool warned;
	const struct sandbox *s = fetch_child_sandbox(child);
	char warning[SANDBOX_WARNING_MAX];

	if (s == NULL)
		return 0;
	run_step(r, source,
	    s->landlock > 0 ? "fetched in a sandbox"
			    : "fetched without a sandbox");
	sandbox_warning(warning, s);
	if (*warning != '\0' && !warned) {
		log_message(LOG_LEVEL_WARN, SANDBOX_NOT_IN_FORCE, warning);
		warned = true;
	}
	return reconcile_setting(r->context.db, SANDBOX_SETTING, warning, e);
}

/*
 * What came of flight ${index}, with ${lost} when it was given up.  A source
 * that has moved in the meantime has no use for it.
 */
static int
land(struct run *r, size_t index, const struct err *lost, struct err *e)
{
	const struct run_flight *f = &r->flights[index];
	ssize_t at = job_of(r, f);
	struct source_outcome *out;
	struct source_job *job;
	struct fetch fetched = { .unchanged = false };
	struct err why = ERR_INIT;
	struct fetch_child *child;

	if (at == -1) {
		drop(r, index);
		return 0;
	}
	job = &r->jobs[at];
	out = &r->report->outcomes[at];
	out->started_us = f->claimed_us;
	job->due = true;
	job->force = f->force;
	fetched.used = *fetch_child_progress(f->child);
	fetched.used.phase = NULL;
	child = take_off(r, index);
	if (note_sandbox(r, job->conf->name, child, e) == -1) {
		fetch_child_kill(child);
		return -1;
	}
	if (lost != NULL) {
		why = *lost;
		fetch_child_kill(child);
	} else if (fetch_child_finish(&fetched, child, &why) == 0) {
		run_step(r, job->conf->name, "fetched");
	}
	if (source_store(out, &r->context, job, &fetched,
		why.code == ERR_NONE ? NULL : &why, e) == -1)
		return -1;
	return run_ended(r, (size_t)at, e);
}

static void
set_overdue(const struct run_flight *f, struct err *why)
{
	err_set(why, ERR_FETCH,
	    "timed out after %.3gs without an answer from the fetching process",
	    (double)(f->deadline_us - f->since_us) / (double)CLOCK_SECOND);
}

void
run_flight_excuse(struct run *r, int64_t since_us)
{
	int64_t spent = clock_monotonic() - since_us;

	for (size_t i = 0; i < r->flight_count; i++)
		r->flights[i].deadline_us += spent;
}

int
run_flight_land(struct run *r, struct err *e)
{
	struct err lost = ERR_INIT;
	size_t i = 0;

	while (i < r->flight_count && !stop_requested()) {
		struct run_flight *f = &r->flights[i];
		int64_t now = clock_monotonic();

		if (f->done) {
			if (land(r, i, NULL, e) == -1)
				return -1;
			run_flight_excuse(r, now);
		} else if (now >= f->deadline_us) {
			set_overdue(f, &lost);
			if (land(r, i, &lost, e) == -1)
				return -1;
		} else {
			i++;
		}
	}
	/* With flights in the air their ends would be taken away, too. */
	if (r->flight_count == 0)
		(void)fetch_process_reap();
	return 0;
}

int
run_flight_fail_all(struct run *r, const struct err *why, struct err *e)
{
	while (r->flight_count > 0)
		if (land(r, 0, why, e) == -1)
			return -1;
	return 0;
}

void
run_flight_drop_strangers(struct run *r)
{
	size_t i = 0;

	while (i < r->flight_count)
		if (job_of(r, &r->flights[i]) == -1)
			drop(r, i);
		else
			i++;
}

void
run_flight_drop_all(struct run *r)
{
	while (r->flight_count > 0)
		drop(r, 0);
}

static void
show(const struct run *r, const struct run_flight *f)
{
	ssize_t at = run_find_job(r, f->name);
	struct run_progress p = { .fetched = fetch_child_progress(f->child),
		.since_us = f->since_us,
		.in_flight = r->flight_count };

	/* The name that lasts as long as the report. */
	if (at == -1 || r->options->progress == NULL)
		return;
	p.source = r->report->outcomes[at].name;
	r->options->progress(r->options->ctx, &p);
}

void
run_flight_show(struct run *r)
{
	int64_t now = clock_monotonic();
	const struct run_flight *f;
	struct err ignored = ERR_INIT;

	for (size_t i = 0; i < r->flight_count; i++)
		show(r, &r->flights[i]);
	if (r->flight_count == 0 || !r->recorded ||
	    now - r->heartbeat_us < HEARTBEAT)
		return;
	r->heartbeat_us = now;
	/* One after the other, a second each. */
	f = &r->flights[(size_t)(now / HEARTBEAT) % r->flight_count];
	/* A heartbeat that is missed is not worth failing for. */
	(void)state_run_progress(r->context.db, r->context.run, f->name, 0,
	    fetch_child_progress(f->child)->bytes, &ignored);
}
