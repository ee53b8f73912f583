/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured log lines: time, level, msg, then fields in the order they were
 * added.  Only main loops log; libraries report errors through struct err.  A
 * line is built in place, truncated at LOG_LINE_MAX, and written by one
 * write(2), so lines of several processes do not mix.
 *
 * The environment selects format and target (log_open()): logfmt or one JSON
 * object a line, to standard error or to syslog.  If standard error is the
 * systemd journal, each line starts with its priority, as in "<6>".
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
	size_t timed; /* where the fields after the time start */
	bool skip; /* the level is off: adding fields does nothing */
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
 * Reads THV_REGISTRY_LOG_FORMAT (logfmt, json) and THV_REGISTRY_LOG_TARGET
 * (stderr, syslog) from the environment, and JOURNAL_STREAM, which systemd
 * sets.  ${program} is the name in syslog.  Returns NULL, or a static text that
 * says which variable is invalid; its default applies then.  Call before a
 * sandbox is entered.
 */
const char *log_open(const char *program);

/*
 * Calls log_open() and sets the level named ${level}, the value of a variable;
 * NULL is info.  Logs a warning for an invalid setting.
 */
void log_start(const char *program, const char *level);

/*
 * Sets the ${count} fields that end every line until the next call.  They are
 * borrowed.
 */
void log_set_fields(const struct log_field *fields, size_t count);

void log_begin(struct log_line *l, enum log_level level, const char *msg);
/*
 * Starts a line with the fields of another one: ${len} bytes that it had from
 * its member timed on, its level first.
 */
void log_begin_like(
    struct log_line *l, enum log_level level, const char *fields, size_t len);
/* NULL adds no field. */
void log_str(struct log_line *l, const char *key, const char *value);
void log_text(
    struct log_line *l, const char *key, const char *value, size_t len);
/* A value that needs no quotes and no escapes, which is not checked. */
void log_word(
    struct log_line *l, const char *key, const char *value, size_t len);
void log_int(struct log_line *l, const char *key, int64_t value);
/* ${us} as seconds with six digits of fraction. */
void log_seconds(struct log_line *l, const char *key, int64_t us);
void log_end(struct log_line *l);

/* A whole line with no field but an optional error text. */
void log_message(enum log_level level, const char *msg, const char *error);

#endif
