/* SPDX-License-Identifier: Apache-2.0 */
/* What each kind of process keeps. */
#include "lib/sandbox.h"

#include "lib/sandbox_private.h"
#include "lib/xalloc.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define DESCRIPTORS 64

/* Where libraries find certificates, name servers, time zones, programs. */
static const char *const system_paths[] = { "/bin", "/dev", "/etc", "/lib",
	"/lib32", "/lib64", "/opt", "/proc", "/run", "/sbin", "/usr" };
#define SYSTEM_PATHS (int)(sizeof system_paths / sizeof system_paths[0])

static struct {
	struct sandbox now;
	bool in_directory; /* the next two are set: the database's own */
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

/* The directory of the file that ${database} leads to; the caller frees it. */
static char *
directory_of(const char *database)
{
	char *real = realpath(database, NULL);
	char *path = real == NULL ? xstrdup(database) : real;
	char *directory = xstrdup(dirname(path));

	free(path);
	return directory;
}

/* A limit that cannot be set is one less, no reason to stop. */
static void
limit(int what, rlim_t most)
{
	const struct rlimit both = { .rlim_cur = most, .rlim_max = most };

	(void)setrlimit(what, &both);
}

/* The nearest directory that is there, at ${path} or above; changes it. */
static const char *
climb(char *path)
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
	rules[0] = (struct sandbox_rule){ climb(directory), SANDBOX_READ };
	if (state.profiles != NULL)
		rules[count++] =
		    (struct sandbox_rule){ state.profiles, SANDBOX_WRITE };
	if (SANDBOX_SANITIZER)
		rules[count++] = (struct sandbox_rule){ "/proc", SANDBOX_RUN };
	else
		limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, DESCRIPTORS);
	state.now.landlock =
	    sandbox_landlock_enter(rules, count, SANDBOX_NETWORK_NONE);
	state.now.seccomp =
	    sandbox_seccomp_enter(is_set_to("log"), state.profiles != NULL);
	free(directory);
}

bool
sandbox_outgrown(const char *database)
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

static void
enter(const char *const *writable, const char *const *readable,
    enum sandbox_network network)
{
	int most = SYSTEM_PATHS + 1 + count_of(writable) + count_of(readable);
	struct sandbox_rule *rules = xcalloc((size_t)most, sizeof *rules);
	struct sandbox_rule *r = rules;

	for (int i = 0; i < SYSTEM_PATHS; i++)
		*r++ = (struct sandbox_rule){ system_paths[i], SANDBOX_RUN };
	*r++ = (struct sandbox_rule){ "/dev/null", SANDBOX_WRITE };
	for (; *writable != NULL; writable++)
		*r++ = (struct sandbox_rule){ *writable, SANDBOX_WRITE };
	for (; *readable != NULL; readable++)
		*r++ = (struct sandbox_rule){ *readable, SANDBOX_RUN };
	if (!is_set_to("off")) {
		limit(RLIMIT_CORE, 0);
		state.now.landlock =
		    sandbox_landlock_enter(rules, most, network);
	}
	free(rules);
}

void
sandbox_store(const char *const *writable, const char *const *readable)
{
	enter(writable, readable, SANDBOX_NETWORK_ALL);
}

void
sandbox_fetch(const char *const *writable, const char *const *readable)
{
	enter(writable, readable, SANDBOX_NETWORK_OUT);
}
