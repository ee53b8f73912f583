/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations in the grammar of Go's time package, as the configuration uses
 * them: an optional sign, then "0" or groups of a decimal number and a unit
 * (ns us µs μs ms s m h), without spaces, within 64 bits of nanoseconds.
 */
#ifndef LIB_DURATION_H
#define LIB_DURATION_H

#include "lib/err.h"

#include <stdint.h>

#define DURATION_TEXT_SIZE 40

/* ERR_INPUT: ${text} is not a duration ("missing unit in '90'"). */
int duration_parse(int64_t *ns, const char *text, struct err *e);

/* The canonical form: 90m is "1h30m0s", 0 is "0s", 1500000ns is "1.5ms". */
void duration_format(char text[DURATION_TEXT_SIZE], int64_t ns);

#endif
