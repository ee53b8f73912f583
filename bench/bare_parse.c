/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference for a sync: reads a document, parses it entry by entry with the
 * library's own allocator, and does nothing else.
 */
#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0, entries = 0;
	ssize_t len;
	FILE *f;

	if (argc != 2 || (f = fopen(argv[1], "r")) == NULL)
		return 2;
	/* bench/generate puts an entry on a line of its own. */
	while ((len = getline(&line, &room, f)) > 0) {
		json_error_t e;
		json_t *entry;

		entry = json_loadb(line, (size_t)len,
		    JSON_DECODE_INT_AS_REAL | JSON_DISABLE_EOF_CHECK, &e);
		if (entry == NULL)
			continue;
		entries++;
		json_decref(entry);
	}
	free(line);
	fclose(f);
	printf("%zu entries\n", entries);
	return entries == 0;
}
