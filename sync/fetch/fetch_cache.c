/* SPDX-License-Identifier: Apache-2.0 */
/* Creating and removing the cache directories of sources. */
#include "sync/fetch/fetch_cache.h"

#include "lib/text.h"
#include "lib/xalloc.h"
#include "sync/fetch/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Follows the name of a source; earlier versions used other names. */
#define SUFFIX ".d"

int
fetch_cache_open(char **path, const char *root, const char *name, struct err *e)
{
	char *own = xasprintf("%s/%s" SUFFIX, root, name);
	int fd, rc = -1;

	*path = NULL;
	/* The name becomes part of a path, so it is checked here as well. */
	if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL) {
		err_set(e, ERR_INPUT, "source name \"%s\" cannot name a cache",
		    name);
		goto out;
	}
	if (directory_open_own(&fd, own, e) == -1)
		goto out;
	close(fd);
	*path = own;
	own = NULL;
	rc = 0;
out:
	free(own);
	return rc;
}

static bool
belongs_to_source(const char *entry, const struct conf *conf)
{
	size_t len;

	if (!text_ends_in(entry, SUFFIX))
		return false;
	len = strlen(entry) - strlen(SUFFIX);
	for (size_t i = 0; i < conf->source_count; i++) {
		const char *name = conf->sources[i].name;

		if (strlen(name) == len && memcmp(entry, name, len) == 0)
			return true;
	}
	return false;
}

/*
 * Whether the sync created the entry ${name} of ${dirfd}.  Other programs may
 * use a directory "cache" beside the database as well.  Directories of the sync
 * are closed to other users.
 */
static bool
is_of_sync(int dirfd, const char *name)
{
	static const char *const earlier[] = { "api-", ".spool-" };
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_uid != geteuid() ||
	    (S_ISDIR(st.st_mode) && (st.st_mode & 077) != 0))
		return false;
	for (size_t i = 0; i < sizeof earlier / sizeof *earlier; i++)
		if (strncmp(name, earlier[i], strlen(earlier[i])) == 0)
			return true;
	return text_ends_in(name, SUFFIX) || strcmp(name, "git") == 0;
}

struct prune {
	const char *root;
	const struct conf *conf;
	struct err *e;
};

static int
prune_entry(void *ctx, int fd, const char *name)
{
	struct prune *p = ctx;

	if (!is_of_sync(fd, name) || belongs_to_source(name, p->conf) ||
	    directory_remove(fd, name) == 0)
		return 0;
	err_set_errno(
	    p->e, ERR_STORAGE, errno, "failed to remove %s/%s", p->root, name);
	return -1;
}

int
fetch_cache_prune(const char *root, const struct conf *conf, struct err *e)
{
	struct prune p = { root, conf, e };

	err_clear(e);
	/* There may be no cache. */
	(void)directory_each(AT_FDCWD, root, 0, prune_entry, &p);
	return e->code == ERR_NONE ? 0 : -1;
}
