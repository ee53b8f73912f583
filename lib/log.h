/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured log lines in logfmt on standard error: time, level, msg, then
 * fields in the order they were added.  Only main loops log; libraries report
 * through struct err.  A line is built in place, cut at LOG_LINE_MAX, and
 * written by one write(2), so lines of several processes do not mix.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_MAX 4096

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};

struct log_line {
	size_t len;
	int skip; /* the level is turned off: the line costs nothing more */
	char text[LOG_LINE_MAX];
};

/*
 * Reads the level from a word (debug, info, warn, warning, error; any case).
 * Another word or NULL means info; returns -1 for another word, else 0.
 */
int log_level_from_name(enum log_level *level, const char *name);
void log_set_level(enum log_level level);

void log_begin(struct log_line *l, enum log_level level, const char *msg);
void log_str(struct log_line *l, const char *key, const char *value);
void log_int(struct log_line *l, const char *key, int64_t value);
/* ${us} as seconds with six digits of fraction. */
void log_seconds(struct log_line *l, const char *key, int64_t us);
void log_end(struct log_line *l);

/* A whole line with no field but an optional error text. */
void log_message(enum log_level level, const char *msg, const char *error);

#endif
