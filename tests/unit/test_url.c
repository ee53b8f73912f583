/* SPDX-License-Identifier: Apache-2.0 */
/* lib/url hides the secrets of a URL and shows everything else. */
#include "lib/url.h"
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	int line;
	const char *url;
	const char *shown;
} rows[] = {
	{ __LINE__, "", "" },
	{ __LINE__, "https://example.com/a", "https://example.com/a" },
	{ __LINE__, "https://me:secret@example.com/a?b=c",
	    "https://example.com/a?b=***" },
	{ __LINE__, "http://token@example.com:81/", "http://example.com:81/" },
	{ __LINE__, "https://example.com/a@b", "https://example.com/a@b" },
	{ __LINE__, "https://me:sec/ret@example.com/", "https://example.com/" },
	{ __LINE__, "ftp://me:secret@example.com/a",
	    "ftp://***@example.com/a" },
	{ __LINE__, "ssh://token@git.example.com/a",
	    "ssh://***@git.example.com/a" },
	{ __LINE__, "ssh://git:pw@git.example.com/a",
	    "ssh://git@git.example.com/a" },
	{ __LINE__, "git@git.example.com:tools.git",
	    "git@git.example.com:tools.git" },
	{ __LINE__, "https://example.com/a?token=abc",
	    "https://example.com/a?token=***" },
	{ __LINE__, "https://example.com/a?code=1&jwt=2.3.4",
	    "https://example.com/a?code=***&jwt=***" },
	{ __LINE__, "https://example.com/?X-Amz-Signature=1;x=2",
	    "https://example.com/?X-Amz-Signature=***;x=***" },
	{ __LINE__, "https://example.com/?sig=a%2F=b&auth=x#access_token=y",
	    "https://example.com/?sig=***&auth=***#access_token=***" },
	{ __LINE__, "https://example.com/?a=https://u:p@h/?b=c",
	    "https://example.com/?a=***?b=***" },
	{ __LINE__, "https://example.com/?s3cret", "https://example.com/?***" },
	{ __LINE__,
	    "https://example.com/?czNjcmV0cw==", "https://example.com/?***" },
	{ __LINE__, "https://example.com/?a&b=#s3cret",
	    "https://example.com/?***&***#***" },
	{ __LINE__, "https://example.com/token=1/key=2",
	    "https://example.com/token=1/key=2" },
	{ __LINE__, "example.com/a?token=abc", "example.com/a?token=***" },
	{ __LINE__, "io.example/a?b*", "io.example/a?b*" },
};

/* Messages of libraries about the URL in the middle. */
static const struct {
	int line;
	const char *text;
	const char *url;
	const char *shown;
} messages[] = {
	{ __LINE__, "failed to fetch https://u:pw@h/x?a=b: timeout", NULL,
	    "failed to fetch https://h/x?a=***: timeout" },
	{ __LINE__, "redirect to 'https://h/?code=hush', refused", NULL,
	    "redirect to 'https://h/?code=***', refused" },
	{ __LINE__, "see (http://h/a?b=c).", NULL, "see (http://h/a?b=***)." },
	{ __LINE__, "no user me:secret, password secret, secretary",
	    "https://me:secret@example.com/",
	    "no user ***, password ***, secretary" },
	{ __LINE__, "bad value abcdef or ghijkl", "https://h/?a=abcdef&ghijkl",
	    "bad value *** or ***" },
	{ __LINE__, "git says: git is not git", "ssh://git@h/x",
	    "git says: git is not git" },
	{ __LINE__, "a: b=c", "https://h/?a=b", "a: b=c" },
	{ __LINE__, "bad code C0de+Secret",
	    "https://h/?limit=100&code=C0de+Secret#f?a=host", "bad code ***" },
	{ __LINE__, "bad code C0de Secret at limit=100",
	    "https://h/?limit=100&code=C0de+Secret#f?a=host",
	    "bad code *** at limit=100" },
	{ __LINE__, "pass%40word or pass@word of me",
	    "https://me:pass%40word@h/", "*** or *** of me" },
	{ __LINE__, "A and %41b", "https://a:%41%41%41b@h/?b=%41%41%41",
	    "A and %41b" },
	{ __LINE__, "", "https://h/?a=b", "" },
};

static void
test_messages(void)
{
	char text[80];

	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		T_AT(messages[i].line);
		snprintf(text, sizeof text, "%s", messages[i].text);
		url_hide(text, sizeof text, messages[i].url);
		CHECK_STR(text, messages[i].shown);
	}
	T_AT(0);
	/* What grows is cut. */
	memcpy(text, "http://h/?a=b", 14);
	url_hide(text, 14, NULL);
	CHECK_STR(text, "http://h/?a=*");
}

static void
test_decoding(void)
{
	static const struct {
		int line;
		const char *encoded;
		const char *text;
	} decoded[] = {
		{ __LINE__, "", "" },
		{ __LINE__, "a%20b%2fc%2F", "a b/c/" },
		{ __LINE__, "%41%", "A%" },
		{ __LINE__, "%4", "%4" },
		{ __LINE__, "%g0%0g%%41+", "%g0%0g%A+" },
	};

	for (size_t i = 0; i < sizeof decoded / sizeof *decoded; i++) {
		char text[32];

		T_AT(decoded[i].line);
		snprintf(text, sizeof text, "%s", decoded[i].encoded);
		url_decode(text);
		CHECK_STR(text, decoded[i].text);
	}
	T_AT(0);
}

int
main(void)
{
	test_decoding();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *shown = url_shown(rows[i].url);

		T_AT(rows[i].line);
		CHECK_STR(shown, rows[i].shown);
		free(shown);
	}
	test_messages();
	return t_done();
}
