/* SPDX-License-Identifier: Apache-2.0 */
/* Where log lines are written, and how: private to lib/log. */
#ifndef LIB_LOG_LOG_TARGET_H
#define LIB_LOG_LOG_TARGET_H

#include "lib/log/log.h"

struct log_target {
	bool as_json;
	bool has_prefix; /* a priority, for the journal or syslog */
	int syslog; /* a socket; -1: standard error */
};
extern struct log_target log_target;

/* Writes the prefix for the journal or syslog; returns where it ends. */
char *log_target_prefix(char *to, enum log_level level);

/* Writes a line with its newline, which syslog does not get. */
void log_target_write(const char *line, size_t len);

#endif
