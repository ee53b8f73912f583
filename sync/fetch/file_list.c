/* SPDX-License-Identifier: Apache-2.0 */
/* Listing documents on disk. */
#include "sync/fetch/file_list.h"

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"
#include "sync/fetch/directory.h"
#include "sync/fetch/path_glob.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The coarsest clock in use: FAT counts in steps of two seconds. */
#define TICK_US (2 * CLOCK_SECOND)

struct walk {
	struct file_list list;
	size_t capacity;
	size_t directories;
	int base; /* what paths are relative to */
	const char *pattern; /* of the names wanted; NULL: every *.json */
	struct err *e;
};

/* A directory being walked, and those it lies in. */
struct level {
	struct walk *walk;
	const struct level *parent;
	const char *path;
	const char *prefix; /* of the names in it: "" or "sub/" */
	dev_t device;
	ino_t inode;
	unsigned depth;
};

void
file_list_fail(struct err *e, int num, const char *path)
{
	if (num == ENOENT)
		err_set(e, ERR_FETCH, "file not found: %s", path);
	else
		err_set_errno(e, ERR_FETCH, num, "failed to read %s", path);
}

void
file_list_free(struct file_list *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->count; i++) {
		free(l->entries[i].name);
		free(l->entries[i].path);
		free(l->entries[i].problem);
	}
	free(l->entries);
	memset(l, 0, sizeof *l);
}

/* Owns the texts on success. */
static int
add_file(struct walk *w, char *name, char *path, char *problem,
    const struct stat *st)
{
	struct file_list *l = &w->list;

	if (l->count == LIMIT_TREE_FILES) {
		err_set(w->e, ERR_LIMIT, "more than %d files at %s",
		    LIMIT_TREE_FILES, path);
		return -1;
	}
	if (l->count == w->capacity) {
		w->capacity = w->capacity == 0 ? 16 : 2 * w->capacity;
		l->entries =
		    xreallocarray(l->entries, w->capacity, sizeof *l->entries);
	}
	l->entries[l->count++] =
	    (struct file_entry){ name, path, *st, problem };
	return 0;
}

/* ${name} is relative to the directory that is listed. */
static bool
is_document(const struct walk *w, const char *name)
{
	return w->pattern != NULL ? path_glob_match(w->pattern, name)
				  : text_ends_in(name, ".json");
}

static bool
is_inside(const struct level *level, const struct stat *st)
{
	for (; level != NULL; level = level->parent)
		if (level->device == st->st_dev && level->inode == st->st_ino)
			return true;
	return false;
}

static int walk_directory(struct level *level);

static int
walk_below(const struct level *level, const char *name, const char *path,
    const struct stat *st)
{
	struct walk *w = level->walk;
	char *prefix = xasprintf("%s/", name);
	struct level below = { w, level, path, prefix, st->st_dev, st->st_ino,
		level->depth + 1 };
	int rc = -1;

	if (below.depth > LIMIT_TREE_DEPTH ||
	    ++w->directories > LIMIT_TREE_FILES) {
		err_set(w->e, ERR_LIMIT,
		    "too many or too deep directories at %s", path);
		goto out;
	}
	if (walk_directory(&below) == -1)
		goto out;
	rc = 0;
out:
	free(prefix);
	return rc;
}

/*
 * Why stat() failed; the caller frees it.  Sets ${st} to nothing, and
 * ${is_gone} when the file was deleted since the directory was read.
 */
static char *
stat_problem(
    const struct walk *w, const char *path, struct stat *st, bool *is_gone)
{
	int number = errno;
	struct err e = ERR_INIT;
	struct stat link;

	memset(st, 0, sizeof *st);
	if (number == ENOENT) {
		*is_gone =
		    fstatat(w->base, path, &link, AT_SYMLINK_NOFOLLOW) == -1 &&
		    errno == ENOENT;
		return xasprintf("%s is a symbolic link to a file that does "
				 "not exist",
		    path);
	}
	file_list_fail(&e, number, path);
	return xstrdup(e.text);
}

static int
walk_entry(void *ctx, int fd, const char *file)
{
	const struct level *level = ctx;
	struct walk *w = level->walk;
	char *name, *path, *problem = NULL;
	struct stat st;
	bool is_gone = false;
	int rc = -1;

	(void)fd;
	if (path_glob_hides(w->pattern, file))
		return 0;
	name = xasprintf("%s%s", level->prefix, file);
	path = strcmp(level->path, ".") == 0
		   ? xstrdup(file)
		   : xasprintf("%s/%s", level->path, file);
	if (fstatat(w->base, path, &st, 0) == -1)
		problem = stat_problem(w, path, &st, &is_gone);
	else if (!S_ISREG(st.st_mode))
		problem = xasprintf("%s is not a regular file", path);
	if (S_ISDIR(st.st_mode)) {
		/* A link upwards leads to files that are listed already. */
		if (!is_inside(level, &st) &&
		    walk_below(level, name, path, &st) == -1)
			goto out;
	} else if (!is_gone && is_document(w, name)) {
		if (add_file(w, name, path, problem, &st) == -1)
			goto out;
		name = path = problem = NULL;
	}
	rc = 0;
out:
	free(name);
	free(path);
	free(problem);
	return rc;
}

