/* SPDX-License-Identifier: Apache-2.0 */
/* Sources that are being fetched in other processes. */
#include "sync/run.h"

#include "lib/clock.h"
#include "lib/log/log.h"
#include "lib/store/database.h"
#include "sync/fetch/fetch_child.h"
#include "sync/stop.h"

/* Time for a child to report that it exceeded its deadline. */
#define GRACE (2 * CLOCK_SECOND)

/* Detaches the child of ${s}, which the caller owns then. */
static struct fetch_child *
detach_child(struct run *r, struct run_source *s)
{
	struct fetch_child *child = s->child;

	s->child = NULL;
	r->fetching--;
	return child;
}

void
run_fetch_kill(struct run *r, struct run_source *s)
{
	if (s->child != NULL)
		fetch_child_kill(detach_child(r, s));
}

int
run_fetch_start(struct run *r, struct run_source *s, struct err *e)
{
	const struct validators *previous;
	struct fetch_options how;
	struct fetch nothing = { .unchanged = false };
	struct err why = ERR_INIT;

	if (run_record_start(r, e) == -1 ||
	    source_claim(&s->outcome, &r->context, &s->job, e) == -1)
		return -1;
	source_fetch_how(&how, &previous, &r->context, &s->job);
	if (fetch_child_start(&s->child, s->conf, previous, &how, &why) == -1) {
		if (source_store(&s->outcome, &r->context, &s->job, &nothing,
			&why, e) == -1)
			return -1;
		return run_attempted(r, s, e);
	}
	r->fetching++;
	s->local.changed = false;
	s->sent = false;
	s->since_us = clock_monotonic();
	s->deadline_us = how.deadline_us + GRACE;
	report_step(r->reporter, s->conf->name, "fetching");
	return 0;
}

/*
 * Warns, once in a process, if a fetch ran without a sandbox although it should
 * have one, and stores the warning for the responders.
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
	report_step(r->reporter, source,
	    s->landlock > 0 ? "fetched in a sandbox"
			    : "fetched without a sandbox");
	sandbox_warning(warning, s);
	if (*warning != '\0' && !warned) {
		log_message(LOG_LEVEL_WARN, SANDBOX_NOT_IN_FORCE, warning);
		warned = true;
	}
	return database_set(r->context.db, SANDBOX_SETTING, warning, e);
}

/* Stores the result of the child of ${s}, or the failure ${lost} unless NULL.
 */
static int
finish(
    struct run *r, struct run_source *s, const struct err *lost, struct err *e)
{
	struct fetch_child *child = detach_child(r, s);
	struct fetch fetched = { .used = *fetch_child_progress(child) };
	struct err why = ERR_INIT;

	fetched.used.phase = NULL;
	if (note_sandbox(r, s->conf->name, child, e) == -1) {
		fetch_child_kill(child);
		return -1;
	}
	if (lost != NULL) {
		why = *lost;
		fetch_child_kill(child);
	} else if (fetch_child_finish(&fetched, child, &why) == 0) {
		report_step(r->reporter, s->conf->name, "fetched");
	}
	r->work_us = clock_monotonic();
	if (source_store(&s->outcome, &r->context, &s->job, &fetched,
		why.code == ERR_NONE ? NULL : &why, e) == -1)
		return -1;
	return run_attempted(r, s, e);
}

int
run_fetch_finish(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->source_count && !stop_requested(); i++) {
		struct run_source *s = &r->sources[i];
		struct err lost = ERR_INIT;

		/*
		 * A child may have waited while this process stored another
		 * source, so its deadline is compared with the last wake-up.
		 */
		if (s->child == NULL ||
		    (!s->sent && r->woken_us < s->deadline_us))
			continue;
		if (!s->sent)
			err_set(&lost, ERR_FETCH,
			    "timed out after %.3gs without a result from the "
			    "fetching process",
			    (double)(s->deadline_us - s->since_us) /
				(double)CLOCK_SECOND);
		if (finish(r, s, s->sent ? NULL : &lost, e) == -1)
			return -1;
	}
	return 0;
}

int
run_fetch_fail_all(struct run *r, const struct err *why, struct err *e)
{
	for (size_t i = 0; i < r->source_count; i++)
		if (r->sources[i].child != NULL &&
		    finish(r, &r->sources[i], why, e) == -1)
			return -1;
	return 0;
}
