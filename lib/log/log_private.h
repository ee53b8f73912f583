/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that write lines of the log share; nobody else's business. */
#ifndef LIB_LOG_LOG_PRIVATE_H
#define LIB_LOG_LOG_PRIVATE_H

#include "lib/clock.h"
#include "lib/decimal.h"
#include "lib/log/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LOG_ESCAPE_MAX 6 /* the longest way to write one byte, \u001f */
#define LOG_QUOTES 2
#define LOG_CLOSING 2 /* bytes kept free: a brace and a newline */
/* What stands around a key and a value, at most. */
#define LOG_AROUND (sizeof "{\"\":\"\"" - 1)

/* How lines are written, from log_open(). */
struct log_how {
	enum log_level threshold;
	bool as_json;
	bool has_prefix; /* a priority, for the journal or syslog */
	int syslog_socket; /* -1: standard error it is */
};
extern struct log_how log_how;

/* Writes what stands in front of a line; returns where that goes on. */
char *log_open_prefix(char *to, enum log_level level);

/* What a line begins with, but for its fraction: many lines share a second. */
struct log_stamp {
	int64_t second; /* when it began; LOG_NO_SECOND: there is no text yet */
	size_t len;
	char *fraction; /* within the text */
	/* {"time":"2026-01-02T03:04:05.123456Z" in a round number of bytes. */
	char text[48];
};
#define LOG_NO_SECOND (INT64_MIN / 2) /* whatever is taken from it */
extern struct log_stamp log_stamp;

/* Makes it that of another second. */
void log_stamp_renew(int64_t now);

/* Writes the time, all of the text; returns where it ends. */
static inline char *
log_stamp_put(char *to, int64_t now)
{
	/* Another second, or the clock was set. */
	if ((uint64_t)(now - log_stamp.second) >= (uint64_t)CLOCK_SECOND)
		log_stamp_renew(now);
	decimal_put_six(log_stamp.fraction, (unsigned)(now - log_stamp.second));
	memcpy(to, log_stamp.text, sizeof log_stamp.text);
	return to + log_stamp.len;
}

/* Adds the fields that all lines have, ends the line and writes it. */
void log_finish(struct log_line *l);
/* Whether there is room for a field to begin properly; begins it. */
bool log_key(struct log_line *l, const char *key);

/* How many bytes may still be written. */
static inline size_t
log_room(const struct log_line *l)
{
	return sizeof l->text - LOG_CLOSING - l->len;
}

/*
 * Writes a value as the format wants it, with quotes and escapes where it takes
 * them, and returns where that ends: within ${room} bytes, which are at least
 * LOG_ESCAPE_MAX + 2.  What does not fit is cut.
 */
char *log_value_put(char *to, size_t room, const char *text, size_t len);

#endif
