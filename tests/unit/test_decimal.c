/* SPDX-License-Identifier: Apache-2.0 */
/* lib/decimal: numbers of each length, compared with printf(). */
#include "lib/decimal.h"

#include "tests/t.h"

#include <inttypes.h>

#define GUARD '#'

/* Whether ${n} is written as by printf(), and nothing after it. */
static bool
is_written(uint64_t n)
{
	char want[32], got[32];
	char *end;

	memset(got, GUARD, sizeof got);
	end = decimal_put(got, n);
	snprintf(want, sizeof want, "%" PRIu64, n);
	return (size_t)(end - got) == strlen(want) && *end == GUARD &&
	       memcmp(got, want, strlen(want)) == 0;
}

static bool
is_written_signed(int64_t n)
{
	char want[32], got[32];
	char *end;

	memset(got, GUARD, sizeof got);
	end = decimal_put_signed(got, n);
	snprintf(want, sizeof want, "%" PRId64, n);
	return (size_t)(end - got) == strlen(want) && *end == GUARD &&
	       memcmp(got, want, strlen(want)) == 0;
}

static void
test_put(void)
{
	int wrong = 0;

	for (uint64_t n = 0; n < 20000; n++)
		wrong += !is_written(n);
	CHECK_INT(wrong, 0);
	for (uint64_t power = 1;; power *= 10) {
		wrong += !is_written(power - 1) + !is_written(power) +
			 !is_written(power + 1);
		if (power > UINT64_MAX / 10)
			break;
	}
	CHECK_INT(wrong, 0);
	for (int bit = 0; bit < 64; bit++)
		wrong += !is_written(UINT64_C(1) << bit) +
			 !is_written((UINT64_C(1) << bit) - 1);
	CHECK_INT(wrong, 0);
	CHECK(is_written(UINT64_MAX));
	CHECK(is_written(UINT64_MAX - 1));
	CHECK_INT(DECIMAL_MAX, strlen("18446744073709551615"));
}

static void
test_put_signed(void)
{
	static const int64_t numbers[] = { 0, 1, -1, 9, -9, 10, -10, 99, -100,
		INT64_MAX, INT64_MIN, INT64_MIN + 1 };

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		CHECK(is_written_signed(numbers[i]));
}

static void
test_fixed(void)
{
	char want[16], got[16];
	int wrong = 0;

	for (unsigned n = 0; n < 100; n++) {
		snprintf(want, sizeof want, "%02u#", n);
		memset(got, GUARD, sizeof got);
		wrong += decimal_put_two(got, n) != got + 2 ||
			 memcmp(got, want, 3) != 0;
	}
	CHECK_INT(wrong, 0);
	for (unsigned n = 0; n < 1000000; n += n < 20000 ? 1 : 97) {
		snprintf(want, sizeof want, "%06u#", n);
		memset(got, GUARD, sizeof got);
		wrong += decimal_put_six(got, n) != got + 6 ||
			 memcmp(got, want, 7) != 0;
	}
	CHECK_INT(wrong, 0);
	decimal_put_six(got, 999999);
	CHECK(memcmp(got, "999999#", 7) == 0);
}

int
main(void)
{
	test_put();
	test_put_signed();
	test_fixed();
	return t_done();
}
