/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that talks to a git server, and the deadline it is held to.
 *
 * The child writes struct fetch_git_report to a pipe; it has the parent's
 * memory layout, so the struct goes as it is.  When the deadline passes it is
 * killed with all it started.  When the parent dies, it dies too.
 */
#include "sync/fetch/fetch_git.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

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

/* Database and log descriptors of the parent are none of the child's. */
static void
close_others(int keep, int keep_too)
{
	DIR *dir = opendir("/dev/fd");
	struct dirent *entry;
	int fds[256];
	size_t count = 0, i;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL &&
	       count < sizeof fds / sizeof fds[0]) {
		long fd = strtol(entry->d_name, NULL, 10);

		if (fd > STDERR_FILENO && fd <= INT_MAX && fd != keep &&
		    fd != keep_too && fd != dirfd(dir))
			fds[count++] = (int)fd;
	}
	closedir(dir);
	for (i = 0; i < count; i++)
		close(fds[i]);
}

static void
reset_signals(void)
{
	static const int defaults[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT,
		SIGALRM, SIGCHLD, SIGUSR1, SIGUSR2 };
	struct sigaction action;
	sigset_t none;
	size_t i;

	memset(&action, 0, sizeof action);
	sigemptyset(&action.sa_mask);
	action.sa_handler = SIG_DFL;
	for (i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
		sigaction(defaults[i], &action, NULL);
	/* A server that hangs up is an error to report, not a death. */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
isolate(pid_t parent, int pipe_fd, int lock_fd)
{
	const struct rlimit no_core = { 0, 0 };
	int null;

	/* A session of its own: one kill reaches all, no terminal to ask. */
	setsid();
	reset_signals();
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (getppid() != parent)
		_exit(1);
	umask(077);
	setrlimit(RLIMIT_CORE, &no_core); /* secrets are in memory here */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	close_others(pipe_fd, lock_fd);
}

/* The lock on the cache stays with the child until it can write no more. */
static void
run_child(struct fetch_git_job *job, pid_t parent, int fd)
{
	struct fetch_git_report report;

	isolate(parent, fd, job->cache.fd);
	memset(&report, 0, sizeof report);
	if (fetch_git_remote_update(
		job, &report, send_report, &fd, &report.err) == -1)
		report.outcome = FETCH_GIT_FAILED;
	report.suspect = job->suspect;
	send_report(&fd, &report);
	_exit(0);
}

/* ---- in the parent ---- */

struct child {
	pid_t pid;
	int fd; /* where reports come from */
};

static int
start_child(struct child *child, struct fetch_git_job *job, struct err *e)
{
	int rc = -1;
	int fds[2] = { -1, -1 };
	pid_t parent = getpid();

	if (pipe(fds) == -1) {
		err_set_errno(e, ERR_FETCH, errno, "failed to make a pipe");
		goto out;
	}
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	child->pid = fork();
	if (child->pid == -1) {
		err_set_errno(e, ERR_FETCH, errno, "failed to fork");
		goto out;
	}
	if (child->pid == 0)
		run_child(job, parent, fds[1]);
	child->fd = fds[0];
	fds[0] = -1;
	rc = 0;
out:
	if (fds[0] != -1)
		close(fds[0]);
	if (fds[1] != -1)
		close(fds[1]);
	return rc;
}

/* Kills what is left of the child and takes its status. */
static int
end_child(struct child *child)
{
	int status = 0;
	pid_t pid;

	close(child->fd);
	/* Its group may not exist yet, so the process is named as well. */
	kill(child->pid, SIGKILL);
	kill(-child->pid, SIGKILL);
	do {
		pid = waitpid(child->pid, &status, 0);
	} while (pid == -1 && errno == EINTR);
	return status;
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
	double seconds =
	    (double)(job->deadline_us - job->started_us) / (double)CLOCK_SECOND;

	err_set(e, ERR_FETCH, "timed out after %.3gs while %s",
	    seconds > 0 ? seconds : 0.0,
	    job->used.phase == NULL ? "connecting" : job->used.phase);
}

/* Waits for the next report: 1, or 0 when the child hung up, or -1. */
static int
next_report(struct child *child, struct fetch_git_job *job,
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
	return n == (ssize_t)sizeof *report;
}

static int
follow(struct child *child, struct fetch_git_job *job,
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
	struct child child;
	struct fetch_git_report report;
	int got, status;

	memset(&report, 0, sizeof report);
	job->used.phase = phase_names[FETCH_GIT_CONNECTING];
	if (start_child(&child, job, e) == -1)
		goto out;
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
