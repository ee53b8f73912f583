/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all responders of this machine count together: requests with their
 * durations, and what each process needs.  The file they have mapped is
 * lib/metrics.h; who reads it is fcgi/observe/handle_metrics.c.
 *
 * A request is counted once, before the first byte of its answer is sent; from
 * then until it is sent the process's seat says so.  Who is killed in between
 * leaves that mark, and it is counted as one request of which nobody knows
 * whether its answer arrived: so answers received <= requests counted <=
 * answers received + requests in doubt, and requests that a killed process had
 * not answered are not counted.
 */
#ifndef FCGI_OBSERVE_COUNTERS_H
#define FCGI_OBSERVE_COUNTERS_H

#include "fcgi/http/request.h"
#include "lib/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Upper bounds in microseconds of the parts of the distribution. */
#define COUNTERS_BOUNDS 11
extern const int64_t counters_bounds[COUNTERS_BOUNDS];

/* The cells of a place: a part of the distribution each, and two sums. */
enum {
	COUNTERS_US = COUNTERS_BOUNDS + 1,
	COUNTERS_BYTES,
	COUNTERS_PLACE /* how many cells */
};

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
	unsigned endpoint; /* fcgi/observe/endpoint.h */
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

/*
 * Where requests of a kind are counted: the same place always, so whoever asked
 * may keep it until counters_free().
 */
_Atomic uint64_t *counters_place(
    struct counters *c, const struct counters_kind *kind);
/* A number for a kind, never 0. */
static inline uint64_t
counters_key(const struct counters_kind *k)
{
	return (uint64_t)k->endpoint << 32 | (uint64_t)k->method << 16 |
	       (uint64_t)k->https << 12 | (uint64_t)k->status;
}

/* What a process says of itself, where others can read it. */
struct counters_seat {
	_Atomic uint64_t program; /* 1 + enum counters_program; 0: nobody's */
	_Atomic uint64_t resident;
	_Atomic uint64_t busy; /* 0, or method and scheme */
	_Atomic uint64_t unsent; /* 1 while an answer is counted and not sent */
};
struct counters_seat *counters_seat(struct counters *c);

/* ---- the way of a request: no call, and nothing to find ---- */

/* Takes up a request. */
static inline void
counters_begin(
    struct counters_seat *seat, enum request_method method, bool https)
{
	atomic_store_explicit(
	    &seat->busy, (uint64_t)method << 1 | https, memory_order_relaxed);
}

/* It is answered, and will now be sent. */
static inline void
counters_answered(struct counters_seat *seat, _Atomic uint64_t *place,
    int64_t us, uint64_t bytes)
{
	unsigned part = 0;

	/* Most are below the first of the bounds. */
	while (part < COUNTERS_BOUNDS && us > counters_bounds[part])
		part++;
	atomic_store_explicit(&seat->unsent, 1, memory_order_relaxed);
	/* Whoever is killed has done these in this order. */
	atomic_signal_fence(memory_order_seq_cst);
	atomic_fetch_add_explicit(&place[part], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(
	    &place[COUNTERS_US], (uint64_t)us, memory_order_relaxed);
	atomic_fetch_add_explicit(
	    &place[COUNTERS_BYTES], bytes, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
}

/* It is sent. */
static inline void
counters_sent(struct counters_seat *seat)
{
	atomic_store_explicit(&seat->unsent, 0, memory_order_relaxed);
	atomic_store_explicit(&seat->busy, 0, memory_order_relaxed);
}

/* ---- from time to time ---- */

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
