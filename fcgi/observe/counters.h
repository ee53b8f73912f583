/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counters that all responders of a machine share, in a mapped file
 * (lib/metrics.h): requests with their durations, and the state of each
 * process. fcgi/observe/handle_metrics.c reads them.
 *
 * A request is counted once, before the first byte of its answer is sent.  So a
 * request that a killed process had not answered is not counted, and each
 * killed process has counted at most one answer that its client did not
 * receive.
 */
#ifndef FCGI_OBSERVE_COUNTERS_H
#define FCGI_OBSERVE_COUNTERS_H

#include "fcgi/http/request.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Upper bounds in microseconds of the parts of the distribution. */
#define COUNTERS_BOUNDS 11
extern const int64_t counters_bounds[COUNTERS_BOUNDS];

/* The cells of a row: one for each part of the distribution, and two sums. */
enum {
	COUNTERS_US = COUNTERS_BOUNDS + 1,
	COUNTERS_BYTES,
	COUNTERS_PLACE /* number of cells */
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

/* A number for a kind, never 0. */
uint64_t counters_key(const struct counters_kind *k);

/* By which members of a kind rows are counted. */
enum {
	COUNTERS_BY_ENDPOINT = 1,
	COUNTERS_BY_METHOD = 2,
	COUNTERS_BY_SCHEME = 4,
	COUNTERS_BY_STATUS = 8,
	COUNTERS_BY_ALL = 15
};

/* What has been counted of one kind, or of several. */
struct counters_row {
	struct counters_kind kind;
	uint64_t parts[COUNTERS_BOUNDS + 1]; /* not cumulative */
	uint64_t requests; /* their sum */
	uint64_t us; /* the sum of their durations */
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
	/* Pages of the database. */
	COUNTERS_CACHE_HITS = COUNTERS_STARTS + COUNTERS_PROGRAMS,
	COUNTERS_CACHE_MISSES,
	COUNTERS_NUMBERS
};

/*
 * Opens the file that THV_REGISTRY_METRICS_PATH names, or the default if its
 * directory exists.  Without a file, this process counts alone; ${e} has the
 * cause if the file cannot be opened.  Call before a sandbox is entered.  Freed
 * with counters_free(), which allows NULL.
 */
struct counters *counters_new(enum counters_program program, struct err *e);
void counters_free(struct counters *c);

/* ---- for each request, in this order ---- */

/* This process is busy with a request. */
void counters_begin(struct counters *c, enum request_method method, bool https);
/* Counts its answer: a body of ${bytes}, after ${us}. */
void counters_answered(struct counters *c, const struct counters_kind *kind,
    int64_t us, uint64_t bytes);
/* This process is not busy any more. */
void counters_end(struct counters *c);

/* ---- from time to time ---- */

/* Measures the memory of this process. */
void counters_measure(struct counters *c);
void counters_add(struct counters *c, enum counters_number number, uint64_t n);

/* ---- reading ---- */

bool counters_are_shared(const struct counters *c);
uint64_t counters_get(const struct counters *c, enum counters_number number);
/*
 * All rows in which anything is counted, summed up by the members of their kind
 * that ${by} selects (COUNTERS_BY_...), sorted by endpoint, method, scheme and
 * status.  The caller frees them.
 */
struct counters_row *counters_rows(
    const struct counters *c, unsigned by, size_t *count);
/* All processes that are alive; the caller frees them. */
struct counters_process *counters_processes(struct counters *c, size_t *count);

#endif
