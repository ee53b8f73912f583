/* SPDX-License-Identifier: Apache-2.0 */
/* The directories to watch, and calling inotify. */
#include "sync/watch_paths.h"

#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/fetch/path_glob.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

#define LINKS_MAX 40

struct watch_paths {
	int fd;
	int highest; /* watch descriptor; their number */
	const char *pattern; /* of the path being added; NULL: none */
	const char *gap;
};

#ifdef __linux__
/* Not IN_MODIFY: a file is read when its writer has closed it. */
#define EVENTS                                                        \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |     \
	    IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | \
	    IN_ONLYDIR)

static int
open_inotify(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

static int
add_watch(int fd, const char *path)
{
	return inotify_add_watch(fd, path, EVENTS);
}
#else
static int
open_inotify(void)
{
	errno = ENOSYS;
	return -1;
}

static int
add_watch(int fd, const char *path)
{
	(void)fd;
	(void)path;
	errno = ENOSYS;
	return -1;
}
#endif

/* The directory that holds ${path}; the caller frees it. */
static char *
parent_of(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	return len == 0 ? xstrdup(".") : xstrndup(path, len);
}

static void
set_gap(struct watch_paths *w, const char *why)
{
	if (w->gap == NULL)
		w->gap = why;
}

static void add_directory(struct watch_paths *w, const char *path);

static void
add_parent(struct watch_paths *w, const char *path)
{
	char *parent = parent_of(path);

	add_directory(w, parent);
	free(parent);
}

/* Watches ${path}, or its nearest ancestor that exists. */
static void
add_directory(struct watch_paths *w, const char *path)
{
	int watch = add_watch(w->fd, path);

	if (watch > w->highest)
		w->highest = watch;
	if (watch != -1)
		return;
	if (errno == ENOSPC)
		set_gap(w,
		    "too many inotify watches (fs.inotify.max_user_watches)");
	else if (errno != ENOENT && errno != ENOTDIR)
		set_gap(w, "failed to watch a directory");
	else if (strcmp(path, "/") != 0 && strcmp(path, ".") != 0)
		add_parent(w, path);
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void add_path(struct watch_paths *w, const char *path, int links);

/* Whether no more directories may be watched; sets the gap then. */
static bool
is_full(struct watch_paths *w)
{
	if (w->highest < LIMIT_WATCHES)
		return false;
	set_gap(w, "too many directories to watch");
	return true;
}

/* Watches a directory and those below it that a source would read. */
static void
add_tree(struct watch_paths *w, const char *path, int depth, int links)
{
	DIR *dir;
	struct dirent *entry;
	struct stat st;

	add_directory(w, path);
	dir = opendir(path);
	if (dir == NULL)
		return;
	while (!is_full(w) && (entry = readdir(dir)) != NULL) {
		char *below;

		if (path_glob_hides(w->pattern, entry->d_name))
			continue;
		below = xasprintf("%s/%s", path, entry->d_name);
		if (lstat(below, &st) == -1)
			;
		else if (S_ISLNK(st.st_mode))
			add_path(w, below, links + 1);
		else if (S_ISDIR(st.st_mode) && depth < LIMIT_TREE_DEPTH)
			add_tree(w, below, depth + 1, links);
		free(below);
	}
	closedir(dir);
}

/* The target of the link ${link} with ${rest} appended; NULL: no link. */
static char *
follow(const char *link, const char *rest)
{
	char target[LIMIT_PATH];
	ssize_t n = readlink(link, target, sizeof target - 1);
	char *above, *path;

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	if (target[0] == '/')
		return xasprintf("%s%s", target, rest);
	above = parent_of(link);
	path = xasprintf("%s/%s%s", above, target, rest);
	free(above);
	return path;
}

/* Watches ${path} and each symbolic link on the way to it. */
static void
add_path(struct watch_paths *w, const char *path, int links)
{
	size_t len = strlen(path), end = 0;
	char *part, *target = NULL;

	while (links < LINKS_MAX && target == NULL && end < len) {
		end += strspn(path + end, "/");
		end += strcspn(path + end, "/");
		part = xstrndup(path, end);
		target = follow(part, path + end);
		if (target != NULL)
			add_parent(w, part);
		free(part);
	}
	if (target != NULL) {
		add_path(w, target, links + 1);
	} else {
		add_parent(w, path);
		if (is_directory(path))
			add_tree(w, path, 0, links);
	}
	free(target);
}

/* Watches a path, or the directory in front of a pattern. */
static void
add_place(struct watch_paths *w, const char *path)
{
	size_t before = path_glob_base(path);
	char *base;

	if (access(path, F_OK) == 0 || !path_glob_is(path)) {
		add_path(w, path, 0);
		return;
	}
	base = before == 0 ? xstrdup(".") : xstrndup(path, before);
	w->pattern = path + before;
	add_path(w, base, 0);
	w->pattern = NULL;
	free(base);
}

struct watch_paths *
watch_paths_new(char *const *paths, size_t count)
{
	struct watch_paths *w = xcalloc(1, sizeof *w);

	w->fd = open_inotify();
	if (w->fd == -1) {
		w->gap = "inotify is not available";
		return w;
	}
	for (size_t i = 0; i < count && !is_full(w); i++)
		add_place(w, paths[i]);
	return w;
}

void
watch_paths_free(struct watch_paths *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1)
		close(w->fd);
	free(w);
}

int
watch_paths_fd(const struct watch_paths *w)
{
	return w->fd;
}

bool
watch_paths_drain(struct watch_paths *w)
{
	char events[4 * KIB];
	bool any = false;

	/* An overflow of the queue is an event as well. */
	while (w->fd != -1 && read(w->fd, events, sizeof events) > 0)
		any = true;
	return any;
}

const char *
watch_paths_gap(const struct watch_paths *w)
{
	return w->gap;
}
