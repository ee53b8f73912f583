/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of which there are very many, one like the other: all but some values
 * is made ready once, and then each line is a copy with these filled in.
 *
 *	struct log_form form = LOG_FORM_INIT;
 *	struct log_line l;
 *
 *	log_begin(&l, LOG_LEVEL_INFO, "request");
 *	log_str(&l, "method", method);
 *	log_form_open(&form, &l, "path", LOG_FORM_TEXT);
 *	log_form_close(&form, &l, LOG_LEVEL_INFO);
 *
 *	log_form_write(&form, now, &value);
 */
#ifndef LIB_LOG_LOG_FORM_H
#define LIB_LOG_LOG_FORM_H

#include "lib/log/log.h"

#define LOG_FORM_OPEN 8 /* values of a form, at most */

enum log_form_type {
	LOG_FORM_NUMBER,
	LOG_FORM_WORD, /* is known to need no quotes and no escapes */
	LOG_FORM_TEXT,
	LOG_FORM_END /* none follows: private */
};

struct log_open {
	uint16_t before; /* bytes of text in front of it */
	uint8_t type; /* enum log_form_type */
};

struct log_form {
	enum log_level level;
	unsigned count; /* of its values */
	struct log_open open[LOG_FORM_OPEN + 1];
	size_t len; /* of the text before the last of them */
	size_t rest; /* of the text behind it */
	char *text; /* owned; all that is not a value */
};

#define LOG_FORM_INIT        \
	{                    \
		.text = NULL \
	}

struct log_value {
	const char *text;
	uint64_t number; /* or how many bytes the text has */
};

/* Makes it one that log_form_open() may begin with. */
void log_form_reset(struct log_form *f);
void log_form_free(struct log_form *f);

/* Puts a field into ${l} whose value is left open. */
void log_form_open(struct log_form *f, struct log_line *l, const char *key,
    enum log_form_type type);
/* Takes what is in ${l}, which began with ${level}. */
void log_form_close(
    struct log_form *f, const struct log_line *l, enum log_level level);

/* Writes a line of ${now}, with one of ${values} for each that is open. */
void log_form_write(
    const struct log_form *f, int64_t now, const struct log_value *values);

#endif
