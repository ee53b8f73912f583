/* SPDX-License-Identifier: Apache-2.0 */
/* fcgi/counters: where a request is counted, and what a seat says meanwhile. */
#include "fcgi/observe/counters.h"

#include "tests/t.h"

#include <stdlib.h>

static const struct counters_kind kinds[] = {
	{ 0, REQUEST_GET, false, 404 },
	{ 1, REQUEST_GET, false, 200 },
	{ 1, REQUEST_GET, false, 304 },
	{ 1, REQUEST_GET, true, 200 },
	{ 1, REQUEST_HEAD, false, 200 },
	{ 7, REQUEST_OTHER, true, 503 },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* Each kind has a place of its own, and always the same. */
static void
test_places(struct counters *c)
{
	_Atomic uint64_t *places[KINDS];
	int wrong = 0;

	for (size_t i = 0; i < KINDS; i++)
		places[i] = counters_place(c, &kinds[i]);
	for (size_t i = 0; i < KINDS; i++) {
		wrong += counters_place(c, &kinds[i]) != places[i];
		wrong += counters_key(&kinds[i]) == 0;
		for (size_t n = 0; n < i; n++)
			wrong += places[n] == places[i];
	}
	CHECK_INT(wrong, 0);
}

/* A value that is a bound belongs below it; beyond the last is a part too. */
static void
test_parts(struct counters *c)
{
	_Atomic uint64_t *place = counters_place(c, &kinds[1]);
	struct counters_seat *seat = counters_seat(c);
	struct counters_row *rows;
	uint64_t us = 0;
	size_t count;

	for (int i = 0; i < COUNTERS_BOUNDS; i++) {
		counters_answered(seat, place, counters_bounds[i], 10);
		counters_answered(seat, place, counters_bounds[i] + 1, 1);
		us += 2 * (uint64_t)counters_bounds[i] + 1;
	}
	counters_answered(seat, place, 0, 0);
	counters_sent(seat);
	rows = counters_rows(c, &count);
	if (CHECK_INT(count, 1)) {
		CHECK(counters_key(&rows->kind) == counters_key(&kinds[1]));
		CHECK_INT(rows->requests, 2 * COUNTERS_BOUNDS + 1);
		/* 0 and the first bound. */
		for (int i = 0; i < COUNTERS_BOUNDS; i++)
			CHECK_INT(rows->parts[i], 2);
		CHECK_INT(rows->parts[COUNTERS_BOUNDS], 1);
		CHECK_INT(rows->us, us);
		CHECK_INT(rows->bytes, 11 * COUNTERS_BOUNDS);
	}
	free(rows);
}

static void
test_seat(struct counters *c)
{
	struct counters_seat *seat = counters_seat(c);
	struct counters_process *all;
	size_t count;

	CHECK_INT(seat->program, 1 + COUNTERS_API);
	CHECK(seat->resident > 0);
	counters_begin(seat, REQUEST_HEAD, true);
	all = counters_processes(c, &count);
	if (CHECK_INT(count, 1)) {
		CHECK(all->busy && all->https);
		CHECK_INT(all->method, REQUEST_HEAD);
	}
	free(all);
	CHECK_INT(seat->unsent, 0);
	counters_answered(seat, counters_place(c, &kinds[2]), 5, 5);
	CHECK_INT(seat->unsent, 1);
	counters_sent(seat);
	CHECK_INT(seat->unsent, 0);
	all = counters_processes(c, &count);
	CHECK(count == 1 && !all->busy);
	free(all);
}

int
main(void)
{
	struct counters *c;
	struct err e = ERR_INIT;

	setenv("THV_REGISTRY_METRICS_PATH", "", 1);
	c = counters_new(COUNTERS_API, &e);
	test_places(c);
	test_parts(c);
	test_seat(c);
	counters_free(c);
	return t_done();
}
