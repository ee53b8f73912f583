/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of the mapped file of counters. */
#include "fcgi/observe/counters.h"

#include "fcgi/observe/endpoint.h"
#include "lib/metrics.h"
#include "lib/xalloc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directories.h"

#define VARIABLE "THV_REGISTRY_METRICS_PATH"
#define DIRECTORY RUNSTATEDIR "/thv-registry/metrics"
#define FILE_DEFAULT DIRECTORY "/counters"

/* Change this with the meaning of cells.  A new route changes the layout number
 * by itself. */
#define MEANING 2

/* Clients can cause some 2,200 rows: routes, methods, schemes and statuses. */
#define ROWS 4096
#define SEATS 1024

/* The state of a process, which others read. */
struct seat {
	_Atomic uint64_t program; /* 1 + enum counters_program; 0: never used */
	_Atomic uint64_t resident;
	_Atomic uint64_t busy; /* 0, or method and scheme */
};

#define SEAT_WIDTH (sizeof(struct seat) / sizeof(uint64_t))
#define FIRST_SEAT COUNTERS_NUMBERS
#define FIRST_ROW (FIRST_SEAT + SEATS * SEAT_WIDTH)
#define CELLS (FIRST_ROW + METRICS_TABLE_CELLS(ROWS, COUNTERS_PLACE))

static const struct metrics_seats seats = { FIRST_SEAT, SEATS, SEAT_WIDTH };
static const struct metrics_table table = { FIRST_ROW, ROWS, COUNTERS_PLACE };

const int64_t counters_bounds[COUNTERS_BOUNDS] = { 5000, 10000, 25000, 50000,
	100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 };

const char *const counters_programs[COUNTERS_PROGRAMS] = {
	[COUNTERS_API] = "thv-registry-api",
	[COUNTERS_ADMIN] = "thv-registry-admin",
};

struct counters {
	struct metrics *metrics;
	struct seat *seat; /* in the file, or ${spare} */
	struct seat spare; /* used if no seat is free */
	int statm; /* of this process in /proc, opened before the sandbox */
	long page;
};

/* ---- opening ---- */

static int
open_file(struct metrics **out, const char *path, struct err *e)
{
	uint32_t layout = endpoint_fingerprint() ^ MEANING;
	/* Each version of the program has its own file. */
	char *name = xasprintf("%s.%08" PRIx32, path, layout);
	int rc = metrics_open(out, name, layout, CELLS, e);

	free(name);
	return rc;
}

static struct metrics *
open_metrics(struct err *e)
{
	const char *path = getenv(VARIABLE);
	struct metrics *m;

	if (path == NULL && access(DIRECTORY, F_OK) == 0)
		path = FILE_DEFAULT;
	if (path == NULL || *path == '\0')
		return metrics_private(CELLS);
	if (open_file(&m, path, e) == -1)
		return metrics_private(CELLS);
	return m;
}

static struct seat *
seat_of(struct metrics *m, int number)
{
	/* A seat is made of cells. */
	return (struct seat *)(void *)metrics_at(
	    m, metrics_seat_cell(&seats, number));
}

static void
take_seat(struct counters *c, enum counters_program program)
{
	int number = metrics_take_seat(c->metrics, &seats);

	c->seat = &c->spare;
	if (number == -1)
		return;
	c->seat = seat_of(c->metrics, number);
	c->seat->busy = 0;
	c->seat->resident = 0;
	c->seat->program = 1 + (uint64_t)program;
}

struct counters *
counters_new(enum counters_program program, struct err *e)
{
	struct counters *c = xcalloc(1, sizeof *c);

	c->metrics = open_metrics(e);
	c->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	c->page = sysconf(_SC_PAGESIZE);
	take_seat(c, program);
	counters_add(
	    c, (enum counters_number)(COUNTERS_STARTS + (int)program), 1);
	counters_measure(c);
	return c;
}

void
counters_free(struct counters *c)
{
	if (c == NULL)
		return;
	metrics_close(c->metrics);
	if (c->statm != -1)
		close(c->statm);
	free(c);
}

/* ---- for each request ---- */

uint64_t
counters_key(const struct counters_kind *k)
{
	return (uint64_t)k->endpoint << 32 | (uint64_t)k->method << 16 |
	       (uint64_t)k->https << 12 | (uint64_t)k->status;
}

static struct counters_kind
kind_of(uint64_t key)
{
	const struct counters_kind k = { .endpoint = (unsigned)(key >> 32),
		.method = (enum request_method)(key >> 16 & 0xffff),
		.https = (key >> 12 & 1) != 0,
		.status = (int)(key & 0xfff) };

	return k;
}

void
counters_begin(struct counters *c, enum request_method method, bool https)
{
	c->seat->busy = (uint64_t)method << 1 | https;
}

