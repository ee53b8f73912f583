/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bare repository that a git source keeps in the cache directory, so that
 * a fetch brings only what is new.
 *
 * It holds nothing that cannot be fetched again: whatever looks wrong with it
 * is answered by emptying it.  The lock is on the directory itself, which
 * therefore stays when its contents go.
 */
#include "sync/fetch/fetch_git.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/digest.h"

#include <git2.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Keys of ours in the repository's own configuration file. */
#define KEY_REMOTE "thv.remote" /* SHA-256 of the URL, which may be secret */
#define KEY_OBJECT "thv.object" /* SHA-256 of object id and path */
#define KEY_CONTENT "thv.content" /* its content hash */

#define LOCK_WAIT_US (2 * CLOCK_SECOND)
#define LOCK_STEP_NS 20000000L
/* Deeper than any directory of a bare repository. */
#define REMOVE_DEPTH 16

static int remove_contents(int fd, int depth);

static int
remove_one(int dirfd, const char *name, int depth)
{
	int rc = -1;
	int fd;

	if (unlinkat(dirfd, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	fd = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (remove_contents(fd, depth + 1) == -1)
		goto out;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == -1)
		goto out;
	rc = 0;
out:
	close(fd);
	return rc;
}

/* Opens the directory behind ${fd} for reading; ${fd} stays as it is. */
static DIR *
open_again(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy == -1 ? NULL : fdopendir(copy);

	if (dir == NULL && copy != -1)
		close(copy);
	return dir;
}

static int
remove_contents(int fd, int depth)
{
	int rc = -1;
	DIR *dir = depth < REMOVE_DEPTH ? open_again(fd) : NULL;
	struct dirent *entry;

	if (dir == NULL)
		goto out;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (remove_one(fd, entry->d_name, depth) == -1)
			goto out;
	}
	rc = 0;
out:
	if (dir != NULL)
		closedir(dir);
	return rc;
}

/* Lock files, and packs that were still being received. */
static bool
is_leftover(const char *name)
{
	size_t len = strlen(name);

	return (len > 5 && strcmp(name + len - 5, ".lock") == 0) ||
	       strncmp(name, "pack_", 5) == 0 || strncmp(name, "tmp_", 4) == 0;
}

static void
sweep_directory(int fd, const char *path)
{
	int sub =
	    openat(fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = sub == -1 ? NULL : fdopendir(sub);
	struct dirent *entry;

	if (dir == NULL) {
		if (sub != -1)
			close(sub);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (is_leftover(entry->d_name))
			unlinkat(sub, entry->d_name, 0);
	}
	closedir(dir);
}

void
fetch_git_cache_sweep(struct fetch_git_cache *c)
{
	sweep_directory(c->fd, ".");
	sweep_directory(c->fd, "objects/pack");
	sweep_directory(c->fd, "refs/thv");
}

static int
make_directory(const char *path, struct err *e)
{
	if (mkdir(path, 0700) == -1 && errno != EEXIST) {
		err_set_errno(e, ERR_FETCH, errno,
		    "failed to make cache directory %s", path);
		return -1;
	}
	return 0;
}

/*
 * libgit2 trusts what it finds in a repository, and this one is written to:
 * it must be ours alone.
 */
static int
check_owner(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to look at %s", path);
		return -1;
	}
	if (st.st_uid != geteuid()) {
		err_set(e, ERR_FETCH,
		    "cache directory %s belongs to user id %ld, not to %ld "
		    "who runs this",
		    path, (long)st.st_uid, (long)geteuid());
		return -1;
	}
	if ((st.st_mode & 077) != 0 && fchmod(fd, 0700) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to protect %s", path);
		return -1;
	}
	return 0;
}

/* The helper of a run that was killed may take a moment to follow it. */
static int
lock_directory(int fd, const char *path, int64_t deadline_us, struct err *e)
{
	const struct timespec step = { 0, LOCK_STEP_NS };
	int64_t until = clock_monotonic() + LOCK_WAIT_US;

	if (until > deadline_us)
		until = deadline_us;
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
fetch_git_cache_open(struct fetch_git_cache *c, const char *cache_dir,
    const char *name, int64_t deadline_us, struct err *e)
{
	int rc = -1;
	char *parent = xasprintf("%s/git", cache_dir);

	memset(c, 0, sizeof *c);
	c->fd = -1;
	c->path = xasprintf("%s/%s.git", parent, name);
	if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL) {
		err_set(e, ERR_INPUT, "source name \"%s\" cannot name a cache",
		    name);
		goto out;
	}
	if (make_directory(cache_dir, e) == -1 ||
	    make_directory(parent, e) == -1 || make_directory(c->path, e) == -1)
		goto out;
	c->fd = open(c->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->fd == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to open %s", c->path);
		goto out;
	}
	if (check_owner(c->fd, c->path, e) == -1 ||
	    lock_directory(c->fd, c->path, deadline_us, e) == -1)
		goto out;
	rc = 0;
out:
	free(parent);
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
	if (remove_contents(c->fd, 0) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to empty %s", c->path);
		return -1;
	}
	return 0;
}

