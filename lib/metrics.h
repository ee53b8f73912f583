/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that all processes of a program count together, in a file that each
 * of them has mapped.
 *
 * The file is a row of 64-bit cells that only ever grow, each by one atomic
 * addition: nothing is locked, and a process that is killed leaves nothing
 * half done.  There is no number that goes down again, since who is killed
 * could not take back its part.  What the cells mean is the program's to say,
 * with a layout number that changes whenever the meaning does: a file of
 * another layout is replaced by one of zeroes, which readers of counters take
 * for a restart, and processes that have the old one mapped count on there
 * until they end.
 *
 * The file belongs on a memory file system beside the socket (/run), where
 * responders may write, not beside the database, where they may not.  Open it
 * before sandbox_responder(); counting needs no rights afterwards.
 */
#ifndef LIB_METRICS_H
#define LIB_METRICS_H

#include "lib/err.h"

#include <stdint.h>

struct metrics;

/* A distribution of values that are not negative. */
struct metrics_histogram {
	unsigned first; /* of its ${count} + 2 cells */
	unsigned count; /* of the bounds */
	const int64_t *bounds; /* rising; a value equal to one is below it */
};
#define METRICS_HISTOGRAM_CELLS(bounds) ((bounds) + 2)

/*
 * Maps the file at ${path} with ${cells} cells of ${layout}, and makes it if
 * it is not there or does not fit.  ERR_STORAGE: it cannot be made, or is no
 * regular file.  Freed with metrics_close().
 */
int metrics_open(struct metrics **out, const char *path, uint32_t layout,
    unsigned cells, struct err *e);
/* The same for this process alone, where there is no place for a file. */
struct metrics *metrics_private(unsigned cells);
/* NULL is allowed. */
void metrics_close(struct metrics *m);

void metrics_add(struct metrics *m, unsigned cell, uint64_t n);
uint64_t metrics_get(const struct metrics *m, unsigned cell);

void metrics_observe(
    struct metrics *m, const struct metrics_histogram *h, int64_t value);
/*
 * How many values were at most bound ${i}, or in all for ${i} = h->count: the
 * buckets of Prometheus, which never contradict each other.
 */
uint64_t metrics_bucket(
    const struct metrics *m, const struct metrics_histogram *h, unsigned i);
uint64_t metrics_sum(
    const struct metrics *m, const struct metrics_histogram *h);

#endif
