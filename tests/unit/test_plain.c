/* SPDX-License-Identifier: Apache-2.0 */
/* lib/plain: every byte at every position in texts of every length. */
#include "lib/plain.h"

#include "tests/t.h"

#include <stdlib.h>

#define LONGEST 70

/* The rule, in plain words. */
static bool
is_plain(unsigned char c, enum plain_where where)
{
	if (c < ' ' || c >= 0x80 || c == '"' || c == '\\')
		return false;
	if (where != PLAIN_IN_JSON && c == 0x7f)
		return false;
	return where != PLAIN_BARE || (c != ' ' && c != '=');
}

/* Whether a text of ${len} bytes with ${c} at ${place} is plain as far. */
static bool
is_right(char *from, size_t len, size_t place, unsigned char c,
    enum plain_where where)
{
	size_t want = is_plain(c, where) ? len : place;

	for (size_t i = 0; i < len; i++)
		from[i] = (char)('a' + i % 26);
	from[place] = (char)c;
	return plain_span(from, len, where) == want;
}

/* The memory ends after the text: a sanitizer detects reads beyond it. */
static void
test_every_byte(void)
{
	int wrong = 0;

	for (int where = PLAIN_IN_JSON; where <= PLAIN_BARE; where++)
		for (size_t len = 1; len <= LONGEST; len++) {
			char *from = malloc(len);

			for (size_t place = 0; place < len; place++)
				for (int c = 0; c < 256; c++)
					wrong += !is_right(from, len, place,
					    (unsigned char)c,
					    (enum plain_where)where);
			free(from);
		}
	CHECK_INT(wrong, 0);
}

/* The first that is not plain counts, not the last. */
static void
test_two(void)
{
	char from[48];
	int wrong = 0;

	for (size_t i = 0; i < sizeof from; i++)
		for (size_t j = i; j < sizeof from; j++) {
			memset(from, 'x', sizeof from);
			from[i] = '\n';
			from[j] = '"';
			wrong +=
			    plain_span(from, sizeof from, PLAIN_IN_JSON) != i;
		}
	CHECK_INT(wrong, 0);
}

int
main(void)
{
	test_every_byte();
	test_two();
	return t_done();
}