static void
digest_text(const char *text, char hash[DIGEST_HEX_SIZE])
{
	struct digest *d = digest_new();

	digest_add(d, text, strlen(text));
	digest_hex(d, hash);
	digest_free(d);
}

/* Reads one of our keys; false when it is missing or too long. */
static bool
read_key(git_repository *repo, const char *key, char value[DIGEST_HEX_SIZE])
{
	git_config *config = NULL;
	git_config_entry *entry = NULL;
	bool found = false;

	if (git_repository_config(&config, repo) == 0 &&
	    git_config_get_entry(&entry, config, key) == 0 &&
	    entry->value != NULL &&
	    strlen(entry->value) == DIGEST_HEX_SIZE - 1) {
		memcpy(value, entry->value, DIGEST_HEX_SIZE);
		found = true;
	}
	git_config_entry_free(entry);
	git_config_free(config);
	return found;
}

static int
write_key(git_repository *repo, const char *key, const char *value)
{
	int rc = -1;
	git_config *config = NULL;

	if (git_repository_config(&config, repo) != 0 ||
	    git_config_set_string(config, key, value) != 0)
		goto out;
	rc = 0;
out:
	git_config_free(config);
	return rc;
}

static size_t
count_packs(int fd)
{
	int sub = openat(fd, "objects/pack",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = sub == -1 ? NULL : fdopendir(sub);
	struct dirent *entry;
	size_t count = 0;

	if (dir == NULL) {
		if (sub != -1)
			close(sub);
		return 0;
	}
	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len > 5 && strcmp(entry->d_name + len - 5, ".pack") == 0)
			count++;
	}
	closedir(dir);
	return count;
}

static void
read_head(struct fetch_git_cache *c)
{
	git_oid id;

	c->head[0] = '\0';
	if (git_reference_name_to_id(&id, c->repo, FETCH_GIT_HEAD) == 0)
		git_oid_tostr(c->head, sizeof c->head, &id);
}

/* Whether what is there can be used for the URL behind ${url_hash}. */
static bool
open_existing(struct fetch_git_cache *c, const char *url_hash)
{
	char hash[DIGEST_HEX_SIZE];

	/* libgit2 never repacks; a new clone is small again. */
	if (count_packs(c->fd) > LIMIT_GIT_PACKS)
		return false;
	return git_repository_open_bare(&c->repo, c->path) == 0 &&
	       read_key(c->repo, KEY_REMOTE, hash) &&
	       strcmp(hash, url_hash) == 0;
}

static int
make_new(struct fetch_git_cache *c, const char *url_hash, struct err *e)
{
	int rc = -1;

	if (fetch_git_cache_clear(c, e) == -1)
		goto out;
	if (git_repository_init(&c->repo, c->path, 1) != 0 ||
	    write_key(c->repo, KEY_REMOTE, url_hash) == -1) {
		fetch_git_error(e, "failed to make the cache repository");
		goto out;
	}
	c->fresh = true;
	rc = 0;
out:
	return rc;
}

int
fetch_git_cache_prepare(
    struct fetch_git_cache *c, const char *url, struct err *e)
{
	char url_hash[DIGEST_HEX_SIZE];

	digest_text(url, url_hash);
	fetch_git_cache_sweep(c);
	if (!open_existing(c, url_hash) && make_new(c, url_hash, e) == -1)
		return -1;
	read_head(c);
	return 0;
}

int
fetch_git_cache_reload(struct fetch_git_cache *c, struct err *e)
{
	git_repository_free(c->repo);
	c->repo = NULL;
	if (git_repository_open_bare(&c->repo, c->path) != 0) {
		fetch_git_error(e, "failed to open the cache repository");
		return -1;
	}
	read_head(c);
	return 0;
}

static void
digest_object(const char *id, const char *path, char hash[DIGEST_HEX_SIZE])
{
	char *text = xasprintf("%s %s", id, path);

	digest_text(text, hash);
	free(text);
}

bool
fetch_git_cache_recall(struct fetch_git_cache *c, const char *id,
    const char *path, char hash[FETCH_HASH_SIZE])
{
	char want[DIGEST_HEX_SIZE], have[DIGEST_HEX_SIZE];

	digest_object(id, path, want);
	return read_key(c->repo, KEY_OBJECT, have) && strcmp(want, have) == 0 &&
	       read_key(c->repo, KEY_CONTENT, hash);
}

void
fetch_git_cache_remember(struct fetch_git_cache *c, const char *id,
    const char *path, const char hash[FETCH_HASH_SIZE])
{
	char object[DIGEST_HEX_SIZE];

	/*
	 * Two writes are not one: between them the key names no object.  A
	 * failure only costs reading again.
	 */
	digest_object(id, path, object);
	if (write_key(c->repo, KEY_OBJECT, "") == 0 &&
	    write_key(c->repo, KEY_CONTENT, hash) == 0)
		write_key(c->repo, KEY_OBJECT, object);
}
