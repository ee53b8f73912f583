/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that all processes of a program count together, in a file that each
 * of them has mapped.
 *
 * The file is a row of 64-bit cells that only ever grow, each by one atomic
 * addition: nothing is locked, and a process that is killed leaves nothing
 * half done.  No number that several processes share goes down again, since who
 * is killed could not take back its part; what goes up and down stands in a
 * process's own seat, which counts only while its lock is held, and a lock goes
 * with the process.  What the cells mean is the program's to say,
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

#include <stdbool.h>
#include <stdint.h>

struct metrics;

/*
 * Rows of cells that are found by a key, and once claimed stay: one more than
 * ${rows}, for those that find no place.
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
 * The cell and those after it, for who counts there with every request; until
 * metrics_close().
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
 * Takes a seat until the process ends: its number, or -1 when there is none.
 * It is as the one before left it.  Once for a process.
 */
int metrics_sit(struct metrics *m, const struct metrics_seats *s);
/* Whether the process that took the seat is alive. */
bool metrics_is_taken(const struct metrics *m, int seat);
/*
 * Takes a seat that nobody has, for a moment, beside one's own; false if
 * somebody has it after all.
 */
bool metrics_lend(struct metrics *m, int seat);
void metrics_return(struct metrics *m, int seat);
/* The first cell of a seat. */
unsigned metrics_seat_cell(const struct metrics_seats *s, int seat);

#endif
