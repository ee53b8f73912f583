/* SPDX-License-Identifier: Apache-2.0 */
/* Matching paths component by component. */
#include "sync/fetch/path_glob.h"

#include "lib/limits.h"

#include <fnmatch.h>
#include <string.h>

bool
path_glob_is(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

size_t
path_glob_base(const char *path)
{
	size_t base = 0, wild = strcspn(path, "*?[");

	for (size_t i = 0; i < wild && path[i] != '\0'; i++)
		if (path[i] == '/')
			base = i + 1;
	return base;
}

static bool
is_any_depth(const char *pattern)
{
	return strncmp(pattern, "**", 2) == 0 &&
	       (pattern[2] == '/' || pattern[2] == '\0');
}

/* Whether ${p} bytes of ${pattern} match ${n} bytes of ${name}. */
static bool
component_matches(const char *pattern, size_t p, const char *name, size_t n)
{
	char one[LIMIT_PATH], other[LIMIT_PATH];

	if (p >= sizeof one || n >= sizeof other)
		return false;
	memcpy(one, pattern, p);
	one[p] = '\0';
	memcpy(other, name, n);
	other[n] = '\0';
	return fnmatch(one, other, FNM_PERIOD) == 0;
}

/* Whether the first components match; then moves both to the next ones. */
static bool
match_component(const char **pattern, const char **path)
{
	size_t p = strcspn(*pattern, "/"), n = strcspn(*path, "/");

	/* Both end here, or neither. */
	if (((*pattern)[p] == '\0') != ((*path)[n] == '\0') ||
	    !component_matches(*pattern, p, *path, n))
		return false;
	*pattern += p + ((*pattern)[p] == '/');
	*path += n + ((*path)[n] == '/');
	return true;
}

/* Whether a component of ${path} starts with a dot. */
static bool
has_dot(const char *path)
{
	return *path == '.' || strstr(path, "/.") != NULL;
}

/*
 * After a mismatch it is enough to try again from the last '**': it can match
 * everything that an earlier one could.  That holds for names with a dot, too,
 * because '**' matches none of them, and any other component matches either
 * only names with a dot or only names without.
 */
bool
path_glob_match(const char *pattern, const char *path)
{
	const char *again = NULL, *from = NULL;

	while (*path != '\0') {
		if (is_any_depth(pattern)) {
			pattern += 2 + (pattern[2] == '/');
			if (*pattern == '\0')
				return !has_dot(path);
			again = pattern;
			from = path;
		} else if (*pattern == '\0' ||
			   !match_component(&pattern, &path)) {
			if (again == NULL || *from == '.')
				return false;
			from += strcspn(from, "/");
			if (*from == '\0')
				return false;
			path = ++from;
			pattern = again;
		}
	}
	return *pattern == '\0';
}

bool
path_glob_hides(const char *pattern, const char *name)
{
	const char *at = pattern;

	if (*name != '.')
		return false;
	if (pattern == NULL || name[1] == '.' || name[1] == '\0' ||
	    strcmp(name, ".git") == 0)
		return true;
	while (*at != '\0') {
		size_t len = strcspn(at, "/");

		if (*at == '.' &&
		    component_matches(at, len, name, strlen(name)))
			return false;
		at += len + (at[len] == '/');
	}
	return true;
}