void
counters_answered(struct counters *c, const struct counters_kind *kind,
    int64_t us, uint64_t bytes)
{
	unsigned cell = metrics_row(c->metrics, &table, counters_key(kind));
	unsigned part = 0;

	while (part < COUNTERS_BOUNDS && us > counters_bounds[part])
		part++;
	metrics_add(c->metrics, cell + part, 1);
	metrics_add(c->metrics, cell + COUNTERS_US, (uint64_t)us);
	metrics_add(c->metrics, cell + COUNTERS_BYTES, bytes);
}

void
counters_end(struct counters *c)
{
	c->seat->busy = 0;
}

/* ---- from time to time ---- */

void
counters_measure(struct counters *c)
{
	char text[128], *end;
	ssize_t n;

	n = c->statm == -1 ? -1 : pread(c->statm, text, sizeof text - 1, 0);
	if (n <= 0)
		return;
	text[n] = '\0';
	/* The first two numbers: pages in all, and pages in memory. */
	(void)strtoull(text, &end, 10);
	if (*end == ' ')
		c->seat->resident = strtoull(end, NULL, 10) * (uint64_t)c->page;
}

void
counters_add(struct counters *c, enum counters_number number, uint64_t n)
{
	metrics_add(c->metrics, number, n);
}

/* ---- reading ---- */

bool
counters_are_shared(const struct counters *c)
{
	return metrics_is_shared(c->metrics);
}

uint64_t
counters_get(const struct counters *c, enum counters_number number)
{
	return metrics_get(c->metrics, number);
}

static void
read_row(struct counters_row *out, const struct metrics *m, unsigned cell,
    struct counters_kind kind)
{
	memset(out, 0, sizeof *out);
	out->kind = kind;
	for (unsigned i = 0; i <= COUNTERS_BOUNDS; i++) {
		out->parts[i] = metrics_get(m, cell + i);
		out->requests += out->parts[i];
	}
	out->us = metrics_get(m, cell + COUNTERS_US);
	out->bytes = metrics_get(m, cell + COUNTERS_BYTES);
}

/* Clears the members of a kind that ${by} does not select. */
static struct counters_kind
reduced(struct counters_kind k, unsigned by)
{
	return (struct counters_kind){
		.endpoint = by & COUNTERS_BY_ENDPOINT ? k.endpoint : 0,
		.method = by & COUNTERS_BY_METHOD ? k.method : 0,
		.https = by & COUNTERS_BY_SCHEME ? k.https : false,
		.status = by & COUNTERS_BY_STATUS ? k.status : 0,
	};
}

static int
by_kind(const void *a, const void *b)
{
	const struct counters_row *x = a, *y = b;
	uint64_t left = counters_key(&x->kind), right = counters_key(&y->kind);

	return (left > right) - (left < right);
}

/* Merges adjacent rows of the same kind; returns the number of rows left. */
static size_t
merge(struct counters_row *rows, size_t count)
{
	size_t last = 0;

	for (size_t i = 1; i < count; i++) {
		if (by_kind(&rows[last], &rows[i]) != 0) {
			rows[++last] = rows[i];
			continue;
		}
		for (int part = 0; part <= COUNTERS_BOUNDS; part++)
			rows[last].parts[part] += rows[i].parts[part];
		rows[last].requests += rows[i].requests;
		rows[last].us += rows[i].us;
		rows[last].bytes += rows[i].bytes;
	}
	return count == 0 ? 0 : last + 1;
}

struct counters_row *
counters_rows(const struct counters *c, unsigned by, size_t *count)
{
	struct counters_row *all = xcalloc(ROWS + 1, sizeof *all);

	*count = 0;
	for (unsigned i = 0; i <= ROWS; i++) {
		uint64_t key;
		unsigned cell = metrics_row_at(c->metrics, &table, i, &key);

		if (key == 0 && i < ROWS)
			continue;
		read_row(
		    &all[*count], c->metrics, cell, reduced(kind_of(key), by));
		if (all[*count].requests > 0)
			(*count)++;
	}
	qsort(all, *count, sizeof *all, by_kind);
	*count = merge(all, *count);
	return all;
}

static bool
read_seat(struct counters_process *out, struct counters *c, int number)
{
	struct metrics *m = c->metrics;
	struct seat *seat = seat_of(m, number);
	uint64_t program = seat->program, busy = seat->busy;

	if (program == 0 || !metrics_is_taken(m, number))
		return false;
	out->program =
	    program == 1 + COUNTERS_ADMIN ? COUNTERS_ADMIN : COUNTERS_API;
	out->resident = seat->resident;
	out->busy = busy != 0;
	out->method = (enum request_method)(busy >> 1);
	out->https = (busy & 1) != 0;
	return true;
}

struct counters_process *
counters_processes(struct counters *c, size_t *count)
{
	struct counters_process *all = xcalloc(SEATS, sizeof *all);

	*count = 0;
	for (int i = 0; i < SEATS; i++)
		if (read_seat(&all[*count], c, i))
			(*count)++;
	return all;
}
