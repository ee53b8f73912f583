/* SPDX-License-Identifier: Apache-2.0 */
/* The body of an error response, prepared for a message. */
#include "lib/limits.h"
#include "sync/fetch/http/http_private.h"
#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

static void
test_forms(void)
{
	static const struct {
		int line;
		const char *body;
		const char *words;
	} rows[] = {
		{ __LINE__, "{\"error\":\"no\"}", "no" },
		{ __LINE__, " \n{\"message\":\"no\"}", "no" },
		{ __LINE__, "{\"detail\":\"no\"}", "no" },
		{ __LINE__, "{\"error\":{\"code\":\"E\",\"message\":\"no\"}}",
		    "no" },
		{ __LINE__,
		    "{\"title\":\"Unprocessable Entity\",\"status\":422,"
		    "\"detail\":\"validation failed\",\"errors\":[{\"message\":"
		    "\"expected number <= 30\",\"location\":\"query.limit\","
		    "\"value\":100}]}",
		    "validation failed: expected number <= 30: query.limit" },
		{ __LINE__,
		    "{\"detail\":[{\"type\":\"less_than_equal\",\"loc\":["
		    "\"query\",\"limit\"],\"msg\":\"at most 30\",\"ctx\":"
		    "{\"le\":30}}]}",
		    "query: limit: at most 30" },
		{ __LINE__,
		    "{\"error\":{\"issues\":[{\"path\":[\"limit\"],\"message\":"
		    "\"too big\"}],\"name\":\"ZodError\"}}",
		    "limit: too big" },
		{ __LINE__,
		    "{\"error\":\"invalid_token\","
		    "\"error_description\":\"expired\"}",
		    "invalid_token: expired" },
		{ __LINE__, "{\"title\":\"Page too large\",\"status\":400}",
		    "Page too large" },
		{ __LINE__,
		    "{\"kind\":\"Status\",\"message\":\"gone\","
		    "\"reason\":\"NotFound\",\"details\":{\"name\":"
		    "\"x\"}}",
		    "gone" },
		{ __LINE__, "{\"error\":\"same\",\"message\":\"same\"}",
		    "same" },
		{ __LINE__, "[\"no\",{\"error\":\"yes\"}]", "yes" },
		{ __LINE__, "\"no\"", "no" },
		{ __LINE__, "{\"error\":\"cut off\",\"deta", "cut off" },
		{ __LINE__, "{\"error\":4}", NULL },
		{ __LINE__, "{\"name\":\"x\"}", NULL },
		{ __LINE__, "{\"error\":\"\"}", NULL },
		{ __LINE__,
		    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{"
		    "\"error\":\"deep\"}}}}}}}",
		    NULL },
		{ __LINE__, "{}", NULL },
		{ __LINE__, "", NULL },
		{ __LINE__, " \r\n", NULL },
		{ __LINE__, "<html>No</html>", NULL },
		{ __LINE__, "limit must be <= 30\r\nat server.go:12",
		    "limit must be <= 30" },
		{ __LINE__, "{\"error\":\"a\\u0000b\"}", "a" },
		{ __LINE__,
		    "{\"error\":\" a\\n\\tb \\u001b[31m\\u202ec\\u0085 "
		    "\\u200b\\ufeff\xc3\xa9 \"}",
		    "a b [31m c \xc3\xa9" },
		{ __LINE__,
		    "gr\xfc\xdf"
		    "e \x1b]0;x\x07",
		    "gr??e ]0;x" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *words =
		    http_words_read(rows[i].body, strlen(rows[i].body));

		T_AT(rows[i].line);
		CHECK_STR(words, rows[i].words);
		free(words);
	}
	T_AT(0);
}

static void
test_secrets(void)
{
	static const struct {
		int line;
		const char *said;
		const char *shown;
	} rows[] = {
		{ __LINE__, "token s3cret!, s3cret", "token ***!, ***" },
		{ __LINE__, "xs3crety", "x***y" },
		{ __LINE__, "no secret", "no secret" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char words[100];

		T_AT(rows[i].line);
		snprintf(words, sizeof words, "%s", rows[i].said);
		http_words_hide(words, "s3cret");
		http_words_hide(words, "");
		CHECK_STR(words, rows[i].shown);
	}
	T_AT(0);
}

static void
test_cut(void)
{
	char words[2 * LIMIT_HTTP_WORDS];

	memset(words, 'a', sizeof words);
	words[LIMIT_HTTP_WORDS] = '\0';
	http_words_cut(words);
	CHECK_INT(strlen(words), LIMIT_HTTP_WORDS);
	memcpy(words + LIMIT_HTTP_WORDS - 1, "\xe2\x82\xac", 4);
	http_words_cut(words);
	CHECK_INT(strlen(words), LIMIT_HTTP_WORDS - 1);
}

int
main(void)
{
	test_forms();
	test_secrets();
	test_cut();
	return t_done();
}
