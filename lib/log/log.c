/* SPDX-License-Identifier: Apache-2.0 */
/* Building and writing log lines. */
#include "lib/log/log_target.h"

#include "lib/clock.h"
#include "lib/decimal.h"
#include "lib/plain.h"
#include "lib/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ESCAPE_MAX 6 /* the longest way to write one byte, \u001f */
#define QUOTES 2
#define CLOSING 2 /* bytes kept free: a brace and a newline */
#define LEN(text) (sizeof(text) - 1)
#define SECONDS_LEN LEN("2026-01-02T03:04:05")
/* How a line starts, up to its time. */
#define JSON_START "{\"time\":\""
#define LOGFMT_START "time="
/* What surrounds a key and a value, at most. */
#define AROUND LEN(",\"\":\"\"")
/* A field starts only where a number with sign and point would fit. */
#define VALUE_MIN (DECIMAL_MAX + 2)

static enum log_level threshold = LOG_LEVEL_INFO;
static const struct log_field *fixed;
static size_t fixed_count;

static const char *const levels[] = {
	[LOG_LEVEL_DEBUG] = "DEBUG",
	[LOG_LEVEL_INFO] = "INFO",
	[LOG_LEVEL_WARN] = "WARN",
	[LOG_LEVEL_ERROR] = "ERROR",
};

