/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instants: microseconds since 1970-01-01T00:00:00Z in an int64_t, everywhere
 * in the programs and in the database.  RFC 3339 text exists only at the
 * edges.  CLOCK_NEVER means "never" (NULL in the database).
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

#define CLOCK_NEVER INT64_MIN
#define CLOCK_SECOND INT64_C(1000000)
/* "2026-01-02T03:04:05.678901Z" and its NUL. */
#define CLOCK_TEXT_SIZE 32

/* The current time of the system clock. */
int64_t clock_now(void);

/* Microseconds of a clock that never goes back, for durations. */
int64_t clock_monotonic(void);

/*
 * Writes ${us} to ${text} as RFC 3339 in UTC with up to six digits of fraction
 * and no trailing zeros, and returns the length.  Years 0000 to 9999 only;
 * others are clamped.
 */
size_t clock_format(char text[CLOCK_TEXT_SIZE], int64_t us);

/*
 * Reads RFC 3339 section 5.6 date-time: upper-case T and Z or an offset, an
 * optional fraction (digits past microseconds are cut).  ${text} is ${len}
 * bytes.  ERR_INPUT: it is not a date-time.
 */
int clock_parse(int64_t *us, const char *text, size_t len, struct err *e);

/*
 * As clock_parse(), but also accepts a date alone or a time alone (of
 * 1970-01-01), as the schema checker of the reference does for "date-time".
 */
int clock_parse_lenient(
    int64_t *us, const char *text, size_t len, struct err *e);

#endif
