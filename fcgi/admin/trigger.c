/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking the lock and starting the sync as a daemon: an intermediate process
 * exits at once, so init, not this program, waits for the sync.
 */
#include "fcgi/admin/trigger.h"

#include "fcgi/process/program.h"
#include "lib/limits.h"
#include "lib/lockfile.h"
#include "lib/trace.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "directories.h"

#define PROGRAM_NAME "thv-registry-sync"
#define PROGRAM_ELSEWHERE BINDIR "/" PROGRAM_NAME
#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define UMASK 022 /* added to the umask of this process */
#define DESCRIPTORS_MAX 65536 /* as the limit of a process may be infinite */

#define PATH_OF_CHILD \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CONFIG_VARIABLE "THV_REGISTRY_CONFIG"
#define DATABASE_VARIABLE "THV_REGISTRY_DATABASE_PATH"
#define RUN_VARIABLE "THV_REGISTRY_RUN_ID"

extern char **environ;

/* ---- the environment of the sync ---- */

/* Variables that are inherited; a name that ends in '_' is a prefix. */
static const char *const passed[] = {
	"LANG",
	"TZ",
	"HOME", /* where ssh looks for known hosts, as under cron */
	"http_proxy",
	"https_proxy",
	"all_proxy",
	"no_proxy",
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
	"KUBERNETES_SERVICE_",
	"JOURNAL_STREAM", /* describes standard error */
	"THV_REGISTRY_",
};

/* Variables that are set for the run. */
static const char *const replaced[] = {
	CONFIG_VARIABLE,
	DATABASE_VARIABLE,
	RUN_VARIABLE,
	LOCKFILE_VARIABLE,
};

/* Whether ${variable}, NAME=VALUE, has ${name}. */
static bool
has_name(const char *variable, const char *name)
{
	size_t len = strlen(name);

	return strncmp(variable, name, len) == 0 &&
	       (name[len - 1] == '_' || variable[len] == '=');
}

static bool
has_any_name(const char *variable, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (has_name(variable, names[i]))
			return true;
	return false;
}

/* The working directory of the sync is the root, so paths must be absolute. */
static char *
absolute_path(const char *variable, const char *path)
{
	char here[LIMIT_PATH];

	if (*path == '/' || getcwd(here, sizeof here) == NULL)
		return xasprintf("%s=%s", variable, path);
	return xasprintf("%s=%s/%s", variable, here, path);
}

char **
trigger_environment(
    char *const *from, const struct trigger *t, const char *run_id, int lock)
{
	const char *config = getenv(CONFIG_VARIABLE);
	size_t count = 0, at = 0;
	char **to;

	while (from[count] != NULL)
		count++;
	to = xcalloc(count + COUNT(replaced) + 3, sizeof *to);
	for (size_t i = 0; i < count; i++)
		if (has_any_name(from[i], passed, COUNT(passed)) &&
		    !has_any_name(from[i], replaced, COUNT(replaced)))
			to[at++] = xstrdup(from[i]);
	to[at++] = xstrdup(PATH_OF_CHILD);
	to[at++] = absolute_path(DATABASE_VARIABLE, t->database);
	to[at++] = xasprintf("%s=%s", RUN_VARIABLE, run_id);
	to[at++] = xasprintf("%s=%d", LOCKFILE_VARIABLE, lock);
	if (t->traceparent != NULL)
		to[at++] =
		    xasprintf("%s=%s", TRACE_ENVIRONMENT, t->traceparent);
	if (config != NULL && *config != '\0')
		to[at++] = absolute_path(CONFIG_VARIABLE, config);
	return to;
}

void
trigger_environment_free(char **environment)
{
	if (environment == NULL)
		return;
	for (size_t i = 0; environment[i] != NULL; i++)
		free(environment[i]);
	free(environment);
}

/* ---- starting a process ---- */

/* All that the child needs, prepared before fork(). */
struct child {
	char *program;
	char **arguments;
	char **environment;
	int lock;
	int report; /* pipe that gets errno if the start fails */
	bool keep_stderr;
};

/* The sync inherits the lock and no other descriptor. */
static int
keep_descriptors(int lock)
{
	long most = sysconf(_SC_OPEN_MAX);

	if (most == -1 || most > DESCRIPTORS_MAX)
		most = DESCRIPTORS_MAX;
	for (int fd = STDERR_FILENO + 1; fd < most; fd++)
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
	/* Web servers wait until the pipe of a plain CGI program is closed. */
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
	/* The sync must not die if the reader of its log exits. */
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
	/* Before the report: the client may retry at once. */
	close(c->lock);
	ignored = write(c->report, &number, sizeof number);
	(void)ignored;
	_exit(127);
}

static _Noreturn void
become_intermediate(const struct child *c)
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

/* If the program runs, exec has closed the pipe and nothing is in it. */
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
		become_intermediate(c);
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
make_arguments(const struct value_set *sources)
{
	static char name[] = PROGRAM_NAME, option[] = "--source";
	char **arguments = xcalloc(2 * sources->count + 2, sizeof *arguments);

	arguments[0] = name;
	for (size_t i = 0; i < sources->count; i++) {
		arguments[2 * i + 1] = option;
		arguments[2 * i + 2] = (char *)(uintptr_t)sources->at[i];
	}
	return arguments;
}

static char *
program_to_start(void)
{
	const char *named = getenv("THV_REGISTRY_SYNC");
	const char *own = program_path();
	const char *slash = own == NULL ? NULL : strrchr(own, '/');

	if (named != NULL && *named != '\0')
		return xstrdup(named);
	if (slash == NULL)
		return xstrdup(PROGRAM_ELSEWHERE);
	return xasprintf("%.*s/" PROGRAM_NAME, (int)(slash - own), own);
}

int
trigger_start(char run_id[RUN_ID_SIZE], const struct trigger *t, struct err *e)
{
	struct child c = { .lock = -1, .keep_stderr = t->keep_stderr };
	int rc = -1;

	if (run_id_make(run_id, e) == -1 ||
	    lockfile_take(&c.lock, t->database, e) == -1)
		goto out;
	c.program = program_to_start();
	c.arguments = make_arguments(t->sources);
	c.environment = trigger_environment(environ, t, run_id, c.lock);
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
