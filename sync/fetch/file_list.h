/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents at a path of this machine: a file, the *.json files of a
 * directory and its subdirectories, or the files that a pattern matches
 * (sync/fetch/path_glob.h).  Their state can be compared without reading them.
 *
 * Names that begin with a dot are skipped unless the pattern names them.  Links
 * are followed: in a mounted ConfigMap each file is a link into a hidden
 * directory.
 */
#ifndef SYNC_FETCH_FILE_LIST_H
#define SYNC_FETCH_FILE_LIST_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct file_entry {
	char *name; /* in a directory, relative to it; else the path */
	char *path; /* to open, relative to the base of the list */
	struct stat stat;
	char *problem; /* why it cannot be read; NULL: it can, so far */
};

struct file_list {
	struct file_entry *entries; /* sorted by name */
	size_t count;
	bool is_directory;
};

/*
 * Lists ${path}, relative to the open directory ${base} (AT_FDCWD: to the
 * working directory); "." is ${base} itself.  ERR_FETCH when it is missing,
 * cannot be read, is neither a regular file nor a directory, or is a directory
 * without documents; ERR_LIMIT when there are too many files or directories are
 * too deep.  An entry of a directory that has the name of a document but cannot
 * be read is listed with its problem.  On success the caller calls
 * file_list_free().
 */
int file_list_read(
    struct file_list *out, int base, const char *path, struct err *e);
void file_list_free(struct file_list *l);

/*
 * A text that differs if a name, size, time, inode or device differs.  The
 * caller frees it.
 */
char *file_list_identity(const struct file_list *l);

/*
 * Whether a file was changed so shortly before ${now_us} (clock_now()) that
 * another write within the same tick of the file system's clock would not be
 * noticed.
 */
bool file_list_is_fresh(const struct file_list *l, int64_t now_us);
/* Whether a file was changed at ${us} (clock_now()) or later. */
bool file_list_touched_since(const struct file_list *l, int64_t us);

/* Whether ${a} and ${b} are the same file in the same state. */
bool file_list_same(const struct stat *a, const struct stat *b);

/* Sets ${e} for ${path}, which cannot be read because of errno ${num}. */
void file_list_fail(struct err *e, int num, const char *path);

#endif
