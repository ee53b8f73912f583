/* SPDX-License-Identifier: Apache-2.0 */
/* Durations: from the text of the configuration to nanoseconds and back. */
#include "lib/duration.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
/* The size of INT64_MIN: one more than a positive duration may have. */
#define BIGGEST (UINT64_C(1) << 63)

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\xc2\xb5s", 1000 }, /* micro sign */
	{ "\xce\xbcs", 1000 }, /* Greek mu */
	{ "ms", 1000000 },
	{ "s", SECOND },
	{ "m", 60 * SECOND },
	{ "h", 3600 * SECOND },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits before the point.  False: more than BIGGEST. */
static bool
parse_whole(const char **at, uint64_t *whole)
{
	*whole = 0;
	for (; is_digit(**at); (*at)++) {
		unsigned digit = (unsigned)(**at - '0');

		if (*whole > (BIGGEST - digit) / 10)
			return false;
		*whole = *whole * 10 + digit;
	}
	return true;
}

/* The digits after the point: ${digits} / ${scale}, at most 18 digits. */
static void
parse_fraction(const char **at, double *digits, double *scale)
{
	*digits = 0;
	*scale = 1;
	for (; is_digit(**at); (*at)++) {
		if (*scale >= 1e18)
			continue;
		*digits = *digits * 10 + (**at - '0');
		*scale *= 10;
	}
}

/* The unit: the text up to the next number.  0: unknown. */
static uint64_t
parse_unit(const char **at, size_t *len)
{
	*len = 0;
	while (
	    (*at)[*len] != '\0' && (*at)[*len] != '.' && !is_digit((*at)[*len]))
		(*len)++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strlen(units[i].name) == *len &&
		    memcmp(units[i].name, *at, *len) == 0)
			return units[i].ns;
	}
	return 0;
}

static int
too_long(const char *text, struct err *e)
{
	err_set(
	    e, ERR_INPUT, "'%s' is longer than 64 bits of nanoseconds", text);
	return -1;
}

/* One number and its unit, added to ${total}. */
static int
parse_group(const char **at, uint64_t *total, const char *text, struct err *e)
{
	const char *start = *at;
	uint64_t whole, unit, part;
	double fraction = 0, scale = 1;
	size_t len, digits;

	if (!parse_whole(at, &whole))
		return too_long(text, e);
	digits = (size_t)(*at - start);
	if (**at == '.') {
		(*at)++;
		start = *at;
		parse_fraction(at, &fraction, &scale);
		digits += (size_t)(*at - start);
	}
	if (digits == 0) {
		err_set(e, ERR_INPUT, "'%s' is not a duration", text);
		return -1;
	}
	unit = parse_unit(at, &len);
	if (len == 0) {
		err_set(e, ERR_INPUT, "missing unit in '%s'", text);
		return -1;
	}
	if (unit == 0) {
		err_set(e, ERR_INPUT, "unknown unit '%.*s' in '%s'", (int)len,
		    *at, text);
		return -1;
	}
	*at += len;
	if (whole > BIGGEST / unit)
		return too_long(text, e);
	/* Divided first: this order keeps nanoseconds exact. */
	part = whole * unit + (uint64_t)(fraction * ((double)unit / scale));
	if (part > BIGGEST - *total)
		return too_long(text, e);
	*total += part;
	return 0;
}

int
duration_parse(int64_t *ns, const char *text, struct err *e)
{
	const char *at = text;
	uint64_t total = 0;
	bool negative = *at == '-';

	if (*at == '-' || *at == '+')
		at++;
	if (strcmp(at, "0") == 0) {
		*ns = 0;
		return 0;
	}
	if (*at == '\0') {
		err_set(e, ERR_INPUT, "'%s' is not a duration", text);
		return -1;
	}
	while (*at != '\0') {
		if (parse_group(&at, &total, text, e) == -1)
			return -1;
	}
	if (!negative && total == BIGGEST)
		return too_long(text, e);
	/* Unsigned arithmetic, for INT64_MIN. */
	*ns = (int64_t)(negative ? 0 - total : total);
	return 0;
}

/* ${n} in units, with a fraction without trailing zeros. */
static size_t
put_decimal(char *out, size_t size, uint64_t n, uint64_t unit)
{
	char fraction[] = ".000000000";
	uint64_t whole = n / unit, rest = n % unit;
	size_t end = 1;

	for (size_t i = 1; rest != 0; i++) {
		rest *= 10;
		/* No unit is 0; cppcheck mistakes ${rest} for the divisor. */
		/* cppcheck-suppress zerodivcond */
		fraction[i] = (char)('0' + rest / unit);
		rest %= unit;
		end = i + 1;
	}
	fraction[end == 1 ? 0 : end] = '\0';
	return (size_t)snprintf(out, size, "%" PRIu64 "%s", whole, fraction);
}

void
duration_format(char text[DURATION_TEXT_SIZE], int64_t ns)
{
	uint64_t n = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	const size_t size = DURATION_TEXT_SIZE;
	const char *unit = "s";
	size_t len = 0;

	if (ns < 0)
		text[len++] = '-';
	if (n >= 3600 * SECOND)
		len += (size_t)snprintf(text + len, size - len, "%" PRIu64 "h",
		    n / (3600 * SECOND));
	if (n >= 60 * SECOND) {
		len += (size_t)snprintf(text + len, size - len, "%" PRIu64 "m",
		    n / (60 * SECOND) % 60);
		n %= 60 * SECOND;
		len += put_decimal(text + len, size - len, n, SECOND);
	} else if (n >= SECOND || n == 0) {
		len += put_decimal(text + len, size - len, n, SECOND);
	} else if (n >= 1000000) {
		len += put_decimal(text + len, size - len, n, 1000000);
		unit = "ms";
	} else if (n >= 1000) {
		len += put_decimal(text + len, size - len, n, 1000);
		unit = "\xc2\xb5s";
	} else {
		len += put_decimal(text + len, size - len, n, 1);
		unit = "ns";
	}
	snprintf(text + len, size - len, "%s", unit);
}
