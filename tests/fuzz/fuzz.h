/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share.  A target is one file that defines fuzz_one()
 * for one kind of bytes from outside, and states with FUZZ_HOLDS() what must be
 * true for any bytes; crashes and sanitizers find other errors.  Two drivers
 * feed it: libFuzzer (tests/fuzz/libfuzzer.c, `make fuzz`), and a plain one
 * that replays seeds and mutates them a little (tests/fuzz/replay.c, part of
 * `make check`).
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define FUZZ_HOLDS(condition)                                         \
	do {                                                          \
		if (!(condition)) {                                   \
			fprintf(stderr, "%s:%d: does not hold: %s\n", \
			    __FILE__, __LINE__, #condition);          \
			abort();                                      \
		}                                                     \
	} while (0)

/* Tries ${len} bytes at ${data}, which end at a boundary sanitizers see. */
void fuzz_one(const uint8_t *data, size_t len);

/*
 * Cuts ${len} bytes at ${data} at the first ${count} - 1 line feeds into texts,
 * each a string of its own; what is missing is "".  The caller frees them.
 */
static inline void
fuzz_texts(char **texts, size_t count, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		size_t used = 0;

		while (used < len && (i + 1 == count || data[used] != '\n'))
			used++;
		texts[i] = malloc(used + 1);
		if (texts[i] == NULL)
			abort();
		for (size_t k = 0; k < used; k++)
			texts[i][k] = (char)data[k];
		texts[i][used] = '\0';
		if (used < len)
			used++;
		data += used;
		len -= used;
	}
}

static inline void
fuzz_texts_free(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
}

#endif
