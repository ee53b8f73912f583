/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bare repository of a git source in its cache directory, so that a fetch
 * receives only new objects.
 *
 * Everything in it can be fetched again, so a cache that may be damaged is
 * emptied.  The lock is on the directory itself, so the directory is never
 * removed.
 */
#include "sync/kinds/git/fetch_git.h"

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"
#include "sync/fetch/directory.h"

#include <git2.h>
/* Where libgit2 1.8 and later declare git_error_set_str(). */
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>
#endif
#include <git2/sys/repository.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REPOSITORY "repository" /* in the cache directory of the source */
/* Holds the digest of the URL that the repository was fetched from. */
#define STATE_FILE "thv-state"

/* The only configuration in the repository. */
static const char config_text[] = "[core]\n"
				  "\trepositoryformatversion = 0\n"
				  "\tbare = true\n";

/* Enough for references with many slashes. */
#define TREE_DEPTH 64

#define LOCK_WAIT_US (2 * CLOCK_SECOND)
#define LOCK_STEP_NS 20000000L

/* Lock files and unfinished packs. */
static bool
is_leftover(const char *name)
{
	return text_ends_in(name, ".lock") || strncmp(name, "pack_", 5) == 0 ||
	       strncmp(name, "tmp_", 4) == 0;
}

static int
remove_leftover(void *ctx, int fd, const char *name)
{
	(void)ctx;
	if (is_leftover(name))
		unlinkat(fd, name, 0);
	return 0;
}

static void
remove_leftovers(int fd)
{
	static const char *const places[] = { ".", "objects/pack", "refs/thv" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		(void)directory_each(
		    fd, places[i], O_NOFOLLOW, remove_leftover, NULL);
}

void
fetch_git_cache_abandon(const char *cache_dir)
{
	char *path = xasprintf("%s/" REPOSITORY, cache_dir);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd != -1) {
		remove_leftovers(fd);
		close(fd);
	}
	free(path);
}

/* Waits, because a killed process may take a moment to exit. */
static int
lock_directory(int fd, const char *path, struct err *e)
{
	const struct timespec step = { 0, LOCK_STEP_NS };
	int64_t until = clock_monotonic() + LOCK_WAIT_US;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			err_set_errno(
			    e, ERR_FETCH, errno, "failed to lock %s", path);
			return -1;
		}
		if (clock_monotonic() >= until) {
			err_set(e, ERR_FETCH, "%s is in use by another process",
			    path);
			return -1;
		}
		nanosleep(&step, NULL);
	}
	return 0;
}

int
fetch_git_cache_open(
    struct fetch_git_cache *c, const char *cache_dir, struct err *e)
{
	int rc = -1;

	memset(c, 0, sizeof *c);
	c->path = xasprintf("%s/" REPOSITORY, cache_dir);
	c->fd = -1;
	/* This removes a link or a file in its place, not a directory. */
	(void)unlink(c->path);
	if (directory_open_own(&c->fd, c->path, e) == -1 ||
	    lock_directory(c->fd, c->path, e) == -1)
		goto out;
	rc = 0;
out:
	if (rc == -1)
		fetch_git_cache_close(c);
	return rc;
}

void
fetch_git_cache_close(struct fetch_git_cache *c)
{
	git_repository_free(c->repo);
	c->repo = NULL;
	if (c->path != NULL && c->fd != -1)
		close(c->fd);
	c->fd = -1;
	free(c->path);
	c->path = NULL;
}

int
fetch_git_cache_clear(struct fetch_git_cache *c, struct err *e)
{
	git_repository_free(c->repo);
	c->repo = NULL;
	if (directory_empty(c->fd) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to empty %s", c->path);
		return -1;
	}
	return 0;
}

/* ---- the URL ---- */

