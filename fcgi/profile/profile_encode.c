/* SPDX-License-Identifier: Apache-2.0 */
/* Reading dumps of gperftools and writing profile.proto. */
#include "fcgi/profile/profile_encode.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kinds of fields (protobuf.dev, "Encoding"). */
#define NUMBER 0
#define BYTES 2

#define HEAP_MARK "heap profile:"
/* Of a CPU profile: 0, 3, 0, microseconds between samples, 0. */
#define HEADER_WORDS 5
#define VALUES 4 /* of a heap profile; a CPU profile has one */

enum profile_field {
	SAMPLE_TYPE = 1,
	SAMPLE = 2,
	MAPPING = 3,
	LOCATION = 4,
	STRING_TABLE = 6,
	TIME_NANOS = 9,
	DURATION_NANOS = 10,
	PERIOD_TYPE = 11,
	PERIOD = 12,
	COMMENT = 13,
	DEFAULT_SAMPLE_TYPE = 14
};

/* The start of the table of strings, in the order of their indices. */
static const char *const strings[] = { "", "process", "samples", "count", "cpu",
	"nanoseconds", "inuse_objects", "inuse_space", "alloc_objects",
	"alloc_space", "bytes", "space" };
enum {
	S_NONE,
	S_PROCESS,
	S_SAMPLES,
	S_COUNT,
	S_CPU,
	S_NANOSECONDS,
	S_INUSE_OBJECTS,
	S_INUSE_SPACE,
	S_ALLOC_OBJECTS,
	S_ALLOC_SPACE,
	S_BYTES,
	S_SPACE,
	STRINGS
};

/* A stretch of code of a process. */
struct map {
	uint64_t start, end, id;
};

/* One process: its code, and its stacks in one row of numbers. */
struct process {
	struct map *maps;
	size_t map_count;
	uint64_t *stacks; /* VALUES, the depth, and as many addresses; ... */
	size_t used, room;
	uint64_t *addresses; /* of all stacks, sorted, each once */
	size_t address_count;
};

static void
process_free(struct process *p)
{
	free(p->maps);
	free(p->stacks);
	free(p->addresses);
}

static void
push(struct process *p, uint64_t n)
{
	if (p->used == p->room) {
		p->room = p->room * 2 + 1024;
		p->stacks =
		    xreallocarray(p->stacks, p->room, sizeof *p->stacks);
	}
	p->stacks[p->used++] = n;
}

/* ---- the encoding ---- */

static void
add_varint(struct buf *b, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_addc(b, (char)(n | 0x80));
	buf_addc(b, (char)n);
}

static void
add_number(struct buf *b, unsigned field, uint64_t n)
{
	add_varint(b, field << 3 | NUMBER);
	add_varint(b, n);
}

static void
add_bytes(struct buf *b, unsigned field, const char *data, size_t len)
{
	add_varint(b, field << 3 | BYTES);
	add_varint(b, len);
	buf_add(b, data, len);
}

/* Adds ${message} and empties it. */
static void
add_message(struct buf *b, unsigned field, struct buf *message)
{
	add_bytes(b, field, buf_str(message), message->len);
	buf_reset(message);
}

static uint64_t
add_string(struct profile_encoder *n, const char *text, size_t len)
{
	add_bytes(n->out, STRING_TABLE, text, len);
	return ++n->string;
}

static void
add_type(struct buf *b, unsigned field, uint64_t type, uint64_t unit)
{
	struct buf message = BUF_INIT(64);

	add_number(&message, 1, type);
	add_number(&message, 2, unit);
	add_message(b, field, &message);
	buf_free(&message);
}

/* ---- what gperftools wrote ---- */

static uintptr_t
word(const struct buf *dump, size_t index)
{
	uintptr_t value;

	memcpy(&value, dump->data + index * sizeof value, sizeof value);
	return value;
}

/*
 * Words: the header, then for each stack count, depth and addresses, the
 * innermost first; at the end 0, 1, 0.
 */
