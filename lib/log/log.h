/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured log lines: time, level, msg, then fields in the order they were
 * added.  Only main loops log; libraries report through struct err.  A line is
 * built in place, cut at LOG_LINE_MAX, and written by one write(2), so lines of
 * several processes do not mix.
 *
 * The environment says how and where (log_open()): as logfmt or as a JSON
 * object, to standard error or to syslog.  A standard error that leads to
 * systemd's journal gets the level in front of each line, as "<6>".
 */
#ifndef LIB_LOG_LOG_H
#define LIB_LOG_LOG_H

#include <stdbool.h>
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
	size_t begin; /* what stands before is for the journal or syslog */
	size_t timed; /* where what follows the time begins */
	int skip; /* the level is turned off: the line costs nothing more */
	char text[LOG_LINE_MAX];
};

/* A field of every line. */
struct log_field {
	const char *key;
	const char *value; /* needs no quotes; NULL: left out */
	size_t len; /* of the value */
};

/*
 * Reads the level from a word (debug, info, warn, warning, error; any case).
 * Another word or NULL means info; returns -1 for another word, else 0.
 */
int log_level_from_name(enum log_level *level, const char *name);
void log_set_level(enum log_level level);
bool log_is_on(enum log_level level);

/*
 * Takes THV_REGISTRY_LOG_FORMAT (logfmt, json) and THV_REGISTRY_LOG_TARGET
 * (stderr, syslog) from the environment, and JOURNAL_STREAM, which systemd
 * sets.
 * ${program} is what syslog calls us.  Returns NULL, or what is wrong with a
 * variable, which then counts as not set.  Call before a sandbox is entered.
 */
const char *log_open(const char *program);

/*
 * The ${count} fields that every line gets at its end, until another call. They
 * are borrowed.
 */
void log_set_fields(const struct log_field *fields, size_t count);

void log_begin(struct log_line *l, enum log_level level, const char *msg);
/* NULL is no field. */
void log_str(struct log_line *l, const char *key, const char *value);
void log_text(
    struct log_line *l, const char *key, const char *value, size_t len);
/* For a value of which is known that it needs no quotes and no escapes. */
void log_word(
    struct log_line *l, const char *key, const char *value, size_t len);
void log_int(struct log_line *l, const char *key, int64_t value);
/* ${us} as seconds with six digits of fraction. */
void log_seconds(struct log_line *l, const char *key, int64_t us);
void log_end(struct log_line *l);

/* A whole line with no field but an optional error text. */
void log_message(enum log_level level, const char *msg, const char *error);

#endif
