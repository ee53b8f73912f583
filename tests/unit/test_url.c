/* SPDX-License-Identifier: Apache-2.0 */
/* That no secret of a URL is shown, and everything else is. */
#include "lib/url.h"
#include "tests/t.h"

#include <stdlib.h>

static const struct {
	int line;
	const char *url;
	const char *shown;
} rows[] = {
	{ __LINE__, "", "" },
	{ __LINE__, "https://example.com/a", "https://example.com/a" },
	{ __LINE__, "https://me:secret@example.com/a?b=c",
	    "https://example.com/a?b=c" },
	{ __LINE__, "http://token@example.com:81/", "http://example.com:81/" },
	{ __LINE__, "https://example.com/a@b", "https://example.com/a@b" },
	{ __LINE__, "https://me:sec/ret@example.com/", "https://example.com/" },
	{ __LINE__, "ftp://me:secret@example.com/a", "ftp://me@example.com/a" },
	{ __LINE__, "git@git.example.com:tools.git",
	    "git@git.example.com:tools.git" },
	{ __LINE__, "https://example.com/a?token=abc",
	    "https://example.com/a?token=***" },
	{ __LINE__, "https://example.com/a?page=2&api_key=abc&b=c",
	    "https://example.com/a?page=2&api_key=***&b=c" },
	{ __LINE__, "https://example.com/?X-Amz-Signature=1;x=2",
	    "https://example.com/?X-Amz-Signature=***;x=2" },
	{ __LINE__, "https://example.com/?sig=a%2F=b&auth=x#access_token=y",
	    "https://example.com/?sig=***&auth=***#access_token=***" },
	{ __LINE__, "https://example.com/?MyPassword=1&client_secret=",
	    "https://example.com/?MyPassword=***&client_secret=***" },
	{ __LINE__, "https://example.com/?author=me&keyword=x&design=y",
	    "https://example.com/?author=me&keyword=x&design=y" },
	{ __LINE__, "https://example.com/?cursor=a/b:1&token",
	    "https://example.com/?cursor=a/b:1&token" },
	{ __LINE__, "https://example.com/token=1/key=2",
	    "https://example.com/token=1/key=2" },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *shown = url_shown(rows[i].url);

		T_AT(rows[i].line);
		CHECK_STR(shown, rows[i].shown);
		free(shown);
	}
	return t_done();
}
