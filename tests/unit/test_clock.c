/* SPDX-License-Identifier: Apache-2.0 */
/* Instants to text and back, and invalid texts. */
#include "lib/clock.h"

#include "tests/t.h"

#include <stdlib.h>
#include <time.h>

#define FIRST INT64_C(-62167219200)
#define LAST INT64_C(253402300799)

static const struct {
	int line;
	int64_t us;
	const char *text;
} instants[] = {
	{ __LINE__, 0, "1970-01-01T00:00:00Z" },
	{ __LINE__, 1, "1970-01-01T00:00:00.000001Z" },
	{ __LINE__, -1, "1969-12-31T23:59:59.999999Z" },
	{ __LINE__, 100000, "1970-01-01T00:00:00.1Z" },
	{ __LINE__, -CLOCK_SECOND, "1969-12-31T23:59:59Z" },
	{ __LINE__, 1767323045 * CLOCK_SECOND + 678901,
	    "2026-01-02T03:04:05.678901Z" },
	{ __LINE__, 951782400 * CLOCK_SECOND, "2000-02-29T00:00:00Z" },
	{ __LINE__, 951868800 * CLOCK_SECOND, "2000-03-01T00:00:00Z" },
	{ __LINE__, INT64_C(4107542400) * CLOCK_SECOND,
	    "2100-03-01T00:00:00Z" },
	{ __LINE__, FIRST *CLOCK_SECOND, "0000-01-01T00:00:00Z" },
	{ __LINE__, LAST *CLOCK_SECOND + 999999,
	    "9999-12-31T23:59:59.999999Z" },
};

/* What clock_format() clamps: there is no way back. */
static const struct {
	int line;
	int64_t us;
	const char *text;
} clamped[] = {
	{ __LINE__, FIRST *CLOCK_SECOND - 1, "0000-01-01T00:00:00Z" },
	{ __LINE__, FIRST *CLOCK_SECOND - 999999, "0000-01-01T00:00:00Z" },
	{ __LINE__, CLOCK_NEVER, "0000-01-01T00:00:00Z" },
	{ __LINE__, (LAST + 1) * CLOCK_SECOND, "9999-12-31T23:59:59.999999Z" },
	{ __LINE__, INT64_MAX, "9999-12-31T23:59:59.999999Z" },
};