static bool
belongs_to(const struct fetch_git_cache *c, const char *url_hash)
{
	int fd = openat(c->fd, STATE_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[DIGEST_HEX_SIZE];
	ssize_t n = fd == -1 ? -1 : read(fd, text, sizeof text);

	if (fd != -1)
		close(fd);
	return n == (ssize_t)sizeof text && text[n - 1] == '\n' &&
	       memcmp(text, url_hash, sizeof text - 1) == 0;
}

/* Replaces the file or link ${name} of the cache with a file of ${text}. */
static int
write_file(struct fetch_git_cache *c, const char *name, const char *text)
{
	size_t len = strlen(text);
	int fd, rc = -1;

	if (unlinkat(c->fd, name, 0) == -1 && errno != ENOENT)
		return -1;
	fd = openat(c->fd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (write(fd, text, len) != (ssize_t)len)
		goto out;
	rc = 0;
out:
	if (close(fd) == -1)
		rc = -1;
	return rc;
}

/* ---- its content ---- */

/* Whether a file refers libgit2 to another repository. */
static bool
leads_elsewhere(const struct fetch_git_cache *c)
{
	static const char *const files[] = { "commondir", "config.worktree",
		"gitdir", "modules", "worktrees", "objects/info/alternates",
		"objects/info/http-alternates" };
	struct stat st;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (fstatat(c->fd, files[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	return false;
}

/* 0 for directories and files of this user, without links; else -1. */
static int
check_entry(void *ctx, int fd, const char *name)
{
	const int *depth = ctx;
	int below = *depth + 1;
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_uid != geteuid())
		return -1;
	if (S_ISREG(st.st_mode))
		return st.st_nlink == 1 ? 0 : -1;
	return below < TREE_DEPTH
		   ? directory_each(fd, name, O_NOFOLLOW, check_entry, &below)
		   : -1;
}

static bool
is_plain_tree(int fd)
{
	int depth = 0;

	return directory_each(fd, ".", O_NOFOLLOW, check_entry, &depth) == 0;
}

/*
 * Opens the repository with an empty configuration, because a configuration can
 * replace URLs.  An attacker in an earlier fetch could have written one; those
 * of the user and the system are not used either.
 */
static int
open_repository(struct fetch_git_cache *c, git_repository **out)
{
	git_config *nothing = NULL;
	int result;

	*out = NULL;
	if (!is_plain_tree(c->fd) || leads_elsewhere(c)) {
		git_error_set_str(GIT_ERROR_REPOSITORY,
		    "it contains a link or refers to another repository");
		return -1;
	}
	if (write_file(c, "config", config_text) == -1) {
		git_error_set_str(GIT_ERROR_OS, strerror(errno));
		return -1;
	}
	if (git_repository_open_bare(out, c->path) != 0)
		return -1;
	result = git_config_new(&nothing);
	if (result == 0)
		result = git_repository_set_config(*out, nothing);
	git_config_free(nothing);
	if (result != 0) {
		git_repository_free(*out);
		*out = NULL;
	}
	return result == 0 ? 0 : -1;
}

static int
count_pack(void *ctx, int fd, const char *name)
{
	size_t *count = ctx;

	(void)fd;
	if (text_ends_in(name, ".pack"))
		++*count;
	return 0;
}

static size_t
count_packs(int fd)
{
	size_t count = 0;

	(void)directory_each(
	    fd, "objects/pack", O_NOFOLLOW, count_pack, &count);
	return count;
}

void
fetch_git_cache_head(struct fetch_git_cache *c)
{
	git_oid id;

	c->head[0] = '\0';
	if (git_reference_name_to_id(&id, c->repo, FETCH_GIT_HEAD) == 0)
		git_oid_tostr(c->head, sizeof c->head, &id);
}

/* Opens the repository if it can be used for the URL of ${url_hash}. */
static bool
open_existing(struct fetch_git_cache *c, const char *url_hash)
{
	/* libgit2 never repacks, but a new clone has one pack. */
	return count_packs(c->fd) <= LIMIT_GIT_PACKS &&
	       belongs_to(c, url_hash) && open_repository(c, &c->repo) == 0;
}

static int
make_new(struct fetch_git_cache *c, const char *url_hash, struct err *e)
{
	git_repository *made = NULL;
	char *state = xasprintf("%s\n", url_hash);
	int rc = -1;

	if (fetch_git_cache_clear(c, e) == -1)
		goto out;
	if (git_repository_init(&made, c->path, 1) != 0) {
		fetch_git_error(e, "failed to create the cache repository");
		goto out;
	}
	if (write_file(c, STATE_FILE, state) == -1) {
		err_set_errno(e, ERR_FETCH, errno,
		    "failed to create the cache repository");
		goto out;
	}
	if (open_repository(c, &c->repo) == -1) {
		fetch_git_error(e, "failed to open the cache repository");
		goto out;
	}
	c->fresh = true;
	rc = 0;
out:
	git_repository_free(made);
	free(state);
	return rc;
}

int
fetch_git_cache_prepare(
    struct fetch_git_cache *c, const char *url, struct err *e)
{
	char url_hash[DIGEST_HEX_SIZE];
	struct digest *d = digest_new();

	digest_add(d, url, strlen(url));
	digest_hex(d, url_hash);
	digest_free(d);
	remove_leftovers(c->fd);
	if (!open_existing(c, url_hash) && make_new(c, url_hash, e) == -1)
		return -1;
	fetch_git_cache_head(c);
	return 0;
}
