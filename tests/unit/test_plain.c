/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/plain: every length, every byte at every place, and nothing read or
 * written beside the text, which begins and ends where memory does.
 */
#include "lib/plain.h"

#include "tests/t.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LONGEST 70
#define GUARD '#'

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

/* Whether a text of ${len} bytes with ${c} at ${place} is copied as far. */
static bool
is_right(char *from, size_t len, size_t place, unsigned char c,
    enum plain_where where)
{
	char *to = malloc(len + 1);
	size_t want = is_plain(c, where) ? len : place, got;
	bool right;

	for (size_t i = 0; i < len; i++)
		from[i] = (char)('a' + i % 26);
	from[place] = (char)c;
	to[len] = GUARD;
	got = plain_copy(to, from, len, where);
	right = got == want && memcmp(to, from, got) == 0 && to[len] == GUARD;
	free(to);
	return right;
}

/* Memory ends just behind the text: an allocator with guards tells. */
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
	char from[48], to[48];
	int wrong = 0;

	for (size_t i = 0; i < sizeof from; i++)
		for (size_t j = i; j < sizeof from; j++) {
			memset(from, 'x', sizeof from);
			from[i] = '\n';
			from[j] = '"';
			wrong += plain_copy(
				     to, from, sizeof from, PLAIN_IN_JSON) != i;
		}
	CHECK_INT(wrong, 0);
}

/* At each place of a page, up to its last byte, with none behind it. */
static void
test_page_end(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *from = pages + page, *to = pages + 3 * page;
	int wrong = 0;

	if (!CHECK(pages != MAP_FAILED &&
		   mprotect(pages, page, PROT_NONE) == 0 &&
		   mprotect(pages + 2 * page, page, PROT_NONE) == 0))
		return;
	for (size_t i = 0; i < page; i++)
		from[i] = (char)('a' + i % 26);
	for (size_t len = 0; len <= LONGEST; len++) {
		/* Its last bytes, its first ones, and off any border. */
		const char *texts[] = { from + page - len, from, from + 3 };

		for (size_t i = 0; i < 3; i++) {
			char *at = to + page - len - (i == 2 ? 5 : 0);

			wrong +=
			    plain_copy(at, texts[i], len, PLAIN_BARE) != len ||
			    memcmp(at, texts[i], len) != 0;
		}
	}
	CHECK_INT(wrong, 0);
	munmap(pages, 4 * page);
}

int
main(void)
{
	test_every_byte();
	test_two();
	test_page_end();
	return t_done();
}
