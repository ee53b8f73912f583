/* SPDX-License-Identifier: Apache-2.0 */
/* Isolating a fetching process, and ending it. */
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
#endif

#define DESCRIPTORS 256 /* of the parent, that can be open at once */

static bool
is_kept(int fd, const int *keep, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

/* Database and lock of the parent are none of the child's. */
static void
close_others(const int *keep, size_t keep_count)
{
	DIR *dir = opendir("/dev/fd");
	struct dirent *entry;
	int fds[DESCRIPTORS];
	size_t count = 0;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL && count < DESCRIPTORS) {
		long fd = strtol(entry->d_name, NULL, 10);

		if (fd > STDERR_FILENO && fd <= INT_MAX &&
		    !is_kept((int)fd, keep, keep_count) && fd != dirfd(dir))
			fds[count++] = (int)fd;
	}
	closedir(dir);
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
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
	/* A server that hangs up is an error to report, not a death. */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
isolate(pid_t parent, const int *keep, size_t count)
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
	close_others(keep, count);
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
		const int open[] = { fds[1], keep };

		/* This closes the parent's end as well. */
		isolate(parent, open, sizeof open / sizeof open[0]);
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

bool
fetch_process_reap(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid == 0;
}
