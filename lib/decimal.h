/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing numbers in decimal, two digits at a time and without printf(): each
 * response and log line contains several.  No function here writes a NUL.
 */
#ifndef LIB_DECIMAL_H
#define LIB_DECIMAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DECIMAL_MAX 20 /* digits of a uint64_t */

/* "00" to "99", joined. */
extern const char decimal_pairs[];

/* Each writes to ${to} and returns the byte after the last digit. */
char *decimal_put(char *to, uint64_t n);
/* The same for signed numbers; writes at most DECIMAL_MAX bytes. */
char *decimal_put_signed(char *to, int64_t n);

/* These write leading zeros; ${n} has at most that many digits. */
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