static int
read_cpu(struct process *p, int64_t *period_us, const struct buf *dump)
{
	size_t words = dump->len / sizeof(uintptr_t), at = HEADER_WORDS;

	if (words < HEADER_WORDS || word(dump, 0) != 0 || word(dump, 1) != 3 ||
	    word(dump, 2) != 0 || word(dump, 3) == 0)
		return -1;
	*period_us = (int64_t)word(dump, 3);
	while (words - at >= 2 && word(dump, at) != 0) {
		size_t depth = word(dump, at + 1);

		if (depth > words - at - 2)
			return -1;
		push(p, word(dump, at));
		for (int i = 1; i < VALUES; i++)
			push(p, 0);
		push(p, depth);
		/* A caller's address is that behind its call. */
		for (size_t i = 0; i < depth; i++)
			push(p, word(dump, at + 2 + i) - (i > 0));
		at += 2 + depth;
	}
	return words - at >= 2 ? 0 : -1;
}

/* Reads a number and skips the mark after it. */
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

/* Lines "  1: 100 [ 5: 500] @ 0x1 0x2" among others, which are skipped. */
static int
read_heap(struct process *p, const char *at)
{
	static const char *const marks[VALUES] = { ":", "[", ":", "] @" };

	if (strncmp(at, HEAP_MARK, strlen(HEAP_MARK)) != 0)
		return -1;
	for (; *at != '\0'; at += strcspn(at, "\n")) {
		int64_t values[VALUES];
		int i = 0;
		size_t depth;

		at += *at == '\n';
		while (i < VALUES && take_number(&values[i], &at, marks[i]))
			i++;
		if (i < VALUES)
			continue;
		for (i = 0; i < VALUES; i++)
			push(p, (uint64_t)values[i]);
		depth = p->used;
		push(p, 0);
		for (at += strspn(at, " "); strncmp(at, "0x", 2) == 0;
		     at += strspn(at, " ")) {
			char *end;

			push(p, strtoull(at, &end, 16) - 1);
			p->stacks[depth]++;
			at = end;
		}
	}
	return 0;
}

/* ---- what goes into the profile ---- */

