/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as decimal digits.  An answer and a line in the log have several, so
 * they are written two digits at a time, and nothing is asked of printf().  No
 * function here writes a NUL.
 */
#ifndef LIB_DECIMAL_H
#define LIB_DECIMAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DECIMAL_MAX 20 /* digits of a uint64_t */

/* "00" to "99", one behind the other. */
extern const char decimal_pairs[];

/* Each writes to ${to} and returns the byte after the last digit. */
char *decimal_put(char *to, uint64_t n);
/* The same with a minus where it takes one: DECIMAL_MAX bytes in all. */
char *decimal_put_signed(char *to, int64_t n);

/* With zeros in front; ${n} has no more digits than that. */
static inline char *
decimal_put_two(char *to, unsigned n)
{
	memcpy(to, decimal_pairs + (size_t)n * 2, 2);
	return to + 2;
}

static inline char *
decimal_put_four(char *to, unsigned n)
{
	return decimal_put_two(decimal_put_two(to, n / 100), n % 100);
}

static inline char *
decimal_put_six(char *to, unsigned n)
{
	return decimal_put_four(decimal_put_two(to, n / 10000), n % 10000);
}

#endif
