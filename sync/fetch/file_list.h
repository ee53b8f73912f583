/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents at a path of this machine, and what identifies their state
 * without reading them: a file, the *.json files of a directory and its
 * subdirectories, or the files that a pattern matches (sync/fetch/path_glob.h).
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
 * without documents.  In a directory what has the name of a document and cannot
 * be one is listed with its problem; ERR_LIMIT when there are too many or they
 * are too deep. Frees nothing and leaves nothing on failure; else the caller
 * calls file_list_free().
 */
int file_list_read(
    struct file_list *out, int base, const char *path, struct err *e);
void file_list_free(struct file_list *l);

/*
 * A text that differs when a name, size, time, inode or device does.  The
 * caller frees it.
 */
char *file_list_identity(const struct file_list *l);

/*
 * Whether a file was touched so short a time before ${now_us} (clock_now())
 * that another write could go unseen, within one tick of the file system's
 * clock.
 */
bool file_list_is_fresh(const struct file_list *l, int64_t now_us);
/* Whether a file was touched at ${us} (clock_now()) or later. */
bool file_list_touched_since(const struct file_list *l, int64_t us);

/* Whether ${a} and ${b} are the same file in the same state. */
bool file_list_same(const struct stat *a, const struct stat *b);

/* Says in ${e} why ${path} cannot be read, by errno ${num}. */
void file_list_fail(struct err *e, int num, const char *path);

#endif
