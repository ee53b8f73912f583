/* SPDX-License-Identifier: Apache-2.0 */
/* lib/buf: bytes, maximum and ownership. */
#include "lib/buf.h"

#include "tests/t.h"

#include <stdlib.h>

static void
test_appends(void)
{
	struct buf b = BUF_INIT(1000);

	CHECK_STR(buf_str(&b), "");
	buf_adds(&b, "one");
	buf_addc(&b, ' ');
	buf_addf(&b, "%d-%s", 42, "x");
	buf_addc(&b, ' ');
	buf_add_i64(&b, INT64_MIN);
	buf_addc(&b, ' ');
	buf_add_i64(&b, INT64_MAX);
	buf_add(&b, NULL, 0);
	buf_add(&b, "\0z", 2);
	CHECK_STR(
	    buf_str(&b), "one 42-x -9223372036854775808 9223372036854775807");
	CHECK_INT(b.len, strlen(buf_str(&b)) + 2);
	CHECK(b.data[b.len - 1] == 'z' && b.data[b.len] == '\0');
	CHECK(!b.bad);
	buf_reset(&b);
	CHECK_STR(buf_str(&b), "");
	CHECK_INT(b.len, 0);
	buf_addf(&b, "%s", "");
	CHECK_INT(b.len, 0);
	CHECK(!b.bad);
	buf_free(&b);
	CHECK(b.data == NULL && b.max == 1000);
	buf_free(&b);
	buf_free(NULL);
}

static void
test_ceiling(void)
{
	struct buf b;

	buf_init(&b, 5);
	buf_adds(&b, "12345");
	CHECK(!b.bad);
	buf_adds(&b, "");
	CHECK(!b.bad);
	buf_addc(&b, '6');
	CHECK(b.bad);
	CHECK_STR(buf_str(&b), "12345");
	buf_reset(&b);
	CHECK(!b.bad);

	/* Nothing of an append that does not fit, and nothing after it. */
	buf_adds(&b, "12");
	buf_adds(&b, "3456");
	buf_addc(&b, '3');
	buf_addf(&b, "%d", 3);
	buf_add_i64(&b, 3);
	buf_reserve(&b, 0);
	CHECK(b.bad);
	CHECK_STR(buf_str(&b), "12");
	buf_reset(&b);
	buf_addf(&b, "%06d", 1);
	CHECK(b.bad);
	CHECK_STR(buf_str(&b), "");
	buf_reset(&b);
	buf_addf(&b, "%05d", 1);
	CHECK_STR(buf_str(&b), "00001");
	buf_reset(&b);
	buf_reserve(&b, SIZE_MAX);
	CHECK(b.bad);
	buf_free(&b);

	buf_init(&b, 0);
	buf_adds(&b, "");
	CHECK(!b.bad);
	buf_addc(&b, 'x');
	CHECK(b.bad);
	CHECK_STR(buf_str(&b), "");
	buf_free(&b);
}

/* Every length on the way up, so that each growth is crossed. */
static void
test_growth(void)
{
	struct buf b = BUF_INIT(5000);
	int wrong = 0;

	for (int i = 0; i < 5000; i++) {
		buf_addc(&b, (char)('a' + i % 26));
		wrong += b.len != (size_t)i + 1 || b.data[b.len] != '\0';
	}
	for (int i = 0; i < 5000; i++)
		wrong += b.data[i] != (char)('a' + i % 26);
	CHECK_INT(wrong, 0);
	CHECK(!b.bad);
	buf_addc(&b, 'x');
	CHECK(b.bad);
	CHECK_INT(b.len, 5000);
	buf_free(&b);
}

static void
test_reserve_and_take(void)
{
	struct buf b = BUF_INIT(10000);
	const char *before;
	char *taken;

	/* Room alone is still the empty string. */
	buf_reserve(&b, 8000);
	CHECK_INT(b.len, 0);
	CHECK_STR(buf_str(&b), "");
	before = b.data;
	for (int i = 0; i < 800; i++)
		buf_adds(&b, "0123456789");
	CHECK(b.data == before);
	CHECK_INT(b.len, 8000);

	taken = buf_take(&b);
	CHECK(taken == before);
	CHECK_INT(strlen(taken), 8000);
	CHECK(b.data == NULL && b.len == 0 && b.max == 10000);
	free(taken);
	taken = buf_take(&b);
	CHECK_STR(taken, "");
	free(taken);
	buf_reserve(&b, 10);
	taken = buf_take(&b);
	CHECK_STR(taken, "");
	free(taken);
	buf_adds(&b, "again");
	CHECK_STR(buf_str(&b), "again");
	buf_free(&b);
}

/* Whatever it grew by, a buffer holds what it may hold and not a byte more. */
static void
test_every_ceiling(void)
{
	int wrong = 0;

	for (size_t max = 0; max < 1100; max++) {
		struct buf one = BUF_INIT(max), more = BUF_INIT(max);

		for (size_t i = 0; i < max; i++)
			buf_addc(&one, 'x');
		for (size_t i = 0; i + 7 <= max; i += 7)
			buf_add(&more, "1234567", 7);
		buf_add(&more, "1234567", max % 7);
		wrong +=
		    one.bad || one.len != max || more.bad || more.len != max;
		buf_addc(&one, 'x');
		buf_add(&more, "12", 2);
		wrong +=
		    !one.bad || one.len != max || !more.bad || more.len != max;
		buf_free(&one);
		buf_free(&more);
	}
	CHECK_INT(wrong, 0);
}

int
main(void)
{
	test_appends();
	test_ceiling();
	test_growth();
	test_reserve_and_take();
	test_every_ceiling();
	return t_done();
}
