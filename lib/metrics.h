/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters that all processes of a program share, in a mapped file.
 *
 * The file is an array of 64-bit cells that only grow, each by an atomic
 * addition: nothing is locked, and a process that is killed leaves no partial
 * update.  Shared cells never decrease, since a killed process could not undo
 * its part.  Gauges are in the seat of one process, which is valid only while
 * that process holds its lock; the kernel releases it when the process exits.
 * The program defines what the cells mean, and changes the layout number when
 * that changes.  A file of another layout is replaced by one of zeroes, which
 * readers of counters take for a restart; processes that have mapped the old
 * file go on counting there until they exit.
 *
 * The file belongs on a memory file system beside the socket (/run), where
 * responders may write, not beside the database, where they may not.  Open it
 * before sandbox_responder(); counting needs no rights afterwards.
 */
#ifndef LIB_METRICS_H
#define LIB_METRICS_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

struct metrics;

/*
 * Rows of cells found by a key.  A claimed row stays claimed.  There is one row
 * more than ${rows}, for keys that find no free row.
 */
struct metrics_table {
	unsigned first; /* of its cells */
	unsigned rows; /* a power of two */
	unsigned width; /* cells of a row, its key not counted */
};
#define METRICS_TABLE_CELLS(rows, width) (((rows) + 1) * ((width) + 1))

/* Groups of cells, each for one process at a time. */
struct metrics_seats {
	unsigned first;
	unsigned count;
	unsigned width;
};

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

/* Whether other processes count there too. */
bool metrics_is_shared(const struct metrics *m);

void metrics_add(struct metrics *m, unsigned cell, uint64_t n);
/* For a cell that only this process writes. */
void metrics_set(struct metrics *m, unsigned cell, uint64_t n);
uint64_t metrics_get(const struct metrics *m, unsigned cell);
/*
 * The cell and those after it, for code that counts with every request; valid
 * until metrics_close().
 */
_Atomic uint64_t *metrics_at(struct metrics *m, unsigned cell);

/*
 * The first cell of the row of ${key}, which is not 0; claims one if there is
 * none.  When all are taken: of the row that has no key.
 */
unsigned metrics_row(
    struct metrics *m, const struct metrics_table *t, uint64_t key);
/*
 * The first cell of row ${i}, from 0 to t->rows, and its key; 0 when it is not
 * claimed, as it is for the last one.
 */
unsigned metrics_row_at(const struct metrics *m, const struct metrics_table *t,
    unsigned i, uint64_t *key);

/*
 * Takes a seat until the process exits, and returns its number, or -1 if all
 * are taken.  Its cells have the values that the previous process left.  Call
 * once.
 */
int metrics_take_seat(struct metrics *m, const struct metrics_seats *s);
/* Whether the process that took the seat is alive. */
bool metrics_is_taken(const struct metrics *m, int seat);
/*
 * Takes a second seat, which is free, until metrics_unlock_seat(); false if
 * another process has taken it.
 */
bool metrics_lock_seat(struct metrics *m, int seat);
void metrics_unlock_seat(struct metrics *m, int seat);
/* The first cell of a seat. */
unsigned metrics_seat_cell(const struct metrics_seats *s, int seat);

#endif
