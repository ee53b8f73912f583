/* SPDX-License-Identifier: Apache-2.0 */
/* The cache directory of a dry run. */
#include "sync/dry_run.h"

#include "lib/xalloc.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OPEN_AT_ONCE 16 /* directories */

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

/* All fetching processes have exited, so no process writes to it. */
void
dry_run_remove_cache(const char *dir)
{
	if (dir != NULL)
		(void)nftw(dir, remove_one, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS);
}
