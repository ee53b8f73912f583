/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest test frame: a test program calls CHECK() and friends, and ends
 * with `return t_done();`.  Output is TAP, one line a check, with file and line
 * of those that failed.  A table test passes the row's __LINE__ to T_AT() so
 * that a failure names the row.
 */
#ifndef TESTS_T_H
#define TESTS_T_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int t_count;
static int t_failed;
static int t_row; /* line of the table row being tried, 0 for none */

#define T_AT(line) (t_row = (line))

static inline bool
t_check(bool ok, const char *what, const char *file, int line)
{
	t_count++;
	t_failed += !ok;
	printf("%sok %d - %s:%d %s\n", ok ? "" : "not ", t_count, file,
	    t_row != 0 ? t_row : line, what);
	return ok;
}

static inline bool
t_check_int(
    int64_t got, int64_t want, const char *what, const char *file, int line)
{
	bool ok = t_check(got == want, what, file, line);

	if (!ok)
		printf("#   got %lld, want %lld\n", (long long)got,
		    (long long)want);
	return ok;
}

static inline bool
t_check_str(const char *got, const char *want, const char *what,
    const char *file, int line)
{
	bool ok =
	    got != NULL && want != NULL ? strcmp(got, want) == 0 : got == want;

	t_check(ok, what, file, line);
	if (!ok)
		printf("#   got  '%s'\n#   want '%s'\n",
		    got == NULL ? "(null)" : got,
		    want == NULL ? "(null)" : want);
	return ok;
}

#define CHECK(condition) t_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_INT(got, want)                                            \
	t_check_int((int64_t)(got), (int64_t)(want), #got " is " #want, \
	    __FILE__, __LINE__)
#define CHECK_STR(got, want) \
	t_check_str((got), (want), #got, __FILE__, __LINE__)

static inline int
t_done(void)
{
	printf("1..%d\n", t_count);
	return t_failed != 0;
}

#endif
