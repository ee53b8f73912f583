/* SPDX-License-Identifier: Apache-2.0 */
/* lib/err: texts, truncation, exit and HTTP status. */
#include "lib/err.h"

#include "tests/t.h"

#include <errno.h>
#include <stdlib.h>

static const struct {
	int line;
	enum err_code code;
	int exit_status;
	int http_status;
} meanings[] = {
	{ __LINE__, ERR_NONE, 0, 200 },
	{ __LINE__, ERR_USAGE, 2, 500 },
	{ __LINE__, ERR_CONFIG, 2, 500 },
	{ __LINE__, ERR_INPUT, 1, 400 },
	{ __LINE__, ERR_NOT_FOUND, 1, 404 },
	{ __LINE__, ERR_IDENTITY, 1, 401 },
	{ __LINE__, ERR_DENIED, 1, 403 },
	{ __LINE__, ERR_METHOD, 1, 405 },
	{ __LINE__, ERR_LIMIT, 1, 413 },
	{ __LINE__, ERR_BUSY, 0, 409 },
	{ __LINE__, ERR_FETCH, 1, 502 },
	{ __LINE__, ERR_STORAGE, 1, 500 },
	{ __LINE__, ERR_UNAVAILABLE, 1, 503 },
	{ __LINE__, ERR_INTERNAL, 1, 500 },
};

static void
test_meanings(void)
{
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		T_AT(meanings[i].line);
		CHECK_INT(
		    err_exit_status(meanings[i].code), meanings[i].exit_status);
		CHECK_INT(
		    err_http_status(meanings[i].code), meanings[i].http_status);
	}
	T_AT(0);
}

static void
test_texts(void)
{
	struct err e = ERR_INIT;
	char want[ERR_TEXT_MAX];

	CHECK_INT(e.code, ERR_NONE);
	CHECK_STR(e.text, "");
	err_set(&e, ERR_FETCH, "status %d of %s", 404, "a");
	CHECK_INT(e.code, ERR_FETCH);
	CHECK_STR(e.text, "status 404 of a");
	err_wrap(&e, "source %s", "b");
	err_wrap(&e, "run");
	CHECK_INT(e.code, ERR_FETCH);
	CHECK_STR(e.text, "run: source b: status 404 of a");
	err_set(&e, ERR_INPUT, "%s", "new");
	CHECK_INT(e.code, ERR_INPUT);
	CHECK_STR(e.text, "new");
	err_set_errno(&e, ERR_STORAGE, ENOENT, "open %s", "/x");
	CHECK_INT(e.code, ERR_STORAGE);
	snprintf(want, sizeof want, "open /x: %s", strerror(ENOENT));
	CHECK_STR(e.text, want);
	err_clear(&e);
	CHECK_INT(e.code, ERR_NONE);
	CHECK_STR(e.text, "");
}

static void
test_cut(void)
{
	struct err e = ERR_INIT;
	char big[3 * ERR_TEXT_MAX];

	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	err_set(&e, ERR_INPUT, "%s", big);
	CHECK_INT(strlen(e.text), ERR_TEXT_MAX - 1);
	/* The prefix is what is left of a text that was full. */
	err_wrap(&e, "front");
	CHECK_INT(strlen(e.text), ERR_TEXT_MAX - 1);
	CHECK(strncmp(e.text, "front: xxx", 10) == 0);
	err_wrap(&e, "%s", big);
	CHECK_INT(strlen(e.text), ERR_TEXT_MAX - 1);
	CHECK(strchr(e.text, ':') == NULL);
	err_set_errno(&e, ERR_INPUT, ENOENT, "%s", big);
	CHECK_INT(strlen(e.text), ERR_TEXT_MAX - 1);
}

/* Texts end up in JSON: a cut may not leave part of a character. */
static void
test_cut_character(void)
{
	static const char *const characters[] = { "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80" };
	struct err e = ERR_INIT;
	char big[2 * ERR_TEXT_MAX];
	int ragged = 0;

	for (size_t kind = 0; kind < 3; kind++) {
		size_t width = strlen(characters[kind]);

		for (size_t shift = 0; shift < 4; shift++) {
			size_t len = shift;

			memset(big, 'x', shift);
			while (len + width < sizeof big) {
				memcpy(big + len, characters[kind], width);
				len += width;
			}
			big[len] = '\0';
			err_set(&e, ERR_INPUT, "%s", big);
			ragged += (strlen(e.text) - shift) % width != 0;
			ragged += strlen(e.text) + 2 * width < ERR_TEXT_MAX;
			err_wrap(&e, "1234");
			ragged += (strlen(e.text) - 6 - shift) % width != 0;
			err_set_errno(&e, ERR_INPUT, ENOENT, "%s", big);
			ragged += (strlen(e.text) - shift) % width != 0;
		}
	}
	CHECK_INT(ragged, 0);
	/* A text that fits keeps its last character. */
	err_set(&e, ERR_INPUT, "caf\xc3\xa9");
	CHECK_STR(e.text, "caf\xc3\xa9");
}

int
main(void)
{
	test_meanings();
	test_texts();
	test_cut();
	test_cut_character();
	return t_done();
}
