/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a target without a fuzzing engine: each seed unchanged, then with
 * changes derived from its bytes and a counter, the same in every run.
 *
 * Usage: TARGET [-m CHANGES] FILE...
 * Prints the number of inputs.  A failure of the target aborts the process.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define SEED_MAX ((size_t)4 << 20)

static const char *const pieces[] = { "", "%2F", "%00", "%", "\"", "\\u0000",
	"\\ud800", "{", "}", "[", "]", ",", ":", "1e400", "-0", "null", "*",
	"..", "\xff", "\xc3\xa9", "\n", "0", "latest", "9223372036854775808" };

static uint64_t random_state;

static uint64_t
next_random(void)
{
	/* xorshift: any spread will do, as long as it is always the same. */
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static size_t
below(size_t limit)
{
	return limit == 0 ? 0 : (size_t)(next_random() % limit);
}

/* A buffer of exactly ${len} bytes, so that one too far is seen. */
static void
try_exact(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len == 0 ? 1 : len);

	if (exact == NULL)
		abort();
	memcpy(exact, data, len);
	fuzz_one(exact, len);
	free(exact);
}

/* Puts ${piece} over ${gone} bytes at ${at}. */
static size_t
splice(uint8_t *data, size_t len, size_t at, size_t gone, const char *piece)
{
	size_t add = strlen(piece);

	memmove(data + at + add, data + at + gone, len - at - gone);
	memcpy(data + at, piece, add);
	return len - gone + add;
}

static size_t
change(uint8_t *data, size_t len)
{
	size_t at = below(len + 1), left = len - at;
	const char *piece = pieces[below(sizeof pieces / sizeof pieces[0])];

	switch (below(4)) {
	case 0:
		if (left > 0)
			data[at] ^= (uint8_t)(1u << below(8));
		return len;
	case 1:
		return splice(data, len, at, below(left + 1), "");
	case 2:
		return splice(data, len, at, 0, piece);
	default:
		return splice(data, len, at, left < 3 ? left : 3, piece);
	}
}

static size_t
replay(const char *path, size_t changes)
{
	uint8_t *seed = malloc(SEED_MAX), *work = malloc(SEED_MAX + 256);
	FILE *f = fopen(path, "rb");
	size_t len;

	if (seed == NULL || work == NULL || f == NULL) {
		perror(path);
		exit(2);
	}
	len = fread(seed, 1, SEED_MAX, f);
	fclose(f);
	try_exact(seed, len);
	for (size_t i = 0; i < changes; i++) {
		size_t now = len;

		random_state = (i + 1) * UINT64_C(0x9e3779b97f4a7c15) + len;
		memcpy(work, seed, len);
		for (size_t times = 1 + below(4); times > 0; times--)
			if (now < SEED_MAX)
				now = change(work, now);
		try_exact(work, now);
	}
	free(seed);
	free(work);
	return changes + 1;
}

int
main(int argc, char **argv)
{
	size_t changes = 0, tried = 0;
	int i = 1;

	if (argc > 2 && strcmp(argv[1], "-m") == 0) {
		changes = (size_t)strtoul(argv[2], NULL, 10);
		i = 3;
	}
	for (; i < argc; i++)
		tried += replay(argv[i], changes);
	printf("%zu inputs\n", tried);
	return 0;
}
