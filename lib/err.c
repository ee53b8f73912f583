/* SPDX-License-Identifier: Apache-2.0 */
/* Setting and prefixing errors; exit and HTTP status of each code. */
#include "lib/err.h"
#include "lib/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int exit_status;
	int http_status;
} meanings[] = {
	[ERR_NONE] = { 0, 200 },
	[ERR_USAGE] = { 2, 500 },
	[ERR_CONFIG] = { 2, 500 },
	[ERR_INPUT] = { 1, 400 },
	[ERR_NOT_FOUND] = { 1, 404 },
	[ERR_METHOD] = { 1, 405 },
	[ERR_LIMIT] = { 1, 413 },
	[ERR_LENGTH] = { 1, 411 },
	[ERR_BUSY] = { 0, 409 },
	[ERR_FETCH] = { 1, 502 },
	[ERR_STORAGE] = { 1, 500 },
	[ERR_UNAVAILABLE] = { 1, 503 },
	[ERR_INTERNAL] = { 1, 500 },
	[ERR_IDENTITY] = { 1, 401 },
	[ERR_DENIED] = { 1, 403 },
};

/*
 * A text that fills the array may end inside a character.  Texts go into JSON
 * and the database, so the last character is removed if it is not ASCII.
 */
static void
drop_cut_character(struct err *e)
{
	if (strlen(e->text) + 1 == sizeof e->text)
		text_trim(e->text);
}

void
err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	drop_cut_character(e);
}

void
err_wrap(struct err *e, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	va_list ap;
	size_t len;

	memcpy(old, e->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	snprintf(e->text + len, sizeof e->text - len, ": %s", old);
	drop_cut_character(e);
}

void
err_set_errno(struct err *e, enum err_code code, int num, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	len = strlen(e->text);
	snprintf(e->text + len, sizeof e->text - len, ": %s", strerror(num));
	drop_cut_character(e);
}

void
err_clear(struct err *e)
{
	e->code = ERR_NONE;
	e->text[0] = '\0';
}

int
err_exit_status(enum err_code code)
{
	return meanings[code].exit_status;
}

int
err_http_status(enum err_code code)
{
	return meanings[code].http_status;
}
