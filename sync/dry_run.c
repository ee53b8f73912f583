/* SPDX-License-Identifier: Apache-2.0 */
/* Copies for a dry run. */
#include "sync/dry_run.h"

#include "lib/store/database.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OPEN_AT_ONCE 16 /* directories */

int
dry_run_open(struct db **out, bool *missing, const char *path, struct err *e)
{
	struct db *db = NULL;
	int rc = -1;

	*missing = access(path, F_OK) == -1 && errno == ENOENT;
	if (db_open_copy(&db, path, e) == -1 ||
	    (!*missing && db_copy_in(db, path, e) == -1))
		goto out;
	if (database_set_up(db, e) == -1) {
		err_wrap(e, "%s", path);
		goto out;
	}
	*out = db;
	db = NULL;
	rc = 0;
out:
	db_close(db);
	return rc;
}

int
dry_run_make_cache(char **out, struct err *e)
{
	const char *parent = getenv("TMPDIR");
	char *dir = xasprintf("%s/thv-registry-sync.XXXXXX",
	    parent == NULL || *parent != '/' ? "/tmp" : parent);

	if (mkdtemp(dir) == NULL) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", dir);
		free(dir);
		return -1;
	}
	*out = dir;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

/* All fetching processes have exited, so nothing changes it meanwhile. */
void
dry_run_remove_cache(const char *dir)
{
	if (dir != NULL)
		(void)nftw(dir, remove_one, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS);
}
