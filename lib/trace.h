/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace that a request or a run belongs to: the traceparent of W3C Trace
 * Context (https://www.w3.org/TR/trace-context/, section 3.2), read from a
 * request or from the environment, and written for requests to others.
 */
#ifndef LIB_TRACE_H
#define LIB_TRACE_H

#include <stdbool.h>

#define TRACE_ID_LEN 32
#define TRACE_SPAN_LEN 16
#define TRACE_ENVIRONMENT "TRACEPARENT" /* the variable */
/* Of a traceparent of version 00, with its NUL. */
#define TRACE_PARENT_SIZE 56

struct trace {
	char id[TRACE_ID_LEN + 1]; /* lower-case hex; "": there is none */
	char parent[TRACE_SPAN_LEN + 1]; /* the caller's span; "": none */
	bool sampled; /* the caller records it */
};

/*
 * Parses ${traceparent}, NULL for none.  If it is invalid, returns false and
 * leaves ${t} empty, as the specification requires.
 */
bool trace_parse(struct trace *t, const char *traceparent);
/* Starts a new trace, which is not recorded. */
void trace_begin(struct trace *t);
/* The traceparent of a request that this process sends: a new span. */
void trace_child(char out[TRACE_PARENT_SIZE], const struct trace *t);

/*
 * The trace that this process and its child processes work for; borrowed,
 * NULL for none.
 */
void trace_set_current(const struct trace *t);
const struct trace *trace_current(void);

#endif
