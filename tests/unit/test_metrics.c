/* SPDX-License-Identifier: Apache-2.0 */
/* lib/metrics: many processes, one sum, whatever becomes of them. */
#include "lib/metrics.h"

#include "lib/xalloc.h"
#include "tests/t.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CELLS 16
#define LAYOUT 7
#define PROCESSES 8
#define TIMES 20000

static char directory[] = "/tmp/test-metrics-XXXXXX";
static char *path;

static struct metrics *
open_layout(uint32_t layout, unsigned cells)
{
	struct metrics *m = NULL;
	struct err e = ERR_INIT;

	if (!CHECK(metrics_open(&m, path, layout, cells, &e) == 0))
		printf("#   %s\n", e.text);
	return m;
}

static void
wait_for(pid_t child, int want)
{
	int status = -1;

	CHECK(waitpid(child, &status, 0) == child);
	CHECK_INT(status, want);
}

/* Each process opens the file by itself, and one of them makes it. */
static void
test_many_processes(void)
{
	struct metrics *m;
	pid_t children[PROCESSES];

	fflush(stdout);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct err e = ERR_INIT;

			if (metrics_open(&m, path, LAYOUT, CELLS, &e) == -1)
				_exit(1);
			for (int n = 0; n < TIMES; n++) {
				metrics_add(m, 0, 1);
				metrics_add(m, CELLS - 1, 3);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++)
		wait_for(children[i], 0);
	m = open_layout(LAYOUT, CELLS);
	CHECK_INT(metrics_get(m, 0), PROCESSES * TIMES);
	CHECK_INT(metrics_get(m, CELLS - 1), 3 * PROCESSES * TIMES);
	metrics_close(m);
}

/* What was counted before the kill counts, and others count on. */
static void
test_killed(void)
{
	struct metrics *m = open_layout(LAYOUT, CELLS);
	uint64_t before = metrics_get(m, 1);
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		for (;;)
			metrics_add(m, 1, 1);
	while (metrics_get(m, 1) < before + 1000)
		;
	kill(child, SIGKILL);
	wait_for(child, SIGKILL);
	before = metrics_get(m, 1);
	metrics_add(m, 1, 1);
	CHECK(metrics_get(m, 1) == before + 1);
	metrics_close(m);
	m = open_layout(LAYOUT, CELLS);
	CHECK(metrics_get(m, 1) == before + 1);
	metrics_close(m);
}

/* An old process counts on in its file while a new program begins its own. */
static void
test_another_layout(void)
{
	struct metrics *old = open_layout(LAYOUT, CELLS), *new, *more, *same;
	uint64_t before = metrics_get(old, 0);

	CHECK(before > 0);
	new = open_layout(LAYOUT + 1, CELLS);
	CHECK_INT(metrics_get(new, 0), 0);
	metrics_add(old, 0, 1);
	metrics_add(new, 0, 5);
	CHECK_INT(metrics_get(old, 0), before + 1);
	same = open_layout(LAYOUT + 1, CELLS);
	CHECK_INT(metrics_get(same, 0), 5);
	more = open_layout(LAYOUT + 1, CELLS + 1);
	CHECK_INT(metrics_get(more, 0), 0);
	CHECK_INT(metrics_get(more, CELLS), 0);
	metrics_close(old);
	metrics_close(new);
	metrics_close(same);
	metrics_close(more);
}

/* Many new programs at once find one file to replace: one of them does. */
static void
test_replaced_once(void)
{
	struct metrics *m = open_layout(LAYOUT, CELLS);
	pid_t children[PROCESSES];

	metrics_add(m, 0, 1);
	metrics_close(m);
	fflush(stdout);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct err e = ERR_INIT;

			if (metrics_open(&m, path, LAYOUT + 2, CELLS, &e) == -1)
				_exit(1);
			metrics_add(m, 0, 1);
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++)
		wait_for(children[i], 0);
	m = open_layout(LAYOUT + 2, CELLS);
	CHECK_INT(metrics_get(m, 0), PROCESSES);
	metrics_close(m);
}

static void
test_damaged(void)
{
	static const char *const contents[] = { "", "x", "not a row of cells" };

	for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
		FILE *f = fopen(path, "w");
		struct metrics *m;

		CHECK(f != NULL && fputs(contents[i], f) != EOF &&
		      fclose(f) == 0);
		m = open_layout(LAYOUT, CELLS);
		metrics_add(m, 2, 1);
		CHECK_INT(metrics_get(m, 2), 1);
		metrics_close(m);
	}
}

