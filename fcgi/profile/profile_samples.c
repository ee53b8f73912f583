/* SPDX-License-Identifier: Apache-2.0 */
/* What gperftools writes, read and put together. */
#include "fcgi/profile/profile_samples.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_WORDS 5
#define HEADER_SIZE 1 /* which of them: how many follow it */
#define HEADER_VERSION 2
#define HEADER_PERIOD 3
#define HEAP_MARK "heap profile:"

void
profile_samples_free(struct profile_samples *s)
{
	for (size_t i = 0; i < s->code_count; i++)
		free(s->codes[i].path);
	free(s->codes);
	free(s->frames);
	free(s->stacks);
	*s = (struct profile_samples){ .codes = NULL };
}

static uint32_t
code_of(struct profile_samples *s, const struct profile_map *map)
{
	const struct profile_code wanted = {
		.path = map->path,
		.offset = map->offset,
		.size = map->end - map->start,
	};
	size_t i = 0;

	while (i < s->code_count && (s->codes[i].offset != wanted.offset ||
					s->codes[i].size != wanted.size ||
					strcmp(s->codes[i].path, wanted.path)))
		i++;
	if (i == LIMIT_PROFILE_CODES)
		return PROFILE_SAMPLES_NOWHERE;
	if (i == s->code_count) {
		s->codes = xreallocarray(s->codes, i + 1, sizeof *s->codes);
		s->codes[i] = wanted;
		s->codes[i].path = xstrdup(map->path);
		s->code_count++;
	}
	return (uint32_t)i;
}

/*
 * A caller's address is where it goes on; the call is before that, and may be
 * the last thing a function does.
 */
static int
add_frame(struct profile_samples *s, const struct profile_maps *maps,
    uint64_t address, bool is_caller, struct err *e)
{
	const struct profile_map *map;
	struct profile_frame *frame;

	if (s->frame_count == LIMIT_PROFILE_FRAMES) {
		err_set(e, ERR_LIMIT, "more than %d frames in a profile",
		    LIMIT_PROFILE_FRAMES);
		return -1;
	}
	/* The room doubles: it is full at each power of two. */
	if ((s->frame_count & (s->frame_count - 1)) == 0)
		s->frames = xreallocarray(s->frames,
		    s->frame_count == 0 ? 1 : 2 * s->frame_count,
		    sizeof *s->frames);
	address -= is_caller && address > 0;
	map = profile_maps_find(maps, address);
	frame = &s->frames[s->frame_count++];
	frame->code = map == NULL ? PROFILE_SAMPLES_NOWHERE : code_of(s, map);
	frame->offset = frame->code == PROFILE_SAMPLES_NOWHERE
			    ? address
			    : address - map->start;
	return 0;
}

/* Begins a stack: its frames are to follow. */
static struct profile_stack *
add_stack(struct profile_samples *s, int process)
{
	struct profile_stack *stack;

	if ((s->stack_count & (s->stack_count - 1)) == 0)
		s->stacks = xreallocarray(s->stacks,
		    s->stack_count == 0 ? 1 : 2 * s->stack_count,
		    sizeof *s->stacks);
	stack = &s->stacks[s->stack_count++];
	*stack = (struct profile_stack){
		.process = process,
		.first = s->frame_count,
	};
	return stack;
}

static uintptr_t
word(const char *data, size_t index)
{
	uintptr_t value;

	memcpy(&value, data + index * sizeof value, sizeof value);
	return value;
}

static int
add_cpu_stack(struct profile_samples *s, int process,
    const struct profile_maps *maps, const char *words, struct err *e)
{
	struct profile_stack *stack = add_stack(s, process);
	size_t depth = word(words, 1);

	stack->values[0] = (int64_t)word(words, 0);
	stack->depth = depth;
	for (size_t i = 0; i < depth; i++)
		if (add_frame(s, maps, word(words, 2 + i), i > 0, e) == -1)
			return -1;
	return 0;
}

int
profile_samples_add_cpu(struct profile_samples *s, int process,
    const struct profile_maps *maps, const char *data, size_t len,
    struct err *e)
{
	size_t words = len / sizeof(uintptr_t);
	size_t at;

	if (words < HEADER_WORDS || word(data, 0) != 0 ||
	    word(data, HEADER_SIZE) > words ||
	    word(data, HEADER_VERSION) != 0 || word(data, HEADER_PERIOD) == 0) {
		err_set(e, ERR_INPUT, "not a CPU profile of gperftools");
		return -1;
	}
	s->period_us = (int64_t)word(data, HEADER_PERIOD);
	at = 2 + word(data, HEADER_SIZE);
	while (at <= words && words - at >= 2) {
		size_t depth = word(data, at + 1);

		if (word(data, at) == 0)
			return 0;
		if (depth > words - at - 2)
			break;
		if (add_cpu_stack(s, process, maps,
			data + at * sizeof(uintptr_t), e) == -1)
			return -1;
		at += 2 + depth;
	}
	err_set(e, ERR_INPUT, "a CPU profile that is not whole");
	return -1;
}

/* Reads a number and steps over the mark behind it. */
static bool
take_number(int64_t *value, const char **at, const char *mark)
{
	char *end;

	errno = 0;
	*value = strtoll(*at, &end, 10);
	if (end == *at || errno != 0)
		return false;
	end += strspn(end, " ");
	if (strncmp(end, mark, strlen(mark)) != 0)
		return false;
	*at = end + strlen(mark);
	return true;
}

/* "  1: 100 [ 5: 500] @ 0x1 0x2"; other lines are passed over. */
static int
add_heap_line(struct profile_samples *s, int process,
    const struct profile_maps *maps, const char *at, struct err *e)
{
	int64_t values[PROFILE_SAMPLES_VALUES];
	struct profile_stack *stack;

	if (!take_number(&values[0], &at, ":") ||
	    !take_number(&values[1], &at, "[") ||
	    !take_number(&values[2], &at, ":") ||
	    !take_number(&values[3], &at, "] @"))
		return 0;
	stack = add_stack(s, process);
	memcpy(stack->values, values, sizeof values);
	for (at += strspn(at, " "); strncmp(at, "0x", 2) == 0;
	     at += strspn(at, " ")) {
		char *end;
		uint64_t address = strtoull(at, &end, 16);

		if (add_frame(s, maps, address, true, e) == -1)
			return -1;
		s->stacks[s->stack_count - 1].depth++;
		at = end;
	}
	return 0;
}

int
profile_samples_add_heap(struct profile_samples *s, int process,
    const struct profile_maps *maps, const char *text, struct err *e)
{
	if (strncmp(text, HEAP_MARK, strlen(HEAP_MARK)) != 0) {
		err_set(e, ERR_INPUT, "not a heap profile of gperftools");
		return -1;
	}
	while (*text != '\0') {
		text += strcspn(text, "\n");
		text += *text == '\n';
		if (add_heap_line(s, process, maps, text, e) == -1)
			return -1;
	}
	return 0;
}
