/* SPDX-License-Identifier: Apache-2.0 */
/* Three versions, a line each: their order is total, and that of the keys. */
#include "lib/limits.h"
#include "lib/version.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static int
by_key(const char *a, const char *b)
{
	struct buf x = BUF_INIT(16 * LIMIT_ENTRY),
		   y = BUF_INIT(16 * LIMIT_ENTRY);
	size_t shorter;
	int order;

	version_order_key(&x, a, strlen(a));
	version_order_key(&y, b, strlen(b));
	FUZZ_HOLDS(!x.bad && !y.bad);
	shorter = x.len < y.len ? x.len : y.len;
	order = memcmp(buf_str(&x), buf_str(&y), shorter);
	if (order == 0)
		order = (x.len > y.len) - (x.len < y.len);
	buf_free(&x);
	buf_free(&y);
	return order;
}

static int
sign(int n)
{
	return (n > 0) - (n < 0);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char *v[3];
	int ab, bc, ac;

	fuzz_texts(v, 3, data, len);
	ab = version_compare(v[0], v[1]);
	bc = version_compare(v[1], v[2]);
	ac = version_compare(v[0], v[2]);
	FUZZ_HOLDS(version_compare(v[0], v[0]) == 0);
	FUZZ_HOLDS(sign(version_compare(v[1], v[0])) == -sign(ab));
	FUZZ_HOLDS((ab == 0) == (strcmp(v[0], v[1]) == 0));
	FUZZ_HOLDS(!(ab <= 0 && bc <= 0) || ac <= 0);
	FUZZ_HOLDS(!(ab >= 0 && bc >= 0) || ac >= 0);
	FUZZ_HOLDS(sign(by_key(v[0], v[1])) == sign(ab));
	FUZZ_HOLDS(sign(by_key(v[0], v[2])) == sign(ac));
	fuzz_texts_free(v, 3);
}
