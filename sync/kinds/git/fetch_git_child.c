/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that talks to a git server, and the deadline it is held to.
 *
 * The child writes struct fetch_git_report to a pipe; it has the parent's
 * memory layout, so the struct goes as it is.  When the deadline passes it is
 * killed with all it started.  When the parent dies, it dies too.
 */
#include "sync/kinds/git/fetch_git.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/sandbox/sandbox.h"
#include "sync/fetch/fetch_process.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(sizeof(struct fetch_git_report) <= PIPE_BUF,
    "a report must be written in one piece");

static const char *const phase_names[] = {
	[FETCH_GIT_CONNECTING] = "connecting",
	[FETCH_GIT_RECEIVING] = "receiving objects",
	[FETCH_GIT_READING] = "reading",
};

/* ---- in the child ---- */

static void
send_report(void *ctx, const struct fetch_git_report *report)
{
	const int *fd = ctx;
	ssize_t n;

	do {
		n = write(*fd, report, sizeof *report);
	} while (n == -1 && errno == EINTR);
	/* Nobody listens: the parent is gone. */
	if (n != (ssize_t)sizeof *report)
		_exit(1);
}

static void
run_child(struct fetch_git_job *job, int fd)
{
	struct fetch_git_report report;

	/* Before it reads anything from the network: it may signal no process.
	 */
	sandbox_fetch_alone();
	memset(&report, 0, sizeof report);
	if (fetch_git_remote_update(
		job, &report, send_report, &fd, &report.err) == -1)
		report.outcome = FETCH_GIT_FAILED;
	report.suspect = job->suspect;
	send_report(&fd, &report);
	_exit(0);
}

/* ---- in the parent ---- */

/* Kills what is left of the child and takes its status. */
static int
end_child(struct fetch_process *child)
{
	close(child->fd);
	return fetch_process_end(child->pid);
}

static void
take_progress(struct fetch_git_job *job, const struct fetch_git_report *report,
    const struct fetch_progress *before)
{
	job->used.bytes = before->bytes + report->bytes;
	job->used.requests = before->requests + report->requests;
	job->used.phase = phase_names[report->phase];
	if (job->options->progress != NULL)
		job->options->progress(job->options->progress_ctx, &job->used);
}

static void
set_timeout_error(const struct fetch_git_job *job, struct err *e)
{
	/* To the tenth: what passed before the start is nobody's interest. */
	int64_t tenth = CLOCK_SECOND / 10;
	int64_t tenths =
	    (job->deadline_us - job->started_us + tenth / 2) / tenth;
	double seconds = (double)tenths / 10;

	err_set(e, ERR_FETCH, "timed out after %.3gs while %s",
	    seconds > 0 ? seconds : 0.0,
	    job->used.phase == NULL ? "connecting" : job->used.phase);
}

/* The sender parsed bytes of strangers: what it says is looked at. */
static bool
makes_sense(const struct fetch_git_report *r)
{
	return r->outcome <= FETCH_GIT_FAILED &&
	       r->phase <= FETCH_GIT_READING && r->err.code <= ERR_INTERNAL &&
	       memchr(r->err.text, '\0', sizeof r->err.text) != NULL;
}

/*
 * Waits for the next report: 1, or 0 when the child hung up or makes no sense,
 * or -1.
 */
static int
next_report(struct fetch_process *child, struct fetch_git_job *job,
    struct fetch_git_report *report, struct err *e)
{
	struct pollfd p = { child->fd, POLLIN, 0 };
	ssize_t n;

	for (;;) {
		int64_t left = job->deadline_us - clock_monotonic();
		int ready;

		if (left <= 0) {
			set_timeout_error(job, e);
			return -1;
		}
		left = left / 1000 + 1;
		ready = poll(&p, 1, left > 3600000 ? 3600000 : (int)left);
		if (ready > 0)
			break;
		if (ready == -1 && errno != EINTR) {
			err_set_errno(e, ERR_FETCH, errno, "failed to poll");
			return -1;
		}
	}
	n = read(child->fd, report, sizeof *report);
	return n == (ssize_t)sizeof *report && makes_sense(report);
}

static int
follow(struct fetch_process *child, struct fetch_git_job *job,
    struct fetch_git_report *report, struct err *e)
{
	const struct fetch_progress before = job->used;
	int got;

	do {
		got = next_report(child, job, report, e);
		if (got == 1)
			take_progress(job, report, &before);
	} while (got == 1 && report->outcome == FETCH_GIT_RUNNING);
	return got;
}

static void
set_death_error(struct fetch_git_job *job, int status, struct err *e)
{
	/* A damaged repository may well be what it died of. */
	job->suspect = true;
	if (WIFSIGNALED(status))
		err_set(e, ERR_FETCH, "the fetching process died of signal %d",
		    WTERMSIG(status));
	else
		err_set(e, ERR_FETCH,
		    "the fetching process ended without an answer");
}

int
fetch_git_child_run(
    struct fetch_git_job *job, enum fetch_git_outcome *outcome, struct err *e)
{
	int rc = -1;
	struct fetch_process child;
	struct fetch_git_report report;
	int got, status;

	memset(&report, 0, sizeof report);
	job->used.phase = phase_names[FETCH_GIT_CONNECTING];
	/* The lock on the cache stays with it until it can write no more. */
	if (fetch_process_start(&child, job->cache.fd, e) == -1)
		goto out;
	if (child.pid == 0)
		run_child(job, child.fd);
	got = follow(&child, job, &report, e);
	status = end_child(&child);
	if (got != 1) {
		fetch_git_cache_sweep(&job->cache);
		if (got == 0)
			set_death_error(job, status, e);
		goto out;
	}
	if (report.outcome == FETCH_GIT_FAILED) {
		job->suspect = report.suspect;
		*e = report.err;
		goto out;
	}
	*outcome = report.outcome;
	rc = 0;
out:
	return rc;
}