int
log_level_from_name(enum log_level *level, const char *name)
{
	*level = LOG_LEVEL_INFO;
	if (name == NULL)
		return 0;
	if (strcasecmp(name, "warning") == 0)
		name = "warn";
	for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_ERROR; i++) {
		if (strcasecmp(name, levels[i]) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -1;
}

void
log_set_level(enum log_level level)
{
	threshold = level;
}

bool
log_is_on(enum log_level level)
{
	return level >= threshold;
}

void
log_set_fields(const struct log_field *fields, size_t count)
{
	fixed = fields;
	fixed_count = count;
}

/* ---- values ---- */

/* How many bytes may still be written. */
static size_t
room(const struct log_line *l)
{
	return sizeof l->text - CLOSING - l->len;
}

/*
 * How many bytes need no escape, up to ${most} and the end of a character.
 */
static size_t
span(const char *text, size_t len, size_t most, enum plain_where where)
{
	size_t done = 0, used = 1;

	if (most > len)
		most = len;
	while (done < most && used > 0) {
		used = plain_span(text + done, most - done, where);
		if (used == 0)
			used = text_multibyte(text + done, len - done);
		done += used;
	}
	return done;
}

/* Writes an escape that is valid in JSON, too. */
static char *
put_escaped(char *to, unsigned char c)
{
	char escape[ESCAPE_MAX + 2];
	int len;

	if (c == '\n')
		len = snprintf(escape, sizeof escape, "\\n");
	else if (c == '"' || c == '\\')
		len = snprintf(escape, sizeof escape, "\\%c", c);
	else /* U+FFFD stands for a byte of invalid UTF-8 */
		len = snprintf(escape, sizeof escape, "\\u%04x",
		    c >= 0x80 ? 0xfffdU : (unsigned)c);
	memcpy(to, escape, (size_t)len);
	return to + len;
}

/* A value that is truncated still gets its closing quote. */
static char *
put_quoted(char *to, const char *end, const char *text, size_t len)
{
	size_t i = 0, plain;

	end -= ESCAPE_MAX;
	*to++ = '"';
	while (i < len && to < end) {
		plain = span(
		    text + i, len - i, (size_t)(end - to), PLAIN_IN_QUOTES);
		memcpy(to, text + i, plain);
		to += plain;
		i += plain;
		if (plain == 0)
			to = put_escaped(to, (unsigned char)text[i++]);
	}
	*to++ = '"';
	return to;
}

/* ---- fields ---- */

/* Writes the key, if there is room for a field. */
static inline bool
add_key(struct log_line *l, const char *key)
{
	size_t len = strlen(key);
	char *to = l->text + l->len;

	if (l->skip || room(l) < len + AROUND + VALUE_MIN)
		return false;
	if (log_target.as_json) {
		memcpy(to, ",\"", 2);
		memcpy(to + 2, key, len);
		memcpy(to + 2 + len, "\":", 2);
		l->len += len + 4;
	} else {
		to[0] = ' ';
		memcpy(to + 1, key, len);
		to[1 + len] = '=';
		l->len += len + 2;
	}
	return true;
}

void
log_word(struct log_line *l, const char *key, const char *value, size_t len)
{
	char *to;

	if (!add_key(l, key))
		return;
	if (len > room(l) - QUOTES)
		len = room(l) - QUOTES;
	to = l->text + l->len;
	if (log_target.as_json)
		*to++ = '"';
	memcpy(to, value, len);
	to += len;
	if (log_target.as_json)
		*to++ = '"';
	l->len = (size_t)(to - l->text);
}

void
log_text(struct log_line *l, const char *key, const char *value, size_t len)
{
	char *to;

	if (!add_key(l, key))
		return;
	to = l->text + l->len;
	/* logfmt quotes only a value that needs it. */
	if (!log_target.as_json && len > 0 && len <= room(l) - QUOTES &&
	    span(value, len, len, PLAIN_BARE) == len) {
		memcpy(to, value, len);
		l->len += len;
	} else {
		l->len = (size_t)(put_quoted(to, to + room(l), value, len) -
				  l->text);
	}
}

void
log_str(struct log_line *l, const char *key, const char *value)
{
	if (value != NULL)
		log_text(l, key, value, strlen(value));
}

void
log_int(struct log_line *l, const char *key, int64_t value)
{
	if (add_key(l, key))
		l->len = (size_t)(decimal_put_signed(l->text + l->len, value) -
				  l->text);
}

void
log_seconds(struct log_line *l, const char *key, int64_t us)
{
	const uint64_t second = (uint64_t)CLOCK_SECOND;
	/* Negating the unsigned number is defined for INT64_MIN, too. */
	uint64_t size = us < 0 ? -(uint64_t)us : (uint64_t)us;
	char *to;

	if (!add_key(l, key))
		return;
	to = l->text + l->len;
	if (us < 0)
		*to++ = '-';
	to = decimal_put(to, size / second);
	*to++ = '.';
	to = decimal_put_six(to, (unsigned)(size % second));
	l->len = (size_t)(to - l->text);
}

/* ---- lines ---- */

/*
 * Adds the time, the first field, with six digits of fraction even if they are
 * zeros.  The text of the second is kept: many lines share it.
 */
static void
add_time(struct log_line *l, int64_t now)
{
	static char json[] = JSON_START "2026-01-02T03:04:05.123456Z\"";
	static char logfmt[] = LOGFMT_START "2026-01-02T03:04:05.123456Z";
	static int64_t second = CLOCK_NEVER;
	int64_t fraction = now % CLOCK_SECOND;

	if (fraction < 0)
		fraction += CLOCK_SECOND;
	if (now - fraction != second) {
		char text[CLOCK_TEXT_SIZE];

		second = now - fraction;
		(void)clock_format(text, second);
		memcpy(json + LEN(JSON_START), text, SECONDS_LEN);
		memcpy(logfmt + LEN(LOGFMT_START), text, SECONDS_LEN);
	}
	if (log_target.as_json) {
		decimal_put_six(json + LEN(JSON_START) + SECONDS_LEN + 1,
		    (unsigned)fraction);
		memcpy(l->text + l->len, json, LEN(json));
		l->len += LEN(json);
	} else {
		decimal_put_six(logfmt + LEN(LOGFMT_START) + SECONDS_LEN + 1,
		    (unsigned)fraction);
		memcpy(l->text + l->len, logfmt, LEN(logfmt));
		l->len += LEN(logfmt);
	}
}

/* Starts a line up to its time; false: its level is off. */
static bool
start(struct log_line *l, enum log_level level)
{
	l->skip = level < threshold;
	l->len = 0;
	if (l->skip)
		return false;
	if (log_target.has_prefix)
		l->len = (size_t)(log_target_prefix(l->text, level) - l->text);
	add_time(l, clock_now());
	l->timed = l->len;
	return true;
}

void
log_begin(struct log_line *l, enum log_level level, const char *msg)
{
	if (!start(l, level))
		return;
	log_word(l, "level", levels[level], strlen(levels[level]));
	log_str(l, "msg", msg);
}

void
log_begin_like(
    struct log_line *l, enum log_level level, const char *fields, size_t len)
{
	if (!start(l, level) || len > room(l))
		return;
	memcpy(l->text + l->len, fields, len);
	l->len += len;
}

void
log_end(struct log_line *l)
{
	if (l->skip)
		return;
	for (size_t i = 0; i < fixed_count; i++)
		if (fixed[i].value != NULL)
			log_word(l, fixed[i].key, fixed[i].value, fixed[i].len);
	if (log_target.as_json)
		l->text[l->len++] = '}';
	l->text[l->len++] = '\n';
	log_target_write(l->text, l->len);
}

void
log_message(enum log_level level, const char *msg, const char *error)
{
	struct log_line l;

	log_begin(&l, level, msg);
	log_str(&l, "error", error);
	log_end(&l);
}

void
log_start(const char *program, const char *level)
{
	const char *invalid = log_open(program);
	enum log_level l;

	if (invalid != NULL)
		log_message(LOG_LEVEL_WARN, invalid, NULL);
	if (log_level_from_name(&l, level) == -1)
		log_message(
		    LOG_LEVEL_WARN, "invalid THV_REGISTRY_LOG_LEVEL", level);
	log_set_level(l);
}