/* Texts and what they mean, as clock_format() says it; NULL is refused. */
static const struct {
	int line;
	const char *text;
	const char *strict;
	const char *lenient;
} texts[] = {
#define BOTH(text, canonical)                              \
	{                                                  \
		__LINE__, (text), (canonical), (canonical) \
	}
	BOTH("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"),
	BOTH("2024-05-06T07:08:09.5Z", "2024-05-06T07:08:09.5Z"),
	BOTH("2024-05-06T07:08:09.120000Z", "2024-05-06T07:08:09.12Z"),
	BOTH("2024-05-06T07:08:09.1234569999999999999999999Z",
	    "2024-05-06T07:08:09.123456Z"),
	BOTH("2024-05-06T07:08:09.0000000Z", "2024-05-06T07:08:09Z"),
	/* Offsets, across days and years. */
	BOTH("2024-05-06T07:08:09+00:00", "2024-05-06T07:08:09Z"),
	BOTH("2024-05-06T07:08:09-00:00", "2024-05-06T07:08:09Z"),
	BOTH("2024-05-06T07:08:09+02:30", "2024-05-06T04:38:09Z"),
	BOTH("2024-05-06T07:08:09-02:30", "2024-05-06T09:38:09Z"),
	BOTH("2024-01-01T00:00:00.25+23:59", "2023-12-31T00:01:00.25Z"),
	BOTH("2024-02-28T23:59:59-00:01", "2024-02-29T00:00:59Z"),
	BOTH("1969-12-31T23:59:59.5-01:00", "1970-01-01T00:59:59.5Z"),
	/* A leap second is the second before it. */
	BOTH("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
	BOTH("2016-12-31T23:59:60.75Z", "2016-12-31T23:59:59.75Z"),
	BOTH("2017-01-01T01:59:60+02:00", "2016-12-31T23:59:59Z"),
	BOTH("2016-12-31T23:59:61Z", NULL),
	/* Days that are and are not. */
	BOTH("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
	BOTH("2023-02-29T00:00:00Z", NULL),
	BOTH("1900-02-29T00:00:00Z", NULL),
	BOTH("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
	BOTH("2024-04-31T00:00:00Z", NULL),
	BOTH("2024-00-01T00:00:00Z", NULL),
	BOTH("2024-13-01T00:00:00Z", NULL),
	BOTH("2024-01-00T00:00:00Z", NULL),
	BOTH("2024-01-32T00:00:00Z", NULL),
	BOTH("2024-01-01T24:00:00Z", NULL),
	BOTH("2024-01-01T00:60:00Z", NULL),
	BOTH("2024-01-01T00:00:00+24:00", NULL),
	BOTH("2024-01-01T00:00:00+00:60", NULL),
	/* Nearly. */
	BOTH("", NULL),
	BOTH("2024-01-15 10:30:00", NULL),
	BOTH("2024-01-15T10:30:00", NULL),
	BOTH("2024-01-15t10:30:00Z", NULL),
	BOTH("2024-01-15T10:30:00z", NULL),
	BOTH("2024-01-15T10:30Z", NULL),
	BOTH("2024-01-15T10:30:00.Z", NULL),
	BOTH("2024-01-15T10:30:00,5Z", NULL),
	BOTH("2024-01-15T10:30:00Z ", NULL),
	BOTH(" 2024-01-15T10:30:00Z", NULL),
	BOTH("2024-01-15T10:30:00ZZ", NULL),
	BOTH("2024-01-15T10:30:00+0100", NULL),
	BOTH("2024-01-15T10:30:00+01", NULL),
	BOTH("2024-01-15T10:30:00+1:00", NULL),
	BOTH("2024-1-15T10:30:00Z", NULL),
	BOTH("24-01-15T10:30:00Z", NULL),
	BOTH("02024-01-15T10:30:00Z", NULL),
	BOTH("-024-01-15T10:30:00Z", NULL),
	BOTH("2024-01-1\xd9\xa5T10:30:00Z", NULL),
	BOTH("2024-01-15T1a:30:00Z", NULL),
	BOTH("garbage", NULL),
	BOTH("1705314600", NULL),
#undef BOTH
	/* A date alone, a time alone. */
	{ __LINE__, "2024-05-06", NULL, "2024-05-06T00:00:00Z" },
	{ __LINE__, "2024-02-30", NULL, NULL },
	{ __LINE__, "2024-05-0x", NULL, NULL },
	{ __LINE__, "2024-05-06Z", NULL, NULL },
	{ __LINE__, "2024-5-6", NULL, NULL },
	{ __LINE__, "10:30:00", NULL, "1970-01-01T10:30:00Z" },
	{ __LINE__, "10:30:00Z", NULL, "1970-01-01T10:30:00Z" },
	{ __LINE__, "10:30:00.5", NULL, "1970-01-01T10:30:00.5Z" },
	{ __LINE__, "10:30:00.5+01:00", NULL, "1970-01-01T09:30:00.5Z" },
	{ __LINE__, "00:30:00+01:00", NULL, "1969-12-31T23:30:00Z" },
	{ __LINE__, "23:59:60Z", NULL, "1970-01-01T23:59:59Z" },
	{ __LINE__, "10:30", NULL, NULL },
	{ __LINE__, "10:30:0", NULL, NULL },
	{ __LINE__, "1:30:00", NULL, NULL },
	{ __LINE__, "10:30:00 ", NULL, NULL },
	{ __LINE__, "25:30:00", NULL, NULL },
	{ __LINE__, "10:", NULL, NULL },
};

typedef int parser(int64_t *, const char *, size_t, struct err *);

static void
check_text(parser *parse, const char *text, const char *want)
{
	char got[CLOCK_TEXT_SIZE];
	struct err e = ERR_INIT;
	int64_t us = 42;
	int status = parse(&us, text, strlen(text), &e);

	CHECK_INT(status, want == NULL ? -1 : 0);
	if (status == -1) {
		CHECK_INT(e.code, ERR_INPUT);
		CHECK(strstr(e.text, text) != NULL);
		CHECK_INT(us, 42);
		return;
	}
	clock_format(got, us);
	CHECK_STR(got, want);
}

static void
test_tables(void)
{
	char got[CLOCK_TEXT_SIZE];

	for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
		struct err e = ERR_INIT;
		int64_t us = 0;

		T_AT(instants[i].line);
		CHECK_INT(clock_format(got, instants[i].us),
		    strlen(instants[i].text));
		CHECK_STR(got, instants[i].text);
		CHECK_INT(clock_parse(&us, got, strlen(got), &e), 0);
		CHECK_INT(us, instants[i].us);
	}
	for (size_t i = 0; i < sizeof clamped / sizeof *clamped; i++) {
		T_AT(clamped[i].line);
		clock_format(got, clamped[i].us);
		CHECK_STR(got, clamped[i].text);
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		T_AT(texts[i].line);
		check_text(clock_parse, texts[i].text, texts[i].strict);
		check_text(
		    clock_parse_lenient, texts[i].text, texts[i].lenient);
	}
	T_AT(0);
}

/* The years 0 to 9999, against the C library's calendar. */
static void
test_round_trips(void)
{
	const int64_t stride = 86400 * 3 + 4567; /* seconds */
	char got[CLOCK_TEXT_SIZE], want[64];
	int different = 0, lost = 0, days = 0;

	for (int64_t s = FIRST; s <= LAST; s += stride) {
		int64_t us = s * CLOCK_SECOND + days * INT64_C(7919) % 1000000;
		time_t seconds = (time_t)s;
		struct err e = ERR_INIT;
		int64_t back = 0;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		snprintf(want, sizeof want, "%04d-%02d-%02dT%02d:%02d:%02d",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		    tm.tm_min, tm.tm_sec);
		clock_format(got, us);
		different += strncmp(got, want, 19) != 0;
		lost += clock_parse(&back, got, strlen(got), &e) == -1 ||
			back != us;
		days++;
	}
	CHECK(days > 1000000);
	CHECK_INT(different, 0);
	CHECK_INT(lost, 0);
}

static void
test_lengths(void)
{
	static const char text[] = "2024-05-06T07:08:09.5+01:30";
	struct err e = ERR_INIT;
	int64_t us = 0;
	int taken = 0;

	/* Only ${len} bytes count, in memory that ends there. */
	for (size_t len = 0; len < sizeof text - 1; len++) {
		char *exact = malloc(len == 0 ? 1 : len);

		memcpy(exact, text, len);
		taken += clock_parse(&us, exact, len, &e) == 0;
		clock_parse_lenient(&us, exact, len, &e);
		free(exact);
	}
	CHECK_INT(taken, 0);
	CHECK_INT(clock_parse(&us, "2024-05-06T07:08:09Zjunk", 20, &e), 0);
	CHECK_INT(clock_parse(&us, "2024-05-06T07:08:09Z\0", 21, &e), -1);
}

static void
test_clocks(void)
{
	int64_t wall = clock_now(), first = clock_monotonic();
	int64_t second = clock_monotonic();

	CHECK(llabs(wall / CLOCK_SECOND - (int64_t)time(NULL)) <= 2);
	CHECK(second >= first);
}

int
main(void)
{
	test_tables();
	test_round_trips();
	test_lengths();
	test_clocks();
	return t_done();
}
