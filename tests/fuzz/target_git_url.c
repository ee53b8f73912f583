/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of a git repository: its shown form contains no secret. */
#include "lib/url.h"
#include "sync/kinds/git/fetch_git.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

void
fuzz_one(const uint8_t *data, size_t len)
{
	enum fetch_git_transport transport;
	struct err e = ERR_INIT;
	char *url, *shown;

	fuzz_texts(&url, 1, data, len);
	if (fetch_git_url_check(&transport, url, &e) == -1)
		FUZZ_HOLDS(e.text[0] != '\0');
	shown = url_shown(url);
	FUZZ_HOLDS(shown != NULL);
	(void)fetch_git_url_has_user(url);
	err_set(&e, ERR_FETCH, "cannot reach %s", url);
	fetch_git_url_clean(&e);
	FUZZ_HOLDS(strpbrk(e.text, "\r\n\t\x1b") == NULL);
	free(shown);
	fuzz_texts_free(&url, 1);
}
