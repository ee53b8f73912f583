/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The samples of several processes in one set: each address becomes a place in
 * a file, which is the same in all of them.
 *
 * Read here is what gperftools writes: its CPU profile, a row of machine words
 * (a header of five: 0, 3, 0, microseconds between samples, 0; then count,
 * depth and that many addresses for each stack; at the end 0, 1, 0), and its
 * heap profile, lines of text ("objects: bytes [objects: bytes] @ addresses",
 * what is in use and what was ever allocated).
 */
#ifndef FCGI_PROFILE_PROFILE_SAMPLES_H
#define FCGI_PROFILE_PROFILE_SAMPLES_H

#include "fcgi/profile/profile_maps.h"
#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

#define PROFILE_SAMPLES_VALUES 4

/* In place of the index of a piece of code: nobody knows. */
#define PROFILE_SAMPLES_NOWHERE UINT32_MAX

/* A stretch of code as it lies in a file. */
struct profile_code {
	char *path;
	uint64_t offset;
	uint64_t size;
};

struct profile_frame {
	uint32_t code; /* index, or PROFILE_SAMPLES_NOWHERE */
	uint64_t offset; /* from the beginning of the code; or the address */
};

struct profile_stack {
	int process;
	/* CPU: samples.  Heap: objects and bytes in use, and allocated. */
	int64_t values[PROFILE_SAMPLES_VALUES];
	size_t first; /* of its frames, the innermost */
	size_t depth;
};

struct profile_samples {
	struct profile_code *codes;
	size_t code_count;
	struct profile_frame *frames;
	size_t frame_count;
	struct profile_stack *stacks;
	size_t stack_count;
	int64_t period_us; /* between samples of CPU time; 0: none was read */
};

/* Starts with all zeroes. */
void profile_samples_free(struct profile_samples *s);

/*
 * Add what process ${process} wrote, where ${maps} says what lies where.
 * ERR_INPUT: this is no such profile; ERR_LIMIT: too much.
 */
int profile_samples_add_cpu(struct profile_samples *s, int process,
    const struct profile_maps *maps, const char *data, size_t len,
    struct err *e);
int profile_samples_add_heap(struct profile_samples *s, int process,
    const struct profile_maps *maps, const char *text, struct err *e);

#endif
