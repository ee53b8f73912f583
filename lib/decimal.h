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

#define DECIMAL_MAX 20 /* digits of a uint64_t */

/* Each writes to ${to} and returns the byte after the last digit. */
char *decimal_put(char *to, uint64_t n);
/* The same with a minus where it takes one: DECIMAL_MAX bytes in all. */
char *decimal_put_signed(char *to, int64_t n);
/* With zeros in front; ${n} has no more digits than that. */
char *decimal_put_two(char *to, unsigned n);
char *decimal_put_six(char *to, unsigned n);

/*
 * Adds one to the number whose ${len} digits stand at ${digits}, where there is
 * room for one more, and returns how many they are now.
 */
size_t decimal_increment(char *digits, size_t len);

#endif
