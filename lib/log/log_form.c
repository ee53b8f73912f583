/* SPDX-License-Identifier: Apache-2.0 */
/* Filling in forms. */
#include "lib/log/log_form.h"

#include "lib/log/log_private.h"
#include "lib/plain.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* A key and more: so many bytes at once are two registers, and no call. */
#define SHORT 32
/* Room that a value is given at least. */
#define LEAST (SHORT + DECIMAL_MAX)

void
log_form_reset(struct log_form *f)
{
	f->count = 0;
	f->len = 0;
}

void
log_form_free(struct log_form *f)
{
	free(f->text);
	f->text = NULL;
}

void
log_form_open(struct log_form *f, struct log_line *l, const char *key,
    enum log_form_type type)
{
	struct log_open *o = &f->open[f->count];

	if (f->count == LOG_FORM_OPEN || !log_key(l, key))
		return;
	o->before = (uint16_t)(l->len - l->timed - f->len);
	o->type = (uint8_t)type;
	f->len += o->before;
	f->count++;
}

void
log_form_close(
    struct log_form *f, const struct log_line *l, enum log_level level)
{
	size_t len = l->skip ? 0 : l->len - l->timed;

	f->level = level;
	f->rest = len - f->len;
	f->open[f->count].type = LOG_FORM_END;
	f->text = xrealloc(f->text, len + SHORT);
	memcpy(f->text, l->text + l->timed, len);
	memset(f->text + len, 0, SHORT);
}

static inline char *
put_word(char *to, size_t room, const struct log_value *v)
{
	const size_t quote = log_how.as_json ? 1 : 0;
	size_t len = v->number;

	if (len > room - LOG_QUOTES)
		return log_value_put(to, room, v->text, len);
	*to = '"';
	to += quote;
	memcpy(to, v->text, len);
	to += len;
	*to = '"';
	return to + quote;
}

static inline char *
put_text(char *to, size_t room, const struct log_value *v)
{
	const size_t quote = log_how.as_json ? 1 : 0;
	size_t len = v->number;

	/* Nearly always there is nothing odd about it, and it is there. */
	if (len == 0 || len > room - LOG_QUOTES ||
	    plain_copy(to + quote, v->text, len, PLAIN_BARE) < len)
		return log_value_put(to, room, v->text, v->number);
	if (quote == 0)
		return to + len;
	to[0] = to[len + 1] = '"';
	return to + len + LOG_QUOTES;
}

/* Fills in what is open; returns where the line ends. */
static inline char *
fill(const struct log_form *f, char *to, const char *end,
    const struct log_value *values)
{
	const char *from = f->text;

	for (const struct log_open *o = f->open; o->type != LOG_FORM_END;
	     o++, values++) {
		size_t before = o->before;

		if (end - to < (ptrdiff_t)before + LEAST)
			return to;
		if (before <= SHORT)
			memcpy(to, from, SHORT);
		else
			memcpy(to, from, before);
		to += before;
		from += before;
		if (o->type == LOG_FORM_NUMBER)
			to = decimal_put(to, values->number);
		else if (o->type == LOG_FORM_WORD)
			to = put_word(to, (size_t)(end - to), values);
		else
			to = put_text(to, (size_t)(end - to), values);
	}
	if (f->rest > 0 && (size_t)(end - to) >= f->rest) {
		memcpy(to, from, f->rest);
		to += f->rest;
	}
	return to;
}

void
log_form_write(
    const struct log_form *f, int64_t now, const struct log_value *values)
{
	/* Only ever one at a time; its bytes need not be new ones. */
	static struct log_line l;
	const char *end = l.text + sizeof l.text - LOG_CLOSING;
	char *to = l.text;

	if (f->level < log_how.threshold)
		return;
	if (log_how.has_prefix)
		to = log_open_prefix(to, f->level);
	to = log_stamp_put(to, now);
	to = fill(f, to, end, values);
	l.len = (size_t)(to - l.text);
	log_finish(&l);
}
