/* SPDX-License-Identifier: Apache-2.0 */
/* Instants and their RFC 3339 text, without the C library's time zones. */
#include "lib/clock.h"

#include "lib/decimal.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define SECONDS_PER_DAY INT64_C(86400)

/* Unsigned, since that division takes fewer instructions. */
static int64_t
us_of(const struct timespec *ts)
{
	return (int64_t)ts->tv_sec * CLOCK_SECOND +
	       (int64_t)((uint32_t)ts->tv_nsec / 1000);
}

int64_t
clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return us_of(&ts);
}

int64_t
clock_monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return us_of(&ts);
}

/*
 * Days since 1970-01-01 of a Gregorian date.  Years are counted from March, so
 * that the leap day is the last of its year, in eras of 400 years.
 */
static int64_t
days_from_date(int64_t year, int month, int day)
{
	int64_t era, year_of_era, day_of_year;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 -
	       year_of_era / 100 + day_of_year - 719468;
}

static void
date_from_days(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t era, day_of_era, year_of_era, day_of_year, shifted;

	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
			  day_of_era / 146096) /
		      365;
	day_of_year = day_of_era -
		      (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	shifted = (5 * day_of_year + 2) / 153;
	*day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
	*month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = year_of_era + era * 400 + (*month <= 2);
}

/* "." and the digits of ${fraction} millionths without trailing zeros. */
static char *
put_fraction(char *out, unsigned fraction)
{
	*out++ = '.';
	out = decimal_put_six(out, fraction);
	while (out[-1] == '0')
		out--;
	return out;
}

size_t
clock_format(char text[CLOCK_TEXT_SIZE], int64_t us)
{
	const int64_t first =
	    days_from_date(0, 1, 1) * SECONDS_PER_DAY * CLOCK_SECOND;
	const int64_t last =
	    days_from_date(10000, 1, 1) * SECONDS_PER_DAY * CLOCK_SECOND - 1;
	int64_t seconds, fraction, days, year;
	int month, day;
	char *out = text;

	us = us < first ? first : us > last ? last : us;
	seconds = us / CLOCK_SECOND;
	fraction = us % CLOCK_SECOND;
	if (fraction < 0) {
		fraction += CLOCK_SECOND;
		seconds--;
	}
	days = seconds / SECONDS_PER_DAY;
	seconds %= SECONDS_PER_DAY;
	if (seconds < 0) {
		seconds += SECONDS_PER_DAY;
		days--;
	}
	date_from_days(days, &year, &month, &day);
	out = decimal_put_four(out, (unsigned)year);
	*out++ = '-';
	out = decimal_put_two(out, (unsigned)month);
	*out++ = '-';
	out = decimal_put_two(out, (unsigned)day);
	*out++ = 'T';
	out = decimal_put_two(out, (unsigned)seconds / 3600);
	*out++ = ':';
	out = decimal_put_two(out, (unsigned)seconds / 60 % 60);
	*out++ = ':';
	out = decimal_put_two(out, (unsigned)seconds % 60);
	if (fraction != 0)
		out = put_fraction(out, (unsigned)fraction);
	*out++ = 'Z';
	*out = '\0';
	return (size_t)(out - text);
}

/* A position in the text: each parse function advances it or sets bad. */
struct scan {
	const char *at;
	const char *end;
	bool bad;
};

static int
parse_number(struct scan *s, int width)
{
	int value = 0;

	if (s->end - s->at < width) {
		s->bad = true;
		return 0;
	}
	for (int i = 0; i < width; i++) {
		char c = *s->at++;

		if (c < '0' || c > '9')
			s->bad = true;
		value = value * 10 + (c - '0');
	}
	return value;
}

static void
parse_char(struct scan *s, char wanted)
{
	if (s->at == s->end || *s->at != wanted)
		s->bad = true;
	else
		s->at++;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static int64_t
parse_date(struct scan *s)
{
	int year, month, day;

	year = parse_number(s, 4);
	parse_char(s, '-');
	month = parse_number(s, 2);
	parse_char(s, '-');
	day = parse_number(s, 2);
	if (s->bad || month < 1 || month > 12 || day < 1 ||
	    day > days_in_month(year, month)) {
		s->bad = true;
		return 0;
	}
	return days_from_date(year, month, day) * SECONDS_PER_DAY;
}

static int64_t
parse_fraction(struct scan *s)
{
	int64_t unit = CLOCK_SECOND / 10, fraction = 0;
	const char *first = s->at;

	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++) {
		fraction += unit * (*s->at - '0');
		unit /= 10;
	}
	if (s->at == first)
		s->bad = true;
	return fraction;
}

/* Microseconds of the day; a leap second counts as the second before it. */
static int64_t
parse_time(struct scan *s)
{
	int hour, minute, second;
	int64_t fraction = 0;

	hour = parse_number(s, 2);
	parse_char(s, ':');
	minute = parse_number(s, 2);
	parse_char(s, ':');
	second = parse_number(s, 2);
	if (hour > 23 || minute > 59 || second > 60)
		s->bad = true;
	if (second == 60)
		second = 59;
	if (!s->bad && s->at < s->end && *s->at == '.') {
		s->at++;
		fraction = parse_fraction(s);
	}
	return (hour * 3600 + minute * 60 + second) * CLOCK_SECOND + fraction;
}

/* Seconds to subtract for UTC. */
static int64_t
parse_offset(struct scan *s)
{
	int hour, minute, sign;

	if (s->at < s->end && *s->at == 'Z') {
		s->at++;
		return 0;
	}
	sign = s->at < s->end && *s->at == '-' ? -1 : 1;
	parse_char(s, sign < 0 ? '-' : '+');
	hour = parse_number(s, 2);
	parse_char(s, ':');
	minute = parse_number(s, 2);
	if (hour > 23 || minute > 59)
		s->bad = true;
	return sign * (hour * 3600 + minute * 60);
}

static int
finish(const struct scan *s, const char *text, size_t len, struct err *e)
{
	if (s->bad || s->at != s->end) {
		err_set(e, ERR_INPUT, "'%.*s' is not an RFC 3339 date-time",
		    len > 64 ? 64 : (int)len, text);
		return -1;
	}
	return 0;
}

int
clock_parse(int64_t *us, const char *text, size_t len, struct err *e)
{
	struct scan s = { text, text + len, false };
	int64_t value;

	value = parse_date(&s) * CLOCK_SECOND;
	parse_char(&s, 'T');
	value += parse_time(&s);
	value -= parse_offset(&s) * CLOCK_SECOND;
	if (finish(&s, text, len, e) == -1)
		return -1;
	*us = value;
	return 0;
}

int
clock_parse_lenient(int64_t *us, const char *text, size_t len, struct err *e)
{
	struct scan s = { text, text + len, false };
	int64_t value;

	if (len > 2 && text[2] == ':') {
		value = parse_time(&s);
		if (s.at < s.end)
			value -= parse_offset(&s) * CLOCK_SECOND;
	} else if (len == 10) {
		value = parse_date(&s) * CLOCK_SECOND;
	} else {
		return clock_parse(us, text, len, e);
	}
	if (finish(&s, text, len, e) == -1)
		return -1;
	*us = value;
	return 0;
}