static void
test_no_place(void)
{
	struct metrics *m = NULL;
	struct err e = ERR_INIT;

	CHECK_INT(
	    metrics_open(&m, "/nonexistent/metrics", LAYOUT, CELLS, &e), -1);
	CHECK_INT(e.code, ERR_STORAGE);
	CHECK_INT(metrics_open(&m, "/dev/null", LAYOUT, CELLS, &e), -1);
	CHECK(strstr(e.text, "not a regular file") != NULL);
	unlink(path);
	CHECK(symlink("/tmp/elsewhere", path) == 0);
	CHECK_INT(metrics_open(&m, path, LAYOUT, CELLS, &e), -1);
	m = metrics_private(CELLS);
	metrics_add(m, CELLS - 1, 50);
	*metrics_at(m, CELLS - 1) += 1;
	CHECK_INT(metrics_get(m, CELLS - 1), 51);
	metrics_close(m);
	metrics_close(NULL);
}

/* Every process finds or claims the same rows, and what has none is kept. */
static void
test_rows(void)
{
	enum {
		ROWS = 16,
		WIDTH = 2
	};
	static const struct metrics_table table = { 1, ROWS, WIDTH };
	struct metrics *m;
	pid_t children[PROCESSES];
	uint64_t key, sum = 0, seen = 0;
	unsigned cell;

	unlink(path);
	fflush(stdout);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			m = open_layout(LAYOUT, 64);
			for (uint64_t n = 0; n < 1600; n++) {
				key = 1 + n % ROWS;
				cell = metrics_row(m, &table, key << 8);
				metrics_add(m, cell, 1);
				metrics_add(m, cell + 1, key);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++)
		wait_for(children[i], 0);
	m = open_layout(LAYOUT, 64);
	for (unsigned i = 0; i < ROWS; i++) {
		cell = metrics_row_at(m, &table, i, &key);
		CHECK(key != 0 && (seen & 1u << (key >> 8)) == 0);
		seen |= 1u << (key >> 8);
		CHECK_INT(metrics_get(m, cell), 100 * PROCESSES);
		CHECK(metrics_get(m, cell + 1) == 100 * PROCESSES * (key >> 8));
		sum += metrics_get(m, cell);
	}
	CHECK_INT(sum, 1600 * PROCESSES);
	cell = metrics_row(m, &table, 12345);
	CHECK_INT(cell, metrics_row_at(m, &table, ROWS, &key));
	CHECK_INT(key, 0);
	CHECK_INT(cell + WIDTH, 1 + METRICS_TABLE_CELLS(ROWS, WIDTH));
	metrics_close(m);
}

/* A seat is free again however its process ended. */
static void
test_seats(void)
{
	static const struct metrics_seats seats = { 4, 3, 2 };
	struct metrics *m = open_layout(LAYOUT, CELLS);
	pid_t children[3];

	CHECK(metrics_is_shared(m));
	fflush(stdout);
	for (int i = 0; i < 3; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct metrics *own = open_layout(LAYOUT, CELLS);
			int seat = metrics_take_seat(own, &seats);

			metrics_set(own, metrics_seat_cell(&seats, seat),
			    (uint64_t)getpid());
			for (;;)
				pause();
		}
		while (metrics_get(m, metrics_seat_cell(&seats, i)) !=
		       (uint64_t)children[i])
			;
		CHECK(metrics_is_taken(m, i));
	}
	CHECK_INT(metrics_take_seat(m, &seats), -1);
	kill(children[1], SIGKILL);
	wait_for(children[1], SIGKILL);
	CHECK(metrics_is_taken(m, 0));
	CHECK(!metrics_is_taken(m, 1));
	CHECK(metrics_is_taken(m, 2));
	CHECK_INT(metrics_take_seat(m, &seats), 1);
	CHECK(metrics_is_taken(m, 1));
	CHECK_INT(metrics_get(m, metrics_seat_cell(&seats, 1)), children[1]);
	for (int i = 0; i < 3; i += 2) {
		kill(children[i], SIGKILL);
		wait_for(children[i], SIGKILL);
	}
	metrics_close(m);
	m = metrics_private(CELLS);
	CHECK(!metrics_is_shared(m));
	CHECK_INT(metrics_take_seat(m, &seats), 0);
	CHECK(metrics_is_taken(m, 0));
	CHECK(!metrics_is_taken(m, 1));
	metrics_close(m);
}

/* Its group can count in it, with any umask of its creator. */
static void
test_mode(void)
{
	mode_t before = umask(0077);
	struct stat st;

	unlink(path);
	metrics_close(open_layout(LAYOUT, CELLS));
	umask(before);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0660);
}

int
main(void)
{
	if (!CHECK(mkdtemp(directory) != NULL))
		return t_done();
	path = xasprintf("%s/metrics", directory);
	test_many_processes();
	test_killed();
	test_another_layout();
	test_replaced_once();
	test_damaged();
	test_rows();
	test_seats();
	test_mode();
	test_no_place();
	unlink(path);
	/* Nothing else was left lying about. */
	CHECK(rmdir(directory) == 0);
	free(path);
	return t_done();
}
