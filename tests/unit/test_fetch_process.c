/* SPDX-License-Identifier: Apache-2.0 */
/* A fetching process inherits almost nothing from the sync. */
#include "sync/fetch/fetch_process.h"
#include "sync/fetch/fetch_sandbox.h"
#include "sync/kinds/kind.h"
#include "tests/t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#define MANY 900 /* more than are read from a directory at once */
#define CLOSE_RANGE 436

extern char **environ;

static int descriptors[MANY];
static size_t descriptor_count;

static void
open_many(void)
{
	while (descriptor_count < MANY) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd == -1)
			break;
		descriptors[descriptor_count++] = fd;
	}
	CHECK(descriptor_count > 300);
}

/* How many are open in a process that keeps one of them and its pipe. */
static int
count_open(void)
{
	struct fetch_process p;
	struct err e = ERR_INIT;
	int keep = descriptors[descriptor_count / 2];
	unsigned char seen[3] = { 0, 0, 0 };

	fflush(stdout);
	if (!CHECK(fetch_process_start(&p, keep, &e) == 0))
		return -1;
	if (p.pid == 0) {
		int count = 0;

		for (int fd = STDERR_FILENO + 1; fd < 2 * MANY; fd++)
			count += fcntl(fd, F_GETFD) != -1;
		seen[0] = count > 255 ? 255 : (unsigned char)count;
		seen[1] = fcntl(keep, F_GETFD) != -1;
		seen[2] = getsid(0) == getpid();
		_exit(write(p.fd, seen, sizeof seen) != sizeof seen);
	}
	if (read(p.fd, seen, sizeof seen) != sizeof seen)
		seen[0] = 0;
	close(p.fd);
	CHECK_INT(WEXITSTATUS(fetch_process_end(p.pid)) <= 71, 1);
	CHECK_INT(seen[1], seen[0] > 0);
	/* So that one kill() reaches all that it starts. */
	CHECK_INT(seen[2], seen[0] > 0);
	return seen[0];
}

static void
test_descriptors(void)
{
	CHECK_INT(count_open(), 2);
}

#ifdef __linux__
/* In a process for which ${call} does not exist. */
static void
take_away(int call, int also)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0,
		    offsetof(struct seccomp_data, nr) },
		{ BPF_JMP | BPF_JEQ | BPF_K, 1, 0, (uint32_t)call },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)also },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
	};
	struct sock_fprog filter = { 5, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0)
		_exit(99);
}

/* As before close_range(), and where /dev/fd cannot be listed either. */
static int
count_without(int also)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		take_away(CLOSE_RANGE, also);
		_exit(count_open());
	}
	if (child == -1 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#endif

static void
test_old_kernel(void)
{
#ifdef __linux__
	CHECK_INT(count_without(CLOSE_RANGE), 2);
	/* Nothing is said by a process that may hold the database. */
	CHECK_INT(count_without(SYS_getdents64), 0);
#endif
}

/* ---- the environment ---- */

static void
set_environment(void)
{
	static const char *const variables[] = { "HOME", "https_proxy",
		"no_proxy", "SSL_CERT_FILE", "LANG", "TZ", "REQUEST_METHOD",
		"THV_REGISTRY_DATABASE_PASSWORD", "AWS_SECRET_ACCESS_KEY",
		"KUBERNETES_SERVICE_HOST", "SSH_AUTH_SOCK", "HOMER",
		"LD_PRELOAD_X", "GIT_SSH_COMMAND" };

	environ = NULL;
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
		setenv(variables[i], "planted", 1);
}

static void
check_environment(const struct conf_source *source, bool cluster, bool agent)
{
	const char *secret;

	set_environment();
	secret = getenv("AWS_SECRET_ACCESS_KEY");
	fetch_sandbox_environment(source);
	CHECK_STR(secret, ""); /* wiped, not only unlinked */
	CHECK(getenv("HOME") != NULL && getenv("https_proxy") != NULL &&
	      getenv("no_proxy") != NULL && getenv("SSL_CERT_FILE") != NULL &&
	      getenv("LANG") != NULL && getenv("TZ") != NULL);
	CHECK(getenv("REQUEST_METHOD") != NULL);
	CHECK(getenv("THV_REGISTRY_DATABASE_PASSWORD") == NULL);
	CHECK(getenv("AWS_SECRET_ACCESS_KEY") == NULL);
	CHECK(getenv("HOMER") == NULL && getenv("LD_PRELOAD_X") == NULL);
	CHECK(getenv("GIT_SSH_COMMAND") == NULL);
	CHECK_INT(getenv("KUBERNETES_SERVICE_HOST") != NULL, cluster);
	CHECK_INT(getenv("SSH_AUTH_SOCK") != NULL, agent);
}

static void
test_environment(void)
{
	char **own = environ;
	const struct conf_source url = { .kind = &kind_url,
		.u.file = { .url = (char[]){ "https://example.com/" } } };
	const struct conf_source https = { .kind = &kind_git,
		.u.git = { .repository = (char[]){ "https://e.example/a" } } };
	const struct conf_source ssh = { .kind = &kind_git,
		.u.git = { .repository = (char[]){ "git@e.example:a" } } };
	const struct conf_source map = { .kind = &kind_configmap_api };

	check_environment(&url, false, false);
	check_environment(&https, false, false);
	check_environment(&ssh, false, true);
	check_environment(&map, true, false);
	environ = own;
}

int
main(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur =
		    files.rlim_max < 2 * MANY ? files.rlim_max : 2 * MANY;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	open_many();
	test_descriptors();
	test_old_kernel();
	for (size_t i = 0; i < descriptor_count; i++)
		close(descriptors[i]);
	test_environment();
	return t_done();
}