/* The stretches of code that a process has mapped from files. */
static void
add_mappings(struct profile_encoder *n, struct process *p, const char *maps)
{
	struct buf message = BUF_INIT(256);

	for (const char *line = maps; *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		uint64_t start, end, offset;
		char mode[5];
		int path = 0;

		if (sscanf(line,
			"%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s%n",
			&start, &end, mode, &offset, &path) != 4 ||
		    path == 0 || strchr(mode, 'x') == NULL || start >= end)
			continue;
		path += (int)strspn(line + path, " ");
		p->maps =
		    xreallocarray(p->maps, p->map_count + 1, sizeof *p->maps);
		p->maps[p->map_count++] =
		    (struct map){ start, end, ++n->mapping };
		add_number(&message, 1, n->mapping);
		add_number(&message, 2, start);
		add_number(&message, 3, end);
		add_number(&message, 4, offset);
		add_number(&message, 5,
		    add_string(n, line + path, strcspn(line + path, "\n")));
		add_message(n->out, MAPPING, &message);
	}
	buf_free(&message);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The index of the stack after the one at ${at}. */
static size_t
next(const struct process *p, size_t at)
{
	return at + VALUES + 1 + p->stacks[at + VALUES];
}

static void
add_locations(struct profile_encoder *n, struct process *p)
{
	struct buf message = BUF_INIT(64);
	size_t kept = 0;

	p->addresses = xcalloc(p->used + 1, sizeof *p->addresses);
	for (size_t at = 0; at < p->used; at = next(p, at)) {
		const uint64_t *stack = p->stacks + at;

		memcpy(p->addresses + p->address_count, stack + VALUES + 1,
		    stack[VALUES] * sizeof *stack);
		p->address_count += stack[VALUES];
	}
	qsort(p->addresses, p->address_count, sizeof *p->addresses, compare);
	for (size_t i = 0; i < p->address_count; i++) {
		uint64_t address = p->addresses[i];

		if (kept > 0 && p->addresses[kept - 1] == address)
			continue;
		p->addresses[kept++] = address;
		add_number(&message, 1, n->location + kept);
		for (size_t m = 0; m < p->map_count; m++)
			if (address >= p->maps[m].start &&
			    address < p->maps[m].end)
				add_number(&message, 2, p->maps[m].id);
		add_number(&message, 3, address);
		add_message(n->out, LOCATION, &message);
	}
	p->address_count = kept;
	buf_free(&message);
}

static void
add_sample(
    struct profile_encoder *n, struct process *p, int id, const uint64_t *stack)
{
	struct buf message = BUF_INIT(LIMIT_RESPONSE);
	struct buf part = BUF_INIT(LIMIT_RESPONSE);

	for (size_t i = 0; i < stack[VALUES]; i++) {
		const uint64_t *found =
		    bsearch(stack + VALUES + 1 + i, p->addresses,
			p->address_count, sizeof *p->addresses, compare);

		add_varint(
		    &part, n->location + 1 + (uint64_t)(found - p->addresses));
	}
	add_message(&message, 1, &part);
	if (n->heap) {
		for (int i = 0; i < VALUES; i++)
			add_varint(&part, stack[i]);
	} else {
		add_varint(&part, stack[0]);
		add_varint(&part, stack[0] * (uint64_t)n->period_us * 1000);
	}
	add_message(&message, 2, &part);
	add_number(&part, 1, S_PROCESS);
	add_number(&part, 3, (uint64_t)id);
	add_message(&message, 3, &part);
	add_message(n->out, SAMPLE, &message);
	buf_free(&message);
	buf_free(&part);
}

void
profile_encode_begin(struct profile_encoder *n, struct buf *out, bool heap)
{
	*n = (struct profile_encoder){
		.out = out, .heap = heap, .string = STRINGS - 1
	};
	for (int i = 0; i < STRINGS; i++)
		add_bytes(out, STRING_TABLE, strings[i], strlen(strings[i]));
	if (heap) {
		add_type(out, SAMPLE_TYPE, S_INUSE_OBJECTS, S_COUNT);
		add_type(out, SAMPLE_TYPE, S_INUSE_SPACE, S_BYTES);
		add_type(out, SAMPLE_TYPE, S_ALLOC_OBJECTS, S_COUNT);
		add_type(out, SAMPLE_TYPE, S_ALLOC_SPACE, S_BYTES);
		add_type(out, PERIOD_TYPE, S_SPACE, S_BYTES);
		add_number(out, DEFAULT_SAMPLE_TYPE, S_INUSE_SPACE);
	} else {
		add_type(out, SAMPLE_TYPE, S_SAMPLES, S_COUNT);
		add_type(out, SAMPLE_TYPE, S_CPU, S_NANOSECONDS);
		add_type(out, PERIOD_TYPE, S_CPU, S_NANOSECONDS);
	}
}

int
profile_encode_add(struct profile_encoder *n, int process,
    const struct buf *maps, const struct buf *dump, struct err *e)
{
	struct process p = { .maps = NULL };
	int rc = -1;

	if (n->heap ? read_heap(&p, buf_str(dump)) == -1
		    : read_cpu(&p, &n->period_us, dump) == -1) {
		err_set(e, ERR_INTERNAL,
		    "process %d: invalid or truncated %s profile", process,
		    n->heap ? "heap" : "CPU");
		goto out;
	}
	add_mappings(n, &p, buf_str(maps));
	add_locations(n, &p);
	for (size_t at = 0; at < p.used; at = next(&p, at))
		add_sample(n, &p, process, p.stacks + at);
	n->location += p.address_count;
	rc = 0;
out:
	process_free(&p);
	return rc;
}

void
profile_encode_end(struct profile_encoder *n, int64_t time_ns,
    int64_t duration_ns, const char *comment)
{
	add_number(n->out, PERIOD, n->heap ? 1 : (uint64_t)n->period_us * 1000);
	add_number(n->out, TIME_NANOS, (uint64_t)time_ns);
	add_number(n->out, DURATION_NANOS, (uint64_t)duration_ns);
	add_number(n->out, COMMENT, add_string(n, comment, strlen(comment)));
}
