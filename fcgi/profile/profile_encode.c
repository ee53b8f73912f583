/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing profile.proto.  The numbers of fields are those of its messages; what
 * a message holds is put together in a buffer first, as its length comes first.
 */
#include "fcgi/profile/profile_encode.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kinds of fields (protobuf.dev, "Encoding"). */
#define NUMBER 0
#define BYTES 2

/* Places in a file get addresses of their own, far enough from each other. */
#define CODE_SPACE (UINT64_C(1) << 32)

enum profile_field {
	SAMPLE_TYPE = 1,
	SAMPLE = 2,
	MAPPING = 3,
	LOCATION = 4,
	FUNCTION = 5,
	STRING_TABLE = 6,
	TIME_NANOS = 9,
	DURATION_NANOS = 10,
	PERIOD_TYPE = 11,
	PERIOD = 12,
	COMMENT = 13,
	DEFAULT_SAMPLE_TYPE = 14
};

struct place {
	struct profile_frame frame;
	uint64_t function; /* 0: none is known */
};

struct encoder {
	struct buf *out;
	struct buf message; /* one inside the profile */
	struct buf part; /* one inside that */
	const struct profile_samples *samples;
	const struct profile_symbols *symbols;
	const char **strings; /* borrowed */
	size_t string_count;
	char (*labels)[16]; /* what of them stands for processes */
	const char **functions; /* borrowed; the id is the index + 1 */
	size_t function_count;
	struct place *places; /* sorted; the id is the index + 1 */
	size_t place_count;
};

/* ---- numbers, bytes, texts
 * --------------------------------------------------- */

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
	if (n == 0)
		return;
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

/* Moves what is in ${from}, as one field. */
static void
add_message(struct buf *b, unsigned field, struct buf *from)
{
	add_bytes(b, field, buf_str(from), from->len);
	buf_reset(from);
}

/* The index of a text that outlives the encoder. */
static uint64_t
string(struct encoder *n, const char *text)
{
	size_t i = 0;

	while (i < n->string_count && strcmp(n->strings[i], text) != 0)
		i++;
	if (i == n->string_count) {
		n->strings =
		    xreallocarray(n->strings, i + 1, sizeof *n->strings);
		n->strings[n->string_count++] = text;
	}
	return i;
}

static void
add_value_type(
    struct encoder *n, unsigned field, const char *type, const char *unit)
{
	add_number(&n->message, 1, string(n, type));
	add_number(&n->message, 2, string(n, unit));
	add_message(n->out, field, &n->message);
}

/* ---- places
 * ------------------------------------------------------------------ */

