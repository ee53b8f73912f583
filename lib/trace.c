/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing traceparent. */
#include "lib/trace.h"

#include "lib/clock.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DASHES 3
#define LEN (2 + TRACE_ID_LEN + TRACE_SPAN_LEN + 2 + DASHES)
#define SAMPLED 1

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Whether ${len} lower-case hex digits come next, not all of them 0. */
static bool
is_id(const char *text, size_t len)
{
	int any = 0;

	for (size_t i = 0; i < len; i++) {
		if (hex_value(text[i]) == -1)
			return false;
		any |= hex_value(text[i]);
	}
	return any != 0;
}

static bool
is_traceparent(const char *text)
{
	const char *id = text + 3, *span = id + TRACE_ID_LEN + 1;
	const char *flags = span + TRACE_SPAN_LEN + 1;

	if (strnlen(text, LEN) < LEN || hex_value(text[0]) == -1 ||
	    hex_value(text[1]) == -1 || memcmp(text, "ff", 2) == 0)
		return false;
	/* A later version may have more fields, after another dash. */
	if (text[LEN] != '\0' &&
	    (memcmp(text, "00", 2) == 0 || text[LEN] != '-'))
		return false;
	return text[2] == '-' && id[TRACE_ID_LEN] == '-' &&
	       span[TRACE_SPAN_LEN] == '-' && is_id(id, TRACE_ID_LEN) &&
	       is_id(span, TRACE_SPAN_LEN) && hex_value(flags[0]) != -1 &&
	       hex_value(flags[1]) != -1;
}

bool
trace_parse(struct trace *t, const char *traceparent)
{
	t->id[0] = t->parent[0] = '\0';
	t->sampled = false;
	if (traceparent == NULL || !is_traceparent(traceparent))
		return false;
	memcpy(t->id, traceparent + 3, TRACE_ID_LEN);
	memcpy(t->parent, traceparent + 3 + TRACE_ID_LEN + 1, TRACE_SPAN_LEN);
	t->id[TRACE_ID_LEN] = t->parent[TRACE_SPAN_LEN] = '\0';
	t->sampled = (hex_value(traceparent[LEN - 1]) & SAMPLED) != 0;
	return true;
}

/* Never 0.  It only has to be unique, so without randomness a clock will do. */
static uint64_t
random_number(void)
{
	uint64_t n;

	if (getentropy(&n, sizeof n) == -1)
		n = (uint64_t)clock_now() << 16 ^ (uint64_t)getpid();
	return n == 0 ? 1 : n;
}

void
trace_begin(struct trace *t)
{
	snprintf(t->id, sizeof t->id, "%016" PRIx64 "%016" PRIx64,
	    random_number(), random_number());
	t->parent[0] = '\0';
	t->sampled = false;
}

void
trace_child(char out[TRACE_PARENT_SIZE], const struct trace *t)
{
	snprintf(out, TRACE_PARENT_SIZE, "00-%s-%016" PRIx64 "-%02x", t->id,
	    random_number(), t->sampled ? SAMPLED : 0U);
}

static const struct trace *current;

void
trace_set_current(const struct trace *t)
{
	current = t;
}

const struct trace *
trace_current(void)
{
	return current;
}
