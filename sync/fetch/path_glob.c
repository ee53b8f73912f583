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

/* Whether the first components match, and set both to what follows them. */
static bool
match_component(const char **pattern, const char **path)
{
	char one[LIMIT_PATH], other[LIMIT_PATH];
	size_t p = strcspn(*pattern, "/"), n = strcspn(*path, "/");

	if (p >= sizeof one || n >= sizeof other)
		return false;
	memcpy(one, *pattern, p);
	one[p] = '\0';
	memcpy(other, *path, n);
	other[n] = '\0';
	/* Both end here, or neither. */
	if (((*pattern)[p] == '\0') != ((*path)[n] == '\0') ||
	    fnmatch(one, other, FNM_PERIOD) != 0)
		return false;
	*pattern += p + ((*pattern)[p] == '/');
	*path += n + ((*path)[n] == '/');
	return true;
}

/*
 * Only the last '**' that was passed is ever gone back to: one that stands
 * later finds all that an earlier one could.
 */
bool
path_glob_match(const char *pattern, const char *path)
{
	const char *again = NULL, *from = NULL;

	while (*path != '\0') {
		if (is_any_depth(pattern)) {
			pattern += 2 + (pattern[2] == '/');
			if (*pattern == '\0')
				return true;
			again = pattern;
			from = path;
		} else if (*pattern == '\0' ||
			   !match_component(&pattern, &path)) {
			if (again == NULL)
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
