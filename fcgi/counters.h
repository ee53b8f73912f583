/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all responders of this machine count together: requests with their
 * durations, and what each process needs.  The file they have mapped is
 * lib/metrics.h; who reads it is fcgi/handle_metrics.c.
 *
 * A request is counted once, before the first byte of its answer is sent; from
 * then until it is sent the process's seat says so.  Who is killed in between
 * leaves that mark, and it is counted as one request of which nobody knows
 * whether its answer arrived: so answers received <= requests counted <=
 * answers received + requests in doubt, and requests that a killed process had
 * not answered are not counted.
 */
#ifndef FCGI_COUNTERS_H
#define FCGI_COUNTERS_H

#include "fcgi/request.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Upper bounds in microseconds of the parts of the distribution. */
#define COUNTERS_BOUNDS 11
extern const int64_t counters_bounds[COUNTERS_BOUNDS];

/* In the order of their names below. */
enum counters_program {
	COUNTERS_API,
	COUNTERS_ADMIN,
	COUNTERS_PROGRAMS
};
extern const char *const counters_programs[COUNTERS_PROGRAMS];

struct counters;

/* A kind of request. */
struct counters_kind {
	unsigned endpoint; /* fcgi/endpoint.h */
	enum request_method method;
	bool https;
	int status;
};

/* What has been counted of one kind. */
struct counters_row {
	struct counters_kind kind;
	uint64_t parts[COUNTERS_BOUNDS + 1]; /* not cumulated */
	uint64_t requests; /* their sum */
	uint64_t us; /* all their time */
	uint64_t bytes; /* of bodies */
};

struct counters_process {
	enum counters_program program;
	uint64_t resident; /* bytes, not measured for every request */
	bool busy; /* with a request of this method and scheme */
	enum request_method method;
	bool https;
};

/* Single numbers. */
enum counters_number {
	COUNTERS_STARTS, /* of processes; one for each program */
	COUNTERS_IN_DOUBT = COUNTERS_STARTS + COUNTERS_PROGRAMS,
	COUNTERS_CACHE_HITS, /* pages of the database */
	COUNTERS_CACHE_MISSES,
	COUNTERS_NUMBERS
};

/*
 * Opens the file that THV_REGISTRY_METRICS_PATH names, or the one of this
 * system; this process counts for itself where there is none.  ${e} says why
 * if a variable names it or it is there.  Call before a sandbox is entered.
 * Freed with counters_free(), which allows NULL.
 */
struct counters *counters_new(enum counters_program program, struct err *e);
void counters_free(struct counters *c);

/* ---- the way of a request ---- */

/* Takes up a request; sets busy. */
void counters_begin(struct counters *c, enum request_method method, bool https);
/* It is answered, and will now be sent. */
void counters_answered(struct counters *c, const struct counters_kind *kind,
    int64_t us, size_t bytes);
/* It is sent.  Whether it is time to measure what is not measured each time. */
bool counters_sent(struct counters *c);
/* Measures the memory of this process. */
void counters_measure(struct counters *c);
void counters_add(struct counters *c, enum counters_number number, uint64_t n);

/* ---- reading ---- */

bool counters_are_shared(const struct counters *c);
uint64_t counters_get(const struct counters *c, enum counters_number number);
/*
 * All rows in which anything is counted, in the order of endpoint, method,
 * scheme and status; the caller frees them.
 */
struct counters_row *counters_rows(const struct counters *c, size_t *count);
/* All processes that are alive; the caller frees them. */
struct counters_process *counters_processes(struct counters *c, size_t *count);

#endif
