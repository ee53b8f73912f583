/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building and writing log lines.  A request has one, so what is done for each
 * byte and each number is written out here instead of asked of printf().
 */
#include "lib/log/log_private.h"
#include "lib/seldom.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#define VALUE_MIN (DECIMAL_MAX + 2) /* a number with a sign and a point */
#define SECONDS_LEN 19 /* "2026-01-02T03:04:05" */
#define FRACTION_LEN 8 /* ".123456Z" */

struct log_how log_how = {
	.threshold = LOG_LEVEL_INFO,
	.syslog_socket = -1,
};
struct log_stamp log_stamp = { .second = LOG_NO_SECOND };

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
	log_how.threshold = level;
}

bool
log_is_on(enum log_level level)
{
	return level >= log_how.threshold;
}

void
log_set_fields(const struct log_field *fields, size_t count)
{
	fixed = fields;
	fixed_count = count;
}

/* ---- fields ---- */

/* Begins a field for which there is room; returns where it goes on. */
static char *
begin_field(struct log_line *l, const char *key, size_t len)
{
	char *to = l->text + l->len;

	if (log_how.as_json) {
		*to++ = l->len > l->begin ? ',' : '{';
		*to++ = '"';
		memcpy(to, key, len);
		to[len] = '"';
		to[len + 1] = ':';
		return to + len + 2;
	}
	if (l->len > l->begin)
		*to++ = ' ';
	memcpy(to, key, len);
	to[len] = '=';
	return to + len + 1;
}

bool
log_key(struct log_line *l, const char *key)
{
	size_t len = strlen(key);

	if (l->skip || log_room(l) < len + LOG_AROUND + VALUE_MIN)
		return false;
	l->len = (size_t)(begin_field(l, key, len) - l->text);
	return true;
}

void
log_word(struct log_line *l, const char *key, const char *value, size_t len)
{
	char *to;

	if (!log_key(l, key))
		return;
	if (len > log_room(l) - LOG_QUOTES)
		len = log_room(l) - LOG_QUOTES;
	to = l->text + l->len;
	if (log_how.as_json)
		*to++ = '"';
	memcpy(to, value, len);
	to += len;
	if (log_how.as_json)
		*to++ = '"';
	l->len = (size_t)(to - l->text);
}

void
log_text(struct log_line *l, const char *key, const char *value, size_t len)
{
	char *to;

	if (!log_key(l, key))
		return;
	to = log_value_put(l->text + l->len, log_room(l), value, len);
	l->len = (size_t)(to - l->text);
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
	if (log_key(l, key))
		l->len = (size_t)(decimal_put_signed(l->text + l->len, value) -
				  l->text);
}

void
log_seconds(struct log_line *l, const char *key, int64_t us)
{
	const uint64_t second = (uint64_t)CLOCK_SECOND;
	/* The negation of an unsigned number also holds for INT64_MIN. */
	uint64_t size = us < 0 ? -(uint64_t)us : (uint64_t)us;
	char *to;

	if (!log_key(l, key))
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

void
log_stamp_renew(int64_t now)
{
	const char *key = log_how.as_json ? "{\"time\":\"" : "time=";
	struct log_stamp *s = &log_stamp;
	char text[CLOCK_TEXT_SIZE], *to = s->text;
	int64_t rest = now % CLOCK_SECOND;

	s->second = now - rest - (rest < 0 ? CLOCK_SECOND : 0);
	(void)clock_format(text, s->second);
	memcpy(to, key, strlen(key));
	to += strlen(key);
	memcpy(to, text, SECONDS_LEN);
	to += SECONDS_LEN;
	s->fraction = to + 1;
	memcpy(to, ".000000Z\"", FRACTION_LEN + 1);
	to += FRACTION_LEN + (log_how.as_json ? 1 : 0);
	s->len = (size_t)(to - s->text);
}

void
log_begin(struct log_line *l, enum log_level level, const char *msg)
{
	char *to;

	l->skip = level < log_how.threshold;
	l->len = l->begin = 0;
	if (l->skip)
		return;
	to = l->text + l->len;
	if (log_how.has_prefix)
		to = log_open_prefix(to, level);
	l->begin = (size_t)(to - l->text);
	to = log_stamp_put(to, clock_now());
	l->len = l->timed = (size_t)(to - l->text);
	log_word(l, "level", levels[level], strlen(levels[level]));
	log_str(l, "msg", msg);
}

static SELDOM void
put_fixed(struct log_line *l)
{
	for (size_t i = 0; i < fixed_count; i++)
		if (fixed[i].value != NULL)
			log_word(l, fixed[i].key, fixed[i].value, fixed[i].len);
}

void
log_finish(struct log_line *l)
{
	size_t len;
	ssize_t ignored;

	if (fixed_count > 0)
		put_fixed(l);
	len = l->len;
	if (log_how.as_json)
		l->text[len++] = '}';
	/* A log that cannot be written has nowhere to say so. */
	if (log_how.syslog_socket != -1 &&
	    write(log_how.syslog_socket, l->text, len) != -1)
		return;
	l->text[len++] = '\n';
	ignored = write(STDERR_FILENO, l->text, len);
	(void)ignored;
}

void
log_end(struct log_line *l)
{
	if (!l->skip)
		log_finish(l);
}

void
log_message(enum log_level level, const char *msg, const char *error)
{
	struct log_line l;

	log_begin(&l, level, msg);
	log_str(&l, "error", error);
	log_end(&l);
}
