/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of requests by kind, and the states of the counting processes. */
#include "fcgi/observe/observer.h"

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

/* All rows by what ${by} says; frees them. */
static size_t
count_rows(const struct counters *c, unsigned by)
{
	size_t count;

	free(counters_rows(c, by, &count));
	return count;
}

/* A value equal to a bound counts below it; there is a part above the last. */
static void
test_parts(struct counters *c)
{
	struct counters_row *rows;
	uint64_t us = 0;
	size_t count;

	for (int i = 0; i < COUNTERS_BOUNDS; i++) {
		counters_answered(c, &kinds[1], counters_bounds[i], 10);
		counters_answered(c, &kinds[1], counters_bounds[i] + 1, 1);
		us += 2 * (uint64_t)counters_bounds[i] + 1;
	}
	counters_answered(c, &kinds[1], 0, 0);
	rows = counters_rows(c, COUNTERS_BY_ALL, &count);
	if (CHECK_INT(count, 1)) {
		CHECK_INT(rows->kind.endpoint, 1);
		CHECK_INT(rows->kind.method, REQUEST_GET);
		CHECK_INT(rows->kind.status, 200);
		CHECK(!rows->kind.https);
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

/* Each kind has a row of its own, and rows are summed up by what is asked. */
static void
test_rows(struct counters *c)
{
	struct counters_row *rows;
	size_t count;

	for (size_t i = 0; i < KINDS; i++)
		if (i != 1)
			counters_answered(c, &kinds[i], 1, 100);
	CHECK_INT(count_rows(c, COUNTERS_BY_ALL), KINDS);
	CHECK_INT(count_rows(c, COUNTERS_BY_ENDPOINT), 3);
	CHECK_INT(count_rows(c, COUNTERS_BY_METHOD), 3);
	CHECK_INT(count_rows(c, COUNTERS_BY_SCHEME), 2);
	CHECK_INT(count_rows(c, COUNTERS_BY_STATUS), 4);
	CHECK_INT(count_rows(c, COUNTERS_BY_ENDPOINT | COUNTERS_BY_METHOD), 4);
	rows = counters_rows(c, COUNTERS_BY_STATUS, &count);
	CHECK_INT(rows[0].kind.status, 200);
	CHECK_INT(rows[0].kind.endpoint, 0);
	CHECK_INT(rows[0].requests, 2 * COUNTERS_BOUNDS + 1 + 2);
	CHECK_INT(rows[0].bytes, 11 * COUNTERS_BOUNDS + 200);
	CHECK_INT(rows[0].parts[0], 4);
	CHECK_INT(rows[3].kind.status, 503);
	free(rows);
	rows = counters_rows(c, 0, &count);
	CHECK_INT(count, 1);
	CHECK_INT(rows->requests, 2 * COUNTERS_BOUNDS + KINDS);
	free(rows);
}

static void
test_process(struct counters *c)
{
	struct counters_process *all;
	size_t count;

	counters_begin(c, REQUEST_HEAD, true);
	all = counters_processes(c, &count);
	if (CHECK_INT(count, 1)) {
		CHECK_INT(all->program, COUNTERS_API);
		CHECK(all->resident > 0);
		CHECK(all->busy && all->https);
		CHECK_INT(all->method, REQUEST_HEAD);
	}
	free(all);
	counters_end(c);
	all = counters_processes(c, &count);
	CHECK(count == 1 && !all->busy);
	free(all);
}

/* Whether a process is busy that has had a request in this way. */
static bool
is_busy_after(struct counters *c, void (*end)(struct observer *o))
{
	const struct observer_settings settings = { .counters = c,
		.log_requests = "none" };
	struct request_input in = { .method = "GET", .uri = "/x" };
	struct counters_process *all;
	struct observer *o;
	struct err e = ERR_INIT;
	size_t count;
	bool busy;

	CHECK_INT(observer_new(&o, &settings, &e), 0);
	observer_begin(o, &in);
	all = counters_processes(c, &count);
	CHECK(count == 1 && all->busy);
	free(all);
	end(o);
	all = counters_processes(c, &count);
	busy = all->busy;
	free(all);
	observer_free(o);
	return busy;
}

static void
test_passed_on(struct counters *c)
{
	size_t before = count_rows(c, COUNTERS_BY_ALL);

	CHECK(!is_busy_after(c, observer_sent));
	CHECK(!is_busy_after(c, observer_passed_on));
	CHECK_INT(count_rows(c, COUNTERS_BY_ALL), before);
}

int
main(void)
{
	struct counters *c;
	struct err e = ERR_INIT;

	setenv("THV_REGISTRY_METRICS_PATH", "", 1);
	c = counters_new(COUNTERS_API, &e);
	test_parts(c);
	test_rows(c);
	test_process(c);
	test_passed_on(c);
	counters_free(c);
	return t_done();
}
