/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a fetching process of each kind can and cannot open. */
#include "lib/sandbox/sandbox.h"
#include "sync/fetch/fetch_sandbox.h"
#include "sync/kinds/kind.h"
#include "tests/t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMES 24

static char directory[] = "/tmp/fetch-sandbox-XXXXXX";

/* The path of ${name} in the directory, in one of a few buffers. */
static char *
at(const char *name)
{
	static char paths[NAMES][64];
	static size_t count;
	size_t i = 0;
	char path[64];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	while (i < count && strcmp(paths[i], path) != 0)
		i++;
	if (i == NAMES)
		abort();
	if (i == count)
		memcpy(paths[count++], path, sizeof path);
	return paths[i];
}

static char *
file(const char *name)
{
	char *path = at(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd != -1 && write(fd, "x", 1) == 1);
	close(fd);
	return path;
}

/* What happens in a process that fetches ${source} and opens ${path}. */
static int
outcome(const struct conf_source *source, const char *path, int flags)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		fetch_sandbox_enter(source, at("cache/a.d"));
		_exit(open(path, flags, 0600) == -1 ? errno : 0);
	}
	if (child == -1 || waitpid(child, &status, 0) != child)
		return 999;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 998;
}

static void
check_kind(const struct conf_source *source, const char *own, const char *other)
{
	char parent[64];

	CHECK_INT(outcome(source, own, O_RDONLY), 0);
	CHECK_INT(outcome(source, own, O_WRONLY), EACCES);
	CHECK_INT(outcome(source, other, O_RDONLY), EACCES);
	CHECK_INT(outcome(source, at("registry.db"), O_RDONLY), EACCES);
	CHECK_INT(outcome(source, at("registry.db-wal"), O_RDWR), EACCES);
	CHECK_INT(outcome(source, at("cache/a.d/new"), O_RDWR | O_CREAT), 0);
	CHECK_INT(outcome(source, at("cache/new"), O_RDWR | O_CREAT), EACCES);
	CHECK_INT(outcome(source, at("cache"), O_RDONLY), EACCES);
	CHECK_INT(outcome(source, at("cache/b.d/config"), O_RDONLY), EACCES);
	CHECK_INT(outcome(source, at("cache/b.d/config"), O_WRONLY), EACCES);
	CHECK_INT(outcome(source, at("new"), O_RDWR | O_CREAT), EACCES);
	CHECK_INT(outcome(source, "/etc/passwd", O_RDONLY), 0);
	CHECK_INT(outcome(source, "/etc", O_RDONLY), EACCES);
	CHECK_INT(outcome(source, "/tmp", O_RDONLY), EACCES);
	/* Landlock alone lets the environment of other processes be read. */
	snprintf(parent, sizeof parent, "/proc/%d/environ", (int)getpid());
	CHECK_INT(outcome(source, parent, O_RDONLY), EACCES);
	CHECK_INT(outcome(source, "/proc/self/environ", O_RDONLY), 0);
	CHECK_INT(outcome(source, "/dev/null", O_RDWR), 0);
}

static void
test_kinds(void)
{
	char *token = file("token"), *other = file("other"), *ca = file("ca");
	char *key = file("key"), *hosts = file("hosts");
	struct conf_http_header header = { .value_file = file("header") };
	const struct conf_source api = { .kind = &kind_api,
		.u.api = { .http.token_file = token,
		    .http.ca_file = ca,
		    .headers = &header,
		    .header_count = 1 } };
	const struct conf_source https = { .kind = &kind_git,
		.u.git = { .repository = "https://git.example.com/a",
		    .password_file = token,
		    .ca_file = ca } };
	const struct conf_source ssh = { .kind = &kind_git,
		.u.git = { .repository = "git@git.example.com:a",
		    .private_key_file = key,
		    .known_hosts_file = hosts } };
	const struct conf_source url = { .kind = &kind_url,
		.u.file = { .url = "https://example.com/registry.json",
		    .http.token_file = token,
		    .http.ca_file = ca } };
	const struct conf_source map = { .kind = &kind_configmap_api,
		.u.configmap = { .token_file = token, .ca_file = ca } };

	check_kind(&api, token, other);
	check_kind(&api, ca, other);
	check_kind(&api, header.value_file, other);
	check_kind(&https, token, other);
	check_kind(&https, ca, other);
	check_kind(&url, token, other);
	check_kind(&url, ca, other);
	check_kind(&ssh, key, token);
	check_kind(&ssh, hosts, token);
	check_kind(&map, ca, other);
}

/* A repository on this machine may lead anywhere, and be written nowhere. */
static void
test_local_repository(void)
{
	const struct conf_source local = { .kind = &kind_git,
		.u.git = { .repository = at("repository") } };

	CHECK_INT(outcome(&local, file("alternate"), O_RDONLY), 0);
	CHECK_INT(outcome(&local, at("registry.db"), O_RDWR), EACCES);
}

/* The trust that the environment names. */
static void
test_certificates(void)
{
	const struct conf_source url = { .kind = &kind_url,
		.u.file = { .url = "https://example.com/registry.json" } };
	char *ca = file("own-ca");

	CHECK_INT(outcome(&url, ca, O_RDONLY), EACCES);
	setenv("SSL_CERT_FILE", ca, 1);
	CHECK_INT(outcome(&url, ca, O_RDONLY), 0);
	unsetenv("SSL_CERT_FILE");
}

static void
test_off(void)
{
	const struct conf_source url = { .kind = &kind_url,
		.u.file = { .url = "https://example.com/registry.json" } };

	setenv(SANDBOX_VARIABLE, "off", 1);
	CHECK_INT(sandbox_landlock_available(), 0);
	CHECK_INT(outcome(&url, at("registry.db"), O_RDWR), 0);
	unsetenv(SANDBOX_VARIABLE);
}

static void
clean(void)
{
	static const char *const names[] = { "token", "other", "ca", "key",
		"hosts", "header", "alternate", "own-ca", "registry.db",
		"registry.db-wal", "cache/a.d/new", "cache/b.d/config" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		(void)unlink(at(names[i]));
	CHECK_INT(rmdir(at("cache/a.d")), 0);
	CHECK_INT(rmdir(at("cache/b.d")), 0);
	CHECK_INT(rmdir(at("cache")), 0);
	CHECK_INT(rmdir(directory), 0);
}

int
main(void)
{
	if (!CHECK(mkdtemp(directory) != NULL &&
		   mkdir(at("cache"), 0700) == 0 &&
		   mkdir(at("cache/a.d"), 0700) == 0 &&
		   mkdir(at("cache/b.d"), 0700) == 0))
		return t_done();
	(void)file("cache/b.d/config");
	(void)file("registry.db");
	(void)file("registry.db-wal");
	test_off();
	if (sandbox_landlock_available() == 0) {
		printf("# this kernel has no Landlock\n");
	} else {
		test_kinds();
		test_local_repository();
		test_certificates();
	}
	clean();
	return t_done();
}
