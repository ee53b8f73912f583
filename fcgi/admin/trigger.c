/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking the lock and starting the sync as a daemon: a process in between makes
 * the sync a child of init, so this program does not have to wait for it.
 */
#include "fcgi/admin/trigger.h"

#include "fcgi/admin/trigger_environment.h"
#include "lib/limits.h"
#include "lib/lockfile.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "directories.h"

#define PROGRAM_NAME "thv-registry-sync"
#define PROGRAM_ELSEWHERE BINDIR "/" PROGRAM_NAME
#define UMASK 022 /* at least; the umask of this process may be stricter */
#define CLOSE_RANGE_ON_EXEC 4 /* CLOSE_RANGE_CLOEXEC of linux/close_range.h */
#define DESCRIPTORS_MAX 65536 /* closed one by one without close_range() */

extern char **environ;

/* Prepared before forking. */
struct child {
	char *program;
	char **arguments;
	char **environment;
	int lock;
	int report; /* a failure to start is written here */
	bool keep_stderr;
};

/* The sync gets the lock and no other descriptor. */
static int
keep_descriptors(int lock)
{
	bool done = false;

#ifdef SYS_close_range
	done = syscall(SYS_close_range, STDERR_FILENO + 1, ~0U,
		   CLOSE_RANGE_ON_EXEC) == 0;
#endif
	if (!done)
		for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS_MAX; fd++)
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fcntl(lock, F_SETFD, 0);
}

static int
redirect(bool keep_stderr)
{
	int null = open("/dev/null", O_RDWR);
	struct stat st;

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1)
		return -1;
	/* A web server waits for the end of the pipe of a plain CGI program. */
	if (fstat(STDERR_FILENO, &st) == -1 ||
	    (!keep_stderr && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))))
		return dup2(null, STDERR_FILENO);
	return 0;
}

static void
reset_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &action, NULL);
	/* The sync must survive the end of the reader of its log. */
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void
become_sync(const struct child *c)
{
	ssize_t ignored;
	int number;

	reset_signals();
	umask(umask(UMASK) | UMASK);
	if (chdir("/") == 0 && redirect(c->keep_stderr) != -1 &&
	    keep_descriptors(c->lock) != -1)
		execve(c->program, c->arguments, c->environment);
	number = errno;
	/* The client that gets the failure may retry at once. */
	close(c->lock);
	ignored = write(c->report, &number, sizeof number);
	(void)ignored;
	_exit(127);
}

static _Noreturn void
become_middle(const struct child *c)
{
	ssize_t ignored;
	int number;

	if (setsid() != -1) {
		pid_t sync = fork();

		if (sync == 0)
			become_sync(c);
		if (sync != -1)
			_exit(0);
	}
	number = errno;
	ignored = write(c->report, &number, sizeof number);
	(void)ignored;
	_exit(127);
}

/* The pipe is empty if the program runs: exec closes it. */
static int
read_report(int report, const char *program, struct err *e)
{
	int number;
	ssize_t n;

	do {
		n = read(report, &number, sizeof number);
	} while (n == -1 && errno == EINTR);
	if (n == 0)
		return 0;
	err_set_errno(e, ERR_UNAVAILABLE,
	    n == (ssize_t)sizeof number ? number : errno, "cannot start %s",
	    program);
	return -1;
}

static int
start(struct child *c, struct err *e)
{
	int report[2] = { -1, -1 };
	int rc = -1;
	pid_t middle;

	if (pipe(report) == -1 || fcntl(report[0], F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(report[1], F_SETFD, FD_CLOEXEC) == -1) {
		err_set_errno(e, ERR_UNAVAILABLE, errno, "pipe");
		goto out;
	}
	c->report = report[1];
	middle = fork();
	if (middle == 0)
		become_middle(c);
	if (middle == -1) {
		err_set_errno(e, ERR_UNAVAILABLE, errno, "fork");
		goto out;
	}
	close(report[1]);
	report[1] = -1;
	while (waitpid(middle, NULL, 0) == -1 && errno == EINTR)
		;
	if (read_report(report[0], c->program, e) == -1)
		goto out;
	rc = 0;
out:
	for (int i = 0; i < 2; i++)
		if (report[i] != -1)
			close(report[i]);
	return rc;
}

/* The strings are borrowed. */
static char **
make_arguments(const char *const *sources, size_t count)
{
	static char name[] = PROGRAM_NAME, option[] = "--source";
	char **arguments = xcalloc(2 * count + 2, sizeof *arguments);

	arguments[0] = name;
	for (size_t i = 0; i < count; i++) {
		arguments[2 * i + 1] = option;
		arguments[2 * i + 2] = (char *)(uintptr_t)sources[i];
	}
	return arguments;
}

static char *
program_to_start(void)
{
	const char *named = getenv("THV_REGISTRY_SYNC");
	char own[LIMIT_PATH];
	ssize_t len;

	if (named != NULL && *named != '\0')
		return xstrdup(named);
	len = readlink("/proc/self/exe", own, sizeof own);
	while (len > 0 && own[len - 1] != '/')
		len--;
	if (len <= 0)
		return xstrdup(PROGRAM_ELSEWHERE);
	return xasprintf("%.*s" PROGRAM_NAME, (int)len, own);
}

int
trigger_start(char run_id[RUN_ID_SIZE], const struct trigger *t,
    const char *const *sources, size_t count, struct err *e)
{
	struct child c = { .lock = -1, .keep_stderr = t->keep_stderr };
	int rc = -1;

	if (run_id_make(run_id, e) == -1 ||
	    lockfile_take(&c.lock, t->database, e) == -1)
		goto out;
	c.program = program_to_start();
	c.arguments = make_arguments(sources, count);
	c.environment = trigger_environment(
	    environ, &(struct trigger_variables){ .database = t->database,
			 .run_id = run_id,
			 .traceparent = t->traceparent,
			 .lock = c.lock });
	if (start(&c, e) == -1)
		goto out;
	rc = 0;
out:
	trigger_environment_free(c.environment);
	free(c.arguments);
	free(c.program);
	if (c.lock != -1)
		close(c.lock);
	return rc;
}
