/* SPDX-License-Identifier: Apache-2.0 */
/* The rights that each kind of process keeps. */
#include "lib/sandbox/sandbox.h"

#include "lib/sandbox/sandbox_private.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define DESCRIPTORS 64

/* Programs and libraries, which load more libraries while they run. */
static const char *const programs[] = { "/bin", "/lib", "/lib32", "/lib64",
	"/nix/store", "/sbin", "/usr" };

/*
 * What libraries read to reach another machine.  Named one by one, because /etc
 * and /run also contain secrets, and /proc the environment of other processes.
 */
static const char *const system_files[] = { "/dev/random", "/dev/urandom",
	"/etc/ca-certificates", "/etc/crypto-policies", "/etc/gai.conf",
	"/etc/gnutls", "/etc/group", "/etc/host.conf", "/etc/hosts",
	"/etc/ld.so.cache", "/etc/localtime", "/etc/nsswitch.conf",
	"/etc/passwd", "/etc/pki/ca-trust", "/etc/pki/tls/cert.pem",
	"/etc/pki/tls/certs", "/etc/pki/tls/openssl.cnf", "/etc/protocols",
	"/etc/resolv.conf", "/etc/services", "/etc/ssh/ssh_known_hosts",
	"/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", "/etc/ssl/certs",
	"/etc/ssl/openssl.cnf", "/proc/cpuinfo", "/proc/meminfo", "/proc/self",
	"/proc/stat", "/proc/sys", "/run/NetworkManager", "/run/nscd",
	"/run/resolvconf", "/run/systemd/resolve", "/var/lib/ca-certificates" };

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

static struct {
	struct sandbox now;
	bool in_directory; /* next two: of the database's directory */
	dev_t device;
	ino_t inode;
	const char *profiles; /* directory, or NULL; borrowed */
} state;

static bool
is_set_to(const char *word)
{
	const char *value = getenv(SANDBOX_VARIABLE);

	return value != NULL && strcmp(value, word) == 0;
}

const struct sandbox *
sandbox_now(void)
{
	return &state.now;
}

void
sandbox_warning(char to[SANDBOX_WARNING_MAX], const struct sandbox *s)
{
	int len = 0;

	*to = '\0';
	if (s->landlock_error != 0)
		len = snprintf(to, SANDBOX_WARNING_MAX / 2, "landlock: %s",
		    strerror(s->landlock_error));
	if (len >= SANDBOX_WARNING_MAX / 2)
		len = SANDBOX_WARNING_MAX / 2 - 1;
	if (s->seccomp_error != 0)
		snprintf(to + len, SANDBOX_WARNING_MAX / 2, "%sseccomp: %s",
		    len > 0 ? "; " : "", strerror(s->seccomp_error));
}

static void
enter_landlock(
    const struct sandbox_rule *rules, int count, enum sandbox_network network)
{
	state.now.landlock = sandbox_landlock_enter(rules, count, network);
	state.now.landlock_error = state.now.landlock == 0 ? errno : 0;
}

/* The directory of ${database}, links resolved; the caller frees it. */
static char *
directory_of(const char *database)
{
	char *real = realpath(database, NULL);
	char *path = real == NULL ? xstrdup(database) : real;
	char *directory = xstrdup(dirname(path));

	free(path);
	return directory;
}

/* Ignores failure: the other restrictions still apply. */
static void
limit(int what, rlim_t most)
{
	const struct rlimit both = { .rlim_cur = most, .rlim_max = most };

	(void)setrlimit(what, &both);
}

/* The nearest existing directory, ${path} or above it; modifies ${path}. */
static const char *
nearest_directory(char *path)
{
	struct stat st;

	state.in_directory = stat(path, &st) == 0;
	if (state.in_directory) {
		state.device = st.st_dev;
		state.inode = st.st_ino;
	}
	while (stat(path, &st) == -1 && strcmp(path, "/") != 0 &&
	       strcmp(path, ".") != 0)
		path = dirname(path);
	return path;
}

void
sandbox_keep_profiling(const char *directory)
{
	state.profiles = directory;
}

void
sandbox_responder(const char *database)
{
	char *directory;
	struct sandbox_rule rules[3];
	int count = 1;

	if (is_set_to("off"))
		return;
	directory = directory_of(database);
	rules[0] =
	    (struct sandbox_rule){ nearest_directory(directory), SANDBOX_READ };
	if (state.profiles != NULL)
		rules[count++] =
		    (struct sandbox_rule){ state.profiles, SANDBOX_WRITE };
	if (SANDBOX_SANITIZER)
		rules[count++] = (struct sandbox_rule){ "/proc", SANDBOX_RUN };
	else
		limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, DESCRIPTORS);
	enter_landlock(rules, count, SANDBOX_NETWORK_NONE);
	state.now.seccomp =
	    sandbox_seccomp_enter(is_set_to("log"), state.profiles != NULL);
	/* A build with a sanitizer never asks for a filter. */
	state.now.seccomp_error =
	    state.now.seccomp || SANDBOX_SANITIZER ? 0 : errno;
	free(directory);
}

bool
sandbox_is_outdated(const char *database)
{
	char *directory;
	struct stat st;
	bool other;

	if (state.now.landlock == 0 || !state.in_directory)
		return false;
	directory = directory_of(database);
	other = stat(directory, &st) == 0 &&
		(st.st_dev != state.device || st.st_ino != state.inode);
	free(directory);
	return other;
}

static int
count_of(const char *const *paths)
{
	int count = 0;

	while (paths[count] != NULL)
		count++;
	return count;
}

static struct sandbox_rule *
add_rules(struct sandbox_rule *to, const char *const *paths, int count,
    enum sandbox_right right)
{
	for (int i = 0; i < count; i++)
		*to++ = (struct sandbox_rule){ paths[i], right };
	return to;
}

void
sandbox_fetch(const char *const *writable, const char *const *readable,
    bool runs_programs)
{
	static const char *const null_device[] = { "/dev/null" };
	int writes = count_of(writable), reads = count_of(readable);
	struct sandbox_rule *rules =
	    xcalloc((size_t)(COUNT(programs) + COUNT(system_files) + writes +
			     reads + COUNT(null_device)),
		sizeof *rules);
	struct sandbox_rule *r = rules;

	r = add_rules(r, programs, COUNT(programs),
	    runs_programs ? SANDBOX_RUN : SANDBOX_LIST);
	r = add_rules(r, system_files, COUNT(system_files), SANDBOX_LIST);
	r = add_rules(r, null_device, COUNT(null_device), SANDBOX_WRITE);
	r = add_rules(r, writable, writes, SANDBOX_WRITE);
	r = add_rules(r, readable, reads, SANDBOX_LIST);
	if (!is_set_to("off")) {
		limit(RLIMIT_CORE, 0);
		enter_landlock(rules, (int)(r - rules), SANDBOX_NETWORK_OUT);
		state.now.seccomp = sandbox_seccomp_enter_fetch(
		    is_set_to("log"), runs_programs);
		state.now.seccomp_error =
		    state.now.seccomp || SANDBOX_SANITIZER ? 0 : errno;
	}
	free(rules);
}

int
sandbox_landlock_available(void)
{
	return is_set_to("off") ? 0 : sandbox_landlock_version();
}
