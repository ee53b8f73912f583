/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory that documents are read from: the working directory, or one
 * generation of a mounted ConfigMap.
 *
 * In a mounted ConfigMap each key is a link through "..data", itself a link to
 * a directory that holds one generation of all keys.  An update creates another
 * directory and renames another ..data over the old one.  So ..data is resolved
 * once, and everything is read in the directory that it names.  If ..data names
 * another directory afterwards, the old one may have been deleted in the
 * meantime, and reading has to start over.
 */
#ifndef SYNC_KINDS_FILE_MOUNT_H
#define SYNC_KINDS_FILE_MOUNT_H

#include "lib/err.h"
#include "lib/limits.h"

#include <stdbool.h>

struct mount {
	const char *path; /* borrowed; NULL: no ConfigMap */
	int fd; /* of the generation, AT_FDCWD without a ConfigMap */
	char generation[LIMIT_PATH]; /* what ..data says; "": there is none */
};

/*
 * Opens the current generation of the ConfigMap mounted at ${path}, which may
 * be a directory without ..data as well.  The caller calls mount_close().
 */
int mount_open(struct mount *m, const char *path, struct err *e);
/* Whether there is another generation now. */
bool mount_has_moved(const struct mount *m);
void mount_close(struct mount *m);

#endif
