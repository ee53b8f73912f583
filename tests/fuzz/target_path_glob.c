/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern and the path of a file in a repository, a line each.  A pattern
 * without wild cards matches only itself; one that starts with any depth
 * matches at least what the rest of it matches.
 */
#include "lib/limits.h"
#include "sync/fetch/path_glob.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

void
fuzz_one(const uint8_t *data, size_t len)
{
	char *t[2], *deeper;
	size_t size;
	bool matches;

	fuzz_texts(t, 2, data, len);
	FUZZ_HOLDS(path_glob_base(t[0]) <= strcspn(t[0], "*?["));
	matches = path_glob_match(t[0], t[1]);
	if (!path_glob_is(t[0]) && strpbrk(t[0], "\\") == NULL && matches)
		FUZZ_HOLDS(strcmp(t[0], t[1]) == 0);
	size = strlen(t[0]) + sizeof "**/";
	deeper = malloc(size);
	if (deeper == NULL)
		abort();
	snprintf(deeper, size, "**/%s", t[0]);
	if (matches && *t[1] != '\0')
		FUZZ_HOLDS(path_glob_match(deeper, t[1]));
	free(deeper);
	fuzz_texts_free(t, 2);
}
