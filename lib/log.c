/* SPDX-License-Identifier: Apache-2.0 */
/* Building and writing logfmt lines. */
#include "lib/log.h"

#include "lib/clock.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ESCAPE_MAX 6 /* the longest way to write one byte, \u001f */

static enum log_level threshold = LOG_LEVEL_INFO;

static const char *const level_names[] = {
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
		if (strcasecmp(name, level_names[i]) == 0) {
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

/* One byte is kept free for the newline. */
static size_t
room(const struct log_line *l)
{
	return sizeof l->text - 1 - l->len;
}

static void
put(struct log_line *l, const char *text, size_t len)
{
	if (len > room(l))
		len = room(l);
	memcpy(l->text + l->len, text, len);
	l->len += len;
}

static bool
is_bare(const char *value)
{
	if (*value == '\0')
		return false;
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
			return false;
	}
	return true;
}

/* A value that is cut still gets its closing quote. */
static void
put_quoted(struct log_line *l, const char *value)
{
	put(l, "\"", 1);
	for (; *value != '\0' && room(l) > ESCAPE_MAX; value++) {
		unsigned char c = (unsigned char)*value;
		char escape[ESCAPE_MAX + 1];
		int len;

		if (c == '\n')
			len = snprintf(escape, sizeof escape, "\\n");
		else if (c == '"' || c == '\\')
			len = snprintf(escape, sizeof escape, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			len = snprintf(escape, sizeof escape, "\\u%04x", c);
		else
			len = snprintf(escape, sizeof escape, "%c", c);
		put(l, escape, (size_t)len);
	}
	put(l, "\"", 1);
}

void
log_begin(struct log_line *l, enum log_level level, const char *msg)
{
	char now[CLOCK_TEXT_SIZE];

	l->len = 0;
	l->skip = level < threshold;
	if (l->skip)
		return;
	put(l, "time=", 5);
	put(l, now, clock_format(now, clock_now()));
	put(l, " level=", 7);
	put(l, level_names[level], strlen(level_names[level]));
	log_str(l, "msg", msg);
}

void
log_str(struct log_line *l, const char *key, const char *value)
{
	if (l->skip || value == NULL)
		return;
	/* A field that has no room to begin properly is left out. */
	if (room(l) < strlen(key) + strlen(" =\"\"") + ESCAPE_MAX)
		return;
	put(l, " ", 1);
	put(l, key, strlen(key));
	put(l, "=", 1);
	if (is_bare(value))
		put(l, value, strlen(value));
	else
		put_quoted(l, value);
}

void
log_int(struct log_line *l, const char *key, int64_t value)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%" PRId64, value);
	log_str(l, key, digits);
}

void
log_seconds(struct log_line *l, const char *key, int64_t us)
{
	const uint64_t second = (uint64_t)CLOCK_SECOND;
	/* The negation of an unsigned number also holds for INT64_MIN. */
	uint64_t size = us < 0 ? -(uint64_t)us : (uint64_t)us;
	char digits[40];

	snprintf(digits, sizeof digits, "%s%" PRIu64 ".%06" PRIu64,
	    us < 0 ? "-" : "", size / second, size % second);
	log_str(l, key, digits);
}

void
log_end(struct log_line *l)
{
	ssize_t ignored;

	if (l->skip)
		return;
	l->text[l->len++] = '\n';
	/* A log that cannot be written has nowhere to say so. */
	ignored = write(STDERR_FILENO, l->text, l->len);
	(void)ignored;
}

void
log_message(enum log_level level, const char *msg, const char *error)
{
	struct log_line l;

	log_begin(&l, level, msg);
	log_str(&l, "error", error);
	log_end(&l);
}
