/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for the child.  The child has parsed untrusted input, so the parent
 * accepts only known CGI variables from it, for the environment of a program.
 */
#include "fcgi/process/keeper.h"

#include "fcgi/process/service.h"
#include "lib/limits.h"
#include "lib/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#define BY_SIGNAL 128 /* what shells add to its number */

static volatile sig_atomic_t child; /* process id; 0: none */
static volatile sig_atomic_t ending;

static void
on_end(int number)
{
	int before = errno;

	ending = 1;
	if (child > 0)
		kill((pid_t)child, number);
	errno = before;
}

static void
mask_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(how, &set, NULL);
}

void
keeper_hold_signals(void)
{
	mask_signals(SIG_BLOCK);
}

void
keeper_release_signals(void)
{
	mask_signals(SIG_UNBLOCK);
}

static void
end_by(int number)
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) == -1 ||
	    action.sa_handler == SIG_IGN)
		return;
	action = (struct sigaction){ .sa_handler = SIG_DFL };
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

void
keeper_end_by_signals(void)
{
	end_by(SIGTERM);
	end_by(SIGUSR1);
	keeper_release_signals();
}

static void
handle_signals(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	action.sa_flags = SA_RESTART;
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
}

/* ---- a request for the new program ---- */

/* Reads to the end of the stream; returns 0 on errors and if it is too long. */
static size_t
read_message(int link, char *to, size_t size)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = read(link, to + len, size - len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			return len;
		len += n < 0 ? 0 : (size_t)n;
		if (n == -1 || len == size)
			return 0;
	}
}

/* Whether all of it is variables of a request. */
static bool
is_request(const char *message, size_t len)
{
	if (len == 0 || message[len - 1] != '\0')
		return false;
	for (const char *s = message; s < message + len; s += strlen(s) + 1)
		if (!service_is_variable(s))
			return false;
	return true;
}

/* Executes the program as plain CGI with its output in ${link}. */
static void
answer(const char *program, int link, char *message, size_t len)
{
	char *const arguments[] = { (char *)program, NULL };
	int nothing = open("/dev/null", O_RDONLY);

	/* A signal to the whole process group must not end it. */
	handle_signals(SIG_IGN);
	alarm(LIMIT_SUCCESSOR_SECONDS);
	if (nothing == -1 || dup2(nothing, STDIN_FILENO) == -1 ||
	    dup2(link, STDOUT_FILENO) == -1)
		_exit(1);
	for (char *s = message; s < message + len; s += strlen(s) + 1)
		if (putenv(s) != 0)
			_exit(1);
	execv(program, arguments);
	_exit(1);
}

/* Waits for the one request there can be; returns the answering process or 0.
 */
static pid_t
answer_request(const char *program, int link)
{
	static char message[LIMIT_HANDED_ON + 1];
	size_t len = read_message(link, message, sizeof message);
	pid_t pid;

	if (!is_request(message, len))
		return 0;
	pid = fork();
	if (pid == 0)
		answer(program, link, message, len);
	return pid == -1 ? 0 : pid;
}

/* ---- the child ---- */

static int
wait_for(pid_t pid)
{
	siginfo_t info;
	int status = 0;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == -1 &&
	       errno == EINTR)
		;
	/* From here on its process id may be reused. */
	keeper_hold_signals();
	child = 0;
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return status;
}

/* Signals stay blocked until the new program unblocks them. */
static int
become(const char *program)
{
	char *const arguments[] = { (char *)program, NULL };

	execv(program, arguments);
	log_message(
	    LOG_LEVEL_ERROR, "cannot execute the new program", strerror(errno));
	return 0;
}

/* The web server or supervisor sees how the child exited. */
static int
end_like(int status)
{
	const struct rlimit none = { 0, 0 };
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;
	int number;

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status) == KEEPER_RESTART
			   ? 0
			   : WEXITSTATUS(status);
	number = WTERMSIG(status);
	/* The child has written the core file. */
	setrlimit(RLIMIT_CORE, &none);
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
	raise(number);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return BY_SIGNAL + number;
}

static int
keep(pid_t pid, const char *program, int link)
{
	pid_t successor = answer_request(program, link);
	int status;

	close(link);
	status = wait_for(pid);
	/* The child has read its answer, or has given up. */
	if (successor > 0) {
		kill(successor, SIGKILL);
		waitpid(successor, NULL, 0);
	}
	if (!ending && WIFEXITED(status) &&
	    WEXITSTATUS(status) == KEEPER_RESTART)
		return become(program);
	return end_like(status);
}

/* If the parent is killed, the child must not survive it. */
static void
follow(pid_t parent)
{
#if defined(__linux__)
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (getppid() != parent)
		_exit(0);
}

int
keeper_start(int *link, const char *program)
{
	pid_t parent = getpid(), pid = -1;
	int pair[2];

	*link = -1;
	if (program != NULL &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
		pid = fork();
		if (pid <= 0)
			close(pair[0]);
		if (pid != 0)
			close(pair[1]);
	}
	if (pid > 0) {
		child = pid;
		handle_signals(on_end);
		keeper_release_signals();
		return keep(pid, program, pair[0]);
	}
	if (pid == 0) {
		*link = pair[1];
		follow(parent);
	}
	return -1;
}