static int
walk_directory(struct level *level)
{
	struct walk *w = level->walk;

	if (directory_each(w->base, level->path, 0, walk_entry, level) == 0)
		return 0;
	if (w->e->code == ERR_NONE)
		file_list_fail(w->e, errno, level->path);
	return -1;
}

static int
by_name(const void *a, const void *b)
{
	const struct file_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
list_directory(struct walk *w, const char *path, const struct stat *st)
{
	struct level top = { w, NULL, path, "", st->st_dev, st->st_ino, 0 };

	w->list.is_directory = true;
	if (walk_directory(&top) == -1)
		return -1;
	if (w->list.count == 0) {
		err_set(w->e, ERR_FETCH, "no %s file in directory %s",
		    w->pattern == NULL ? "*.json" : w->pattern, path);
		return -1;
	}
	qsort(w->list.entries, w->list.count, sizeof *w->list.entries, by_name);
	return 0;
}

static int
list_file(struct walk *w, const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode)) {
		err_set(w->e, ERR_FETCH, "%s is not a regular file", path);
		return -1;
	}
	return add_file(w, xstrdup(path), xstrdup(path), NULL, st);
}

/*
 * A path that exists is taken literally.  Otherwise, if it looks like a
 * pattern, it is one, and the directory before the pattern is listed.
 */
static int
find_start(struct walk *w, char **start, struct stat *st, const char *path)
{
	*start = xstrdup(path);
	if (fstatat(w->base, path, st, 0) == 0)
		return 0;
	if (errno == ENOENT && path_glob_is(path)) {
		size_t before = path_glob_base(path);

		w->pattern = path + before;
		free(*start);
		*start = before == 0 ? xstrdup(".") : xstrndup(path, before);
		if (fstatat(w->base, *start, st, 0) == 0)
			return 0;
	}
	file_list_fail(w->e, errno, *start);
	return -1;
}

int
file_list_read(struct file_list *out, int base, const char *path, struct err *e)
{
	struct walk w = { .base = base, .e = e };
	struct stat st;
	char *start = NULL;
	int rc = -1;

	memset(out, 0, sizeof *out);
	err_clear(e);
	if (find_start(&w, &start, &st, path) == -1 ||
	    (S_ISDIR(st.st_mode) ? list_directory(&w, start, &st)
				 : list_file(&w, start, &st)) == -1)
		goto out;
	*out = w.list;
	memset(&w.list, 0, sizeof w.list);
	rc = 0;
out:
	free(start);
	file_list_free(&w.list);
	return rc;
}

static char *
stamp(const struct stat *st)
{
	return xasprintf("%jd:%jd.%09ld:%jd.%09ld:%jx:%jx",
	    (intmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
	    st->st_mtim.tv_nsec, (intmax_t)st->st_ctim.tv_sec,
	    st->st_ctim.tv_nsec, (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
}

char *
file_list_identity(const struct file_list *l)
{
	struct digest *d;
	char hex[DIGEST_HEX_SIZE];
	char *one;

	if (!l->is_directory)
		return stamp(&l->entries[0].stat);
	d = digest_new();
	for (size_t i = 0; i < l->count; i++) {
		one = stamp(&l->entries[i].stat);
		digest_add(d, one, strlen(one));
		/* A name may hold any byte but NUL, which ends it here. */
		digest_add(d, " ", 1);
		digest_add(
		    d, l->entries[i].name, strlen(l->entries[i].name) + 1);
		free(one);
	}
	digest_hex(d, hex);
	digest_free(d);
	return xasprintf("%zu files %s", l->count, hex);
}

static int64_t
microseconds(struct timespec t)
{
	return (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec / 1000;
}

bool
file_list_touched_since(const struct file_list *l, int64_t us)
{
	for (size_t i = 0; i < l->count; i++)
		if (microseconds(l->entries[i].stat.st_ctim) >= us)
			return true;
	return false;
}

bool
file_list_is_fresh(const struct file_list *l, int64_t now_us)
{
	return file_list_touched_since(l, now_us - TICK_US);
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool
file_list_same(const struct stat *a, const struct stat *b)
{
	/*
	 * If another file was renamed over it, the change time differs and so
	 * does the number of links, but the bytes are the same.
	 */
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && same_time(a->st_mtim, b->st_mtim) &&
	       (same_time(a->st_ctim, b->st_ctim) ||
		   a->st_nlink != b->st_nlink);
}