static int
compare(const void *a, const void *b)
{
	const struct profile_frame *x = &((const struct place *)a)->frame;
	const struct profile_frame *y = &((const struct place *)b)->frame;

	if (x->code != y->code)
		return x->code < y->code ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static void
find_places(struct encoder *n)
{
	const struct profile_samples *s = n->samples;
	size_t kept = 0;

	n->places = xcalloc(s->frame_count + 1, sizeof *n->places);
	for (size_t i = 0; i < s->frame_count; i++)
		n->places[i].frame = s->frames[i];
	qsort(n->places, s->frame_count, sizeof *n->places, compare);
	for (size_t i = 0; i < s->frame_count; i++)
		if (kept == 0 ||
		    compare(&n->places[kept - 1], &n->places[i]) != 0)
			n->places[kept++] = n->places[i];
	n->place_count = kept;
}

static uint64_t
place_id(const struct encoder *n, const struct profile_frame *frame)
{
	const struct place wanted = { .frame = *frame };
	const struct place *found =
	    bsearch(&wanted, n->places, n->place_count, sizeof wanted, compare);

	return (uint64_t)(found - n->places) + 1;
}

static uint64_t
function_id(struct encoder *n, const char *name)
{
	size_t i = 0;

	while (i < n->function_count && n->functions[i] != name)
		i++;
	if (i == n->function_count) {
		n->functions =
		    xreallocarray(n->functions, i + 1, sizeof *n->functions);
		n->functions[n->function_count++] = name;
	}
	return i + 1;
}

static void
name_places(struct encoder *n)
{
	for (size_t i = 0; i < n->place_count; i++) {
		struct place *p = &n->places[i];
		const struct profile_code *code;
		const char *name;

		if (p->frame.code == PROFILE_SAMPLES_NOWHERE)
			continue;
		code = &n->samples->codes[p->frame.code];
		name = profile_symbols_name(
		    n->symbols, code->path, code->offset + p->frame.offset);
		if (name != NULL)
			p->function = function_id(n, name);
	}
}

/* ---- the messages
 * ------------------------------------------------------------ */

static void
add_types(struct encoder *n, bool heap)
{
	if (heap) {
		add_value_type(n, SAMPLE_TYPE, "inuse_objects", "count");
		add_value_type(n, SAMPLE_TYPE, "inuse_space", "bytes");
		add_value_type(n, SAMPLE_TYPE, "alloc_objects", "count");
		add_value_type(n, SAMPLE_TYPE, "alloc_space", "bytes");
		add_value_type(n, PERIOD_TYPE, "space", "bytes");
		add_number(n->out, PERIOD, 1);
		add_number(
		    n->out, DEFAULT_SAMPLE_TYPE, string(n, "inuse_space"));
	} else {
		add_value_type(n, SAMPLE_TYPE, "samples", "count");
		add_value_type(n, SAMPLE_TYPE, "cpu", "nanoseconds");
		add_value_type(n, PERIOD_TYPE, "cpu", "nanoseconds");
		add_number(
		    n->out, PERIOD, (uint64_t)n->samples->period_us * 1000);
	}
}

static void
add_values(struct encoder *n, const struct profile_stack *stack, bool heap)
{
	if (heap) {
		for (int i = 0; i < PROFILE_SAMPLES_VALUES; i++)
			add_varint(&n->part, (uint64_t)stack->values[i]);
	} else {
		add_varint(&n->part, (uint64_t)stack->values[0]);
		add_varint(&n->part, (uint64_t)(stack->values[0] *
						n->samples->period_us * 1000));
	}
	add_message(&n->message, 2, &n->part);
}

static void
add_stack(struct encoder *n, size_t index, bool heap)
{
	const struct profile_stack *stack = &n->samples->stacks[index];
	const struct profile_frame *frames = n->samples->frames + stack->first;

	for (size_t i = 0; i < stack->depth; i++)
		add_varint(&n->part, place_id(n, &frames[i]));
	add_message(&n->message, 1, &n->part);
	add_values(n, stack, heap);
	snprintf(
	    n->labels[index], sizeof n->labels[index], "%d", stack->process);
	add_number(&n->part, 1, string(n, "process"));
	add_number(&n->part, 2, string(n, n->labels[index]));
	add_message(&n->message, 3, &n->part);
	add_message(n->out, SAMPLE, &n->message);
}

static void
add_mapping(struct encoder *n, size_t index)
{
	const struct profile_code *code = &n->samples->codes[index];
	uint64_t start = (index + 1) * CODE_SPACE;
	const char *id = profile_symbols_build_id(n->symbols, code->path);

	add_number(&n->message, 1, index + 1);
	add_number(&n->message, 2, start);
	add_number(&n->message, 3, start + code->size);
	add_number(&n->message, 4, code->offset);
	add_number(&n->message, 5, string(n, code->path));
	add_number(&n->message, 6, string(n, id));
	add_number(
	    &n->message, 7, profile_symbols_complete(n->symbols, code->path));
	add_message(n->out, MAPPING, &n->message);
}

static void
add_location(struct encoder *n, size_t index)
{
	const struct place *p = &n->places[index];
	uint64_t mapping = 0, address = p->frame.offset;

	if (p->frame.code != PROFILE_SAMPLES_NOWHERE) {
		mapping = (uint64_t)p->frame.code + 1;
		address += mapping * CODE_SPACE;
	}
	add_number(&n->message, 1, index + 1);
	add_number(&n->message, 2, mapping);
	add_number(&n->message, 3, address);
	if (p->function != 0) {
		add_number(&n->part, 1, p->function);
		add_message(&n->message, 4, &n->part);
	}
	add_message(n->out, LOCATION, &n->message);
}

static void
add_function(struct encoder *n, size_t index)
{
	uint64_t name = string(n, n->functions[index]);

	add_number(&n->message, 1, index + 1);
	add_number(&n->message, 2, name);
	add_number(&n->message, 3, name);
	add_message(n->out, FUNCTION, &n->message);
}

void
profile_encode(struct buf *out, const struct profile_samples *s,
    const struct profile_symbols *symbols, const struct profile_about *about)
{
	struct encoder n = {
		.out = out,
		.message = BUF_INIT(LIMIT_RESPONSE),
		.part = BUF_INIT(LIMIT_RESPONSE),
		.samples = s,
		.symbols = symbols,
		.labels = xcalloc(s->stack_count + 1, sizeof *n.labels),
	};

	(void)string(&n, ""); /* the first must be empty */
	find_places(&n);
	name_places(&n);
	add_types(&n, about->heap);
	for (size_t i = 0; i < s->stack_count; i++)
		add_stack(&n, i, about->heap);
	for (size_t i = 0; i < s->code_count; i++)
		add_mapping(&n, i);
	for (size_t i = 0; i < n.place_count; i++)
		add_location(&n, i);
	for (size_t i = 0; i < n.function_count; i++)
		add_function(&n, i);
	add_number(out, TIME_NANOS, (uint64_t)about->time_ns);
	add_number(out, DURATION_NANOS, (uint64_t)about->duration_ns);
	add_number(out, COMMENT, string(&n, about->comment));
	for (size_t i = 0; i < n.string_count; i++)
		add_bytes(
		    out, STRING_TABLE, n.strings[i], strlen(n.strings[i]));
	buf_free(&n.message);
	buf_free(&n.part);
	free(n.strings);
	free(n.labels);
	free(n.functions);
	free(n.places);
}
