/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A traceparent: what is taken is of the form of the specification, and goes
 * on as a traceparent of the same trace.
 */
#include "lib/trace.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void
check_id(const char *id, size_t len)
{
	FUZZ_HOLDS(strlen(id) == len);
	FUZZ_HOLDS(strspn(id, "0123456789abcdef") == len);
	FUZZ_HOLDS(strspn(id, "0") < len);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char child[TRACE_PARENT_SIZE];
	struct trace t, back;
	char *text;

	fuzz_texts(&text, 1, data, len);
	if (trace_parse(&t, text)) {
		check_id(t.id, TRACE_ID_LEN);
		check_id(t.parent, TRACE_SPAN_LEN);
		FUZZ_HOLDS(strncmp(text, "ff", 2) != 0);
		FUZZ_HOLDS(strstr(text, t.id) == text + 3);
		trace_child(child, &t);
		FUZZ_HOLDS(strlen(child) == TRACE_PARENT_SIZE - 1);
		FUZZ_HOLDS(trace_parse(&back, child));
		FUZZ_HOLDS(strcmp(back.id, t.id) == 0);
		FUZZ_HOLDS(back.sampled == t.sampled);
	} else {
		FUZZ_HOLDS(*t.id == '\0' && *t.parent == '\0' && !t.sampled);
	}
	fuzz_texts_free(&text, 1);
}
