/* SPDX-License-Identifier: Apache-2.0 */
/* Digits in pairs, from a table. */
#include "lib/decimal.h"

#include <string.h>

static const char pairs[] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

/* How many digits: from how many bits, which is one too many at times. */
static size_t
length_of(uint64_t n)
{
	static const uint64_t powers[] = { 0, 10, 100, 1000, 10000, 100000,
		1000000, 10000000, 100000000, 1000000000, 10000000000,
		100000000000, 1000000000000, 10000000000000, 100000000000000,
		1000000000000000, 10000000000000000, 100000000000000000,
		1000000000000000000, 10000000000000000000U };
	/* 1233 / 4096 is the logarithm of 2, near enough for 64 bits. */
	size_t most = (size_t)(64 - __builtin_clzll(n | 1)) * 1233 / 4096;

	return most + (n >= powers[most]);
}

char *
decimal_put(char *to, uint64_t n)
{
	char *end = to + length_of(n), *at = end;

	for (; n >= 100; n /= 100)
		decimal_put_two(at -= 2, (unsigned)(n % 100));
	if (n >= 10)
		decimal_put_two(to, (unsigned)n);
	else
		*to = (char)('0' + n);
	return end;
}

char *
decimal_put_signed(char *to, int64_t n)
{
	if (n >= 0)
		return decimal_put(to, (uint64_t)n);
	*to = '-';
	/* The negation of an unsigned number also holds for INT64_MIN. */
	return decimal_put(to + 1, -(uint64_t)n);
}

char *
decimal_put_two(char *to, unsigned n)
{
	memcpy(to, pairs + (size_t)n * 2, 2);
	return to + 2;
}

char *
decimal_put_six(char *to, unsigned n)
{
	unsigned rest = n % 10000;

	decimal_put_two(to, n / 10000);
	decimal_put_two(to + 2, rest / 100);
	return decimal_put_two(to + 4, rest % 100);
}

size_t
decimal_increment(char *digits, size_t len)
{
	size_t at = len;

	while (at > 0 && digits[at - 1] == '9')
		digits[--at] = '0';
	if (at > 0) {
		digits[at - 1]++;
		return len;
	}
	digits[0] = '1';
	digits[len] = '0';
	return len + 1;
}
