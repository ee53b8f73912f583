/* SPDX-License-Identifier: Apache-2.0 */
/* Digits in pairs, from a table. */
#include "lib/decimal.h"

const char decimal_pairs[] = "00010203040506070809"
			     "10111213141516171819"
			     "20212223242526272829"
			     "30313233343536373839"
			     "40414243444546474849"
			     "50515253545556575859"
			     "60616263646566676869"
			     "70717273747576777879"
			     "80818283848586878889"
			     "90919293949596979899";

static char *
put_long(char *to, uint64_t n)
{
	return decimal_put_four(
	    decimal_put(to, n / 10000), (unsigned)(n % 10000));
}

char *
decimal_put(char *to, uint64_t n)
{
	unsigned few = (unsigned)n;

	if (n >= 10000)
		return put_long(to, n);
	if (few >= 1000)
		return decimal_put_four(to, few);
	if (few >= 100) {
		*to = (char)('0' + few / 100);
		return decimal_put_two(to + 1, few % 100);
	}
	if (few >= 10)
		return decimal_put_two(to, few);
	*to = (char)('0' + few);
	return to + 1;
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
