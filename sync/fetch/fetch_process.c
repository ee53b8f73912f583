/* SPDX-License-Identifier: Apache-2.0 */
/* Isolating a fetching process, and killing it. */
#include "sync/fetch/fetch_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* The same number everywhere; libc has no function for it before 2.34. */
#define CLOSE_RANGE 436
#define KEPT 2 /* descriptors besides the standard ones */

static int
close_range_of(unsigned first, unsigned last)
{
#ifdef __linux__
	if (first > last)
		return 0;
	return (int)syscall(CLOSE_RANGE, first, last, 0u);
#else
	(void)first;
	(void)last;
	return -1;
#endif
}

/* ${keep} ascends. */
static int
close_ranges(const int keep[KEPT])
{
	unsigned first = STDERR_FILENO + 1;

	for (size_t i = 0; i < KEPT; i++) {
		unsigned fd = (unsigned)keep[i];

		if (keep[i] <= STDERR_FILENO)
			continue;
		if (close_range_of(first, fd - 1) == -1)
			return -1;
		first = fd + 1;
	}
	return close_range_of(first, ~0U);
}

/* For kernels without close_range(): repeats until none is left to close. */
static int
close_listed(const int keep[KEPT])
{
	struct dirent *entry;
	bool again = true, failed;
	DIR *dir;

	while (again) {
		dir = opendir("/dev/fd");
		if (dir == NULL)
			return -1;
		again = false;
		while (errno = 0, (entry = readdir(dir)) != NULL) {
			long fd = strtol(entry->d_name, NULL, 10);

			if (fd <= STDERR_FILENO || fd > INT_MAX ||
			    fd == keep[0] || fd == keep[1] || fd == dirfd(dir))
				continue;
			again = close((int)fd) == 0 || again;
		}
		failed = errno != 0;
		closedir(dir);
		if (failed)
			return -1;
	}
	return 0;
}

static void
reset_signals(void)
{
	static const int defaults[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT,
		SIGALRM, SIGCHLD, SIGUSR1, SIGUSR2 };
	struct sigaction action;
	sigset_t none;

	memset(&action, 0, sizeof action);
	sigemptyset(&action.sa_mask);
	action.sa_handler = SIG_DFL;
	for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
		sigaction(defaults[i], &action, NULL);
	/* A connection that the server closed is an error to report. */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
isolate(pid_t parent, const int keep[KEPT])
{
	const struct rlimit no_core = { 0, 0 };
	int null;

	/* The new session has no terminal, and one kill reaches all of it. */
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
	/* A fetch must not be able to write to the database of its parent. */
	if (close_ranges(keep) == -1 && close_listed(keep) == -1)
		_exit(FETCH_PROCESS_NOT_CLOSED);
}

int
fetch_process_start(struct fetch_process *p, int keep, struct err *e)
{
	int fds[2] = { -1, -1 };
	pid_t parent = getpid();
	int rc = -1;

	if (pipe(fds) == -1) {
		err_set_errno(e, ERR_FETCH, errno, "failed to make a pipe");
		goto out;
	}
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	p->pid = fork();
	if (p->pid == -1) {
		err_set_errno(e, ERR_FETCH, errno, "failed to fork");
		goto out;
	}
	if (p->pid == 0) {
		const int open[KEPT] = { fds[1] < keep ? fds[1] : keep,
			fds[1] < keep ? keep : fds[1] };

		/* This closes the parent's end as well. */
		isolate(parent, open);
		p->fd = fds[1];
		return 0;
	}
	p->fd = fds[0];
	fds[0] = -1;
	rc = 0;
out:
	if (fds[0] != -1)
		close(fds[0]);
	if (fds[1] != -1)
		close(fds[1]);
	return rc;
}

int
fetch_process_end(pid_t pid)
{
	int status = 0;
	pid_t got;

	/* Its group may not exist yet, so the process is named as well. */
	kill(pid, SIGKILL);
	kill(-pid, SIGKILL);
	do {
		got = waitpid(pid, &status, 0);
	} while (got == -1 && errno == EINTR);
	return status;
}

void
fetch_process_adopt(void)
{
#if defined(__linux__) && defined(PR_SET_CHILD_SUBREAPER)
	prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}

void
fetch_process_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}
