/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern and a text, a line each: a literal pattern matches itself alone. */
#include "lib/store/glob.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct glob *glob = NULL;
	struct err e = ERR_INIT;
	char *t[2];

	fuzz_texts(t, 2, data, len);
	if (glob_new(&glob, t[0], &e) == -1) {
		FUZZ_HOLDS(e.code == ERR_CONFIG && e.text[0] != '\0');
	} else {
		bool matches = glob_match(glob, t[1]);

		FUZZ_HOLDS(matches == glob_match(glob, t[1]));
		if (strpbrk(t[0], "*?[]{}\\,") == NULL)
			FUZZ_HOLDS(matches == (strcmp(t[0], t[1]) == 0));
		if (strcmp(t[0], "*") == 0)
			FUZZ_HOLDS(matches);
	}
	glob_free(glob);
	fuzz_texts_free(t, 2);
}
