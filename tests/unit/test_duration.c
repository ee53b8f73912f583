/* SPDX-License-Identifier: Apache-2.0 */
/* Durations: the grammar, its limits, and the canonical form. */
#include "lib/duration.h"

#include "tests/t.h"

#define S INT64_C(1000000000)

static const struct {
	int line;
	const char *text;
	int64_t ns;
	const char *canonical;
} good[] = {
	{ __LINE__, "30m", 1800 * S, "30m0s" },
	{ __LINE__, "1h30m", 5400 * S, "1h30m0s" },
	{ __LINE__, "90m", 5400 * S, "1h30m0s" },
	{ __LINE__, "24h", 86400 * S, "24h0m0s" },
	{ __LINE__, "1.5h", 5400 * S, "1h30m0s" },
	{ __LINE__, "+1h", 3600 * S, "1h0m0s" },
	{ __LINE__, ".5s", S / 2, "500ms" },
	{ __LINE__, "5.s", 5 * S, "5s" },
	{ __LINE__, "0", 0, "0s" },
	{ __LINE__, "+0", 0, "0s" },
	{ __LINE__, "-0", 0, "0s" },
	{ __LINE__, "0s", 0, "0s" },
	{ __LINE__, "-5m", -300 * S, "-5m0s" },
	{ __LINE__, "2562047h47m16.854775807s", INT64_MAX,
	    "2562047h47m16.854775807s" },
	{ __LINE__, "-2562047h47m16.854775808s", INT64_MIN,
	    "-2562047h47m16.854775808s" },
	{ __LINE__, "1500000ns", 1500000, "1.5ms" },
	{ __LINE__, "1ns", 1, "1ns" },
	{ __LINE__, "1100ns", 1100, "1.1\xc2\xb5s" },
	{ __LINE__, "2us", 2000, "2\xc2\xb5s" },
	{ __LINE__, "2\xc2\xb5s", 2000, "2\xc2\xb5s" },
	{ __LINE__, "2\xce\xbcs", 2000, "2\xc2\xb5s" },
	{ __LINE__, "2ms", 2000000, "2ms" },
	{ __LINE__, "1m1m", 120 * S, "2m0s" },
	{ __LINE__, "1s1h", 3601 * S, "1h0m1s" },
	{ __LINE__, "4.56s", 4560000000, "4.56s" },
	{ __LINE__, "0.100000000000000000000h", 360 * S, "6m0s" },
	{ __LINE__, "0.9ns", 0, "0s" },
};

static const struct {
	int line;
	const char *text;
	const char *error;
} bad[] = {
	{ __LINE__, "90", "missing unit in '90'" },
	{ __LINE__, "1h30", "missing unit in '1h30'" },
	{ __LINE__, "1d", "unknown unit 'd' in '1d'" },
	{ __LINE__, "1H", "unknown unit 'H' in '1H'" },
	{ __LINE__, "1 h", "unknown unit ' h' in '1 h'" },
	{ __LINE__, "1h 30m", "unknown unit 'h ' in '1h 30m'" },
	{ __LINE__, " 1h", "' 1h' is not a duration" },
	{ __LINE__, "1h ", "unknown unit 'h ' in '1h '" },
	{ __LINE__, "", "'' is not a duration" },
	{ __LINE__, "-", "'-' is not a duration" },
	{ __LINE__, ".", "'.' is not a duration" },
	{ __LINE__, ".s", "'.s' is not a duration" },
	{ __LINE__, "h", "'h' is not a duration" },
	{ __LINE__, "--1h", "'--1h' is not a duration" },
	{ __LINE__, "1h-5m", "unknown unit 'h-' in '1h-5m'" },
	{ __LINE__, "1e3s", "unknown unit 'e' in '1e3s'" },
	{ __LINE__, "2562048h",
	    "'2562048h' is longer than 64 bits of nanoseconds" },
	{ __LINE__, "2562047h47m16.854775808s",
	    "'2562047h47m16.854775808s' is longer than 64 bits of "
	    "nanoseconds" },
	{ __LINE__, "9223372036854775807s",
	    "'9223372036854775807s' is longer than 64 bits of nanoseconds" },
	{ __LINE__, "99999999999999999999ns",
	    "'99999999999999999999ns' is longer than 64 bits of "
	    "nanoseconds" },
	{ __LINE__, "9223372036854775807ns9223372036854775807ns",
	    "'9223372036854775807ns9223372036854775807ns' is longer than 64 "
	    "bits of nanoseconds" },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct err e = ERR_INIT;
		char text[DURATION_TEXT_SIZE];
		int64_t ns = -1, again = -1;

		T_AT(good[i].line);
		CHECK_INT(duration_parse(&ns, good[i].text, &e), 0);
		CHECK_INT(ns, good[i].ns);
		duration_format(text, ns);
		CHECK_STR(text, good[i].canonical);
		CHECK_INT(duration_parse(&again, text, &e), 0);
		CHECK_INT(again, ns);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = ERR_INIT;
		int64_t ns = 42;

		T_AT(bad[i].line);
		CHECK_INT(duration_parse(&ns, bad[i].text, &e), -1);
		CHECK_INT(e.code, ERR_INPUT);
		CHECK_STR(e.text, bad[i].error);
		CHECK_INT(ns, 42);
	}
	return t_done();
}
