/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of paths, and where the wild part starts. */
#include "sync/fetch/path_glob.h"
#include "tests/t.h"

static const struct {
	int line;
	const char *pattern;
	const char *path;
	bool matches;
} rows[] = {
	{ __LINE__, "a.json", "a.json", true },
	{ __LINE__, "a.json", "b/a.json", false },
	{ __LINE__, "*.json", "a.json", true },
	{ __LINE__, "*.json", "b/a.json", false },
	{ __LINE__, "*/a.json", "b/a.json", true },
	{ __LINE__, "*/a.json", "a.json", false },
	{ __LINE__, "*/a.json", "c/b/a.json", false },
	{ __LINE__, "**/a.json", "a.json", true },
	{ __LINE__, "**/a.json", "c/b/a.json", true },
	{ __LINE__, "**/a.json", "c/b/aa.json", false },
	{ __LINE__, "s/**/a.json", "s/a.json", true },
	{ __LINE__, "s/**/a.json", "s/x/a.json", true },
	{ __LINE__, "s/**/a.json", "s/x/y/a.json", true },
	{ __LINE__, "s/**/a.json", "t/x/a.json", false },
	{ __LINE__, "s/**/a.json", "s/a.json/b", false },
	{ __LINE__, "s/**", "s/x/y", true },
	{ __LINE__, "s/**", "s", false },
	{ __LINE__, "**/x/**/y/*", "a/x/b/x/y/c", true },
	{ __LINE__, "**/x/**/y/*", "a/x/b/x/c/y", false },
	{ __LINE__, "**/x/y", "x/x/y", true },
	{ __LINE__, "**/x/y", "x/y/x/y", true },
	{ __LINE__, "?[ab].json", "xa.json", true },
	{ __LINE__, "?[ab].json", "xc.json", false },
	{ __LINE__, "*.json", ".a.json", false },
	{ __LINE__, ".a.json", ".a.json", true },
	{ __LINE__, ".*.json", ".a.json", true },
	{ __LINE__, "?a.json", ".a.json", false },
	{ __LINE__, "[.]a.json", ".a.json", false },
	{ __LINE__, ".m/*.json", ".m/a.json", true },
	{ __LINE__, ".m/*.json", ".m/.a.json", false },
	{ __LINE__, "**/.m/s.json", ".m/s.json", true },
	{ __LINE__, "**/.m/s.json", "a/b/.m/s.json", true },
	{ __LINE__, "**/.m/s.json", ".a/.m/s.json", false },
	{ __LINE__, "**/.m/s.json", "a/.m/b/s.json", false },
	{ __LINE__, "**/.m/**/s.json", "a/.m/b/c/s.json", true },
	{ __LINE__, "**/.m/**/s.json", "a/.m/b/.c/s.json", false },
	{ __LINE__, "**/.m/**/s.json", "a/.m/b/.m/s.json", false },
	{ __LINE__, "**/s.json", "a/.m/s.json", false },
	{ __LINE__, "**/.*/s.json", "a/.m/s.json", true },
	{ __LINE__, "a/**", "a/.b", false },
	{ __LINE__, "a/**", "a/b/.c/d", false },
	{ __LINE__, ".m/**", ".m/b/c", true },
	{ __LINE__, "a**/b", "ac/b", true },
	{ __LINE__, "a**/b", "a/c/b", false },
	{ __LINE__, "**/**/**/**/**/**/**/**/z",
	    "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a",
	    false },
};

static const struct {
	int line;
	const char *path;
	bool is;
	size_t base;
} bases[] = {
	{ __LINE__, "a/b.json", false, 2 },
	{ __LINE__, "a/*.json", true, 2 },
	{ __LINE__, "*", true, 0 },
	{ __LINE__, "/srv/x/**/y", true, 7 },
	{ __LINE__, "/srv/x?/y", true, 5 },
	{ __LINE__, "a[b]", true, 0 },
};

static const struct {
	int line;
	const char *pattern;
	const char *name;
	bool hidden;
} names[] = {
	{ __LINE__, NULL, "a", false },
	{ __LINE__, NULL, ".a", true },
	{ __LINE__, "**/a", ".a", true },
	{ __LINE__, "**/.a/x", ".a", false },
	{ __LINE__, "**/.a/x", "b", false },
	{ __LINE__, "**/.a/x", ".b", true },
	{ __LINE__, "x/.*.json", ".b.json", false },
	{ __LINE__, ".*/**", ".b", false },
	{ __LINE__, "**/.*", ".git", true },
	{ __LINE__, ".git/*", ".git", true },
	{ __LINE__, ".git/*", ".gitea", true },
	{ __LINE__, ".gitea/*", ".gitea", false },
	{ __LINE__, "**/..data/*", "..data", true },
	{ __LINE__, "**/.*", "..data", true },
	{ __LINE__, "**/.*", ".", true },
	{ __LINE__, "**/.*", "..", true },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		T_AT(rows[i].line);
		CHECK(path_glob_match(rows[i].pattern, rows[i].path) ==
		      rows[i].matches);
	}
	for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
		T_AT(bases[i].line);
		CHECK(path_glob_is(bases[i].path) == bases[i].is);
		CHECK_INT(path_glob_base(bases[i].path), bases[i].base);
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		T_AT(names[i].line);
		CHECK(path_glob_hides(names[i].pattern, names[i].name) ==
		      names[i].hidden);
	}
	return t_done();
}
