/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Incomplete repositories on this machine.  A shallow clone has no history
 * before some commits; a partial clone lacks files that were not needed yet.
 * libgit2's fetch from a directory fails at the first missing object, even if
 * it is not needed.  So the objects are read from the clone itself, which must
 * have only those of the documents.
 */
#include "sync/kinds/git/fetch_git.h"

#include "lib/text.h"
#include "lib/url.h"
#include "lib/xalloc.h"

#include <git2.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SCHEME "file://"

/* The path that ${url} names, a path or a file URL; the caller frees it. */
static char *
path_of(const char *url)
{
	char *path;

	if (strncasecmp(url, FILE_SCHEME, strlen(FILE_SCHEME)) != 0)
		return xstrdup(url);
	path = xstrdup(url + strlen(FILE_SCHEME));
	url_decode(path);
	return path;
}

static bool
is_shallow(git_repository *repo)
{
	char *file = xasprintf("%s/shallow", git_repository_commondir(repo));
	struct stat st;
	bool found = stat(file, &st) == 0 && st.st_size > 0;

	free(file);
	return found;
}

/* "remote.*.promisor", "extensions.partialclone" */
static int
note_promise(const git_config_entry *entry, void *ctx)
{
	bool *found = ctx;

	if (strcmp(entry->name, "extensions.partialclone") == 0 ||
	    (strncmp(entry->name, "remote.", strlen("remote.")) == 0 &&
		text_ends_in(entry->name, ".promisor")))
		*found = true;
	return 0;
}

/* Whether a remote has promised to send missing objects. */
static bool
is_partial(git_repository *repo)
{
	git_config *config = NULL;
	bool found = false;

	/* git_config_foreach_match() leaks memory. */
	if (git_repository_config_snapshot(&config, repo) == 0)
		git_config_foreach(config, note_promise, &found);
	git_config_free(config);
	return found;
}

static int
add_objects(git_repository *repo, git_repository *from, struct err *e)
{
	git_buf objects = { NULL, 0, 0 };
	git_odb *odb = NULL;
	int rc = -1;

	if (git_repository_item_path(
		&objects, from, GIT_REPOSITORY_ITEM_OBJECTS) != 0 ||
	    git_repository_odb(&odb, repo) != 0 ||
	    git_odb_add_disk_alternate(odb, objects.ptr) != 0) {
		fetch_git_error(e, "failed to read its objects");
		goto out;
	}
	rc = 0;
out:
	git_odb_free(odb);
	git_buf_dispose(&objects);
	return rc;
}

int
fetch_git_local_borrow(const char **kind, struct git_repository *repo,
    const char *url, struct err *e)
{
	git_repository *from = NULL;
	char *path = path_of(url);
	int rc = -1;

	*kind = NULL;
	if (git_repository_open(&from, path) != 0) {
		fetch_git_error(e, "failed to open the repository");
		goto out;
	}
	if (is_shallow(from))
		*kind = "shallow";
	else if (is_partial(from))
		*kind = "partial";
	if (*kind != NULL && add_objects(repo, from, e) == -1)
		goto out;
	rc = 0;
out:
	git_repository_free(from);
	free(path);
	return rc;
}

/* ---- explaining ---- */

void
fetch_git_local_explain(struct err *e, const char *url)
{
	char *path = path_of(url);

	/* The messages of libgit2 1.5 and 1.9. */
	if (strstr(e->text, "objectformat") != NULL ||
	    strstr(e->text, "unknown object format") != NULL)
		err_set(e, ERR_FETCH,
		    "the repository uses SHA-256 object ids, which libgit2 "
		    "%d.%d cannot read",
		    LIBGIT2_VER_MAJOR, LIBGIT2_VER_MINOR);
	else if (access(path, R_OK | X_OK) == -1)
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to open the repository");
	free(path);
}
