/* SPDX-License-Identifier: Apache-2.0 */
/* Taking part in profiles of all responders, and merging their dumps. */
#include "fcgi/profile/profile.h"

#include "fcgi/profile/profile_encode.h"
#include "fcgi/profile/profile_tool.h"
#include "lib/limits.h"
#include "lib/metrics.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define TICK_US 250000 /* between polls of a process without requests */
#define NAP_NS 20000000L
#define SECOND INT64_C(1000000000)
/* How long to wait for processes after the end of a profile. */
#define PATIENCE_NS (2 * SECOND)

/* Files in the directory: one that all processes map, ... */
#define SHARED "%s/shared"
#define LAYOUT 1
/* ... and the dumps of each, with the number of its seat in front. */
#define END_CPU "cpu"
#define END_HEAP "heap"
#define END_MAPS "maps"
#define OTHERS_WRITE 0022

/*
 * The shared file: the profile that is wanted, and a seat for each process.  An
 * order is the time when it ends (CLOCK_MONOTONIC in nanoseconds), times two,
 * plus one for the heap; 0 is none.
 */
enum {
	CELL_ORDER,
	CELL_SEATS
};
enum {
	SEAT_PROCESS,
	SEAT_DONE, /* the last order that the process has carried out */
	SEAT_WIDTH
};
static const struct metrics_seats seats = { CELL_SEATS, LIMIT_PROFILE_PROCESSES,
	SEAT_WIDTH };
/* Locked by the process that takes a profile; not a seat. */
#define TAKING LIMIT_PROFILE_PROCESSES

static struct {
	char *directory;
	char why_off[ERR_TEXT_MAX];
	struct metrics *shared; /* NULL: off */
	int seat;
	uint64_t seen; /* the last order */
	bool sampling;
	bool watching; /* the heap */
} state = {
	.why_off = "profiling is off: " PROFILE_VARIABLE
		   " is not set, or this is no FastCGI responder",
};

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static bool
is_heap(uint64_t order)
{
	return (order & 1) != 0;
}

static int64_t
end_of(uint64_t order)
{
	return (int64_t)(order >> 1);
}

static unsigned
cell_of(int seat, unsigned what)
{
	return metrics_seat_cell(&seats, seat) + what;
}

/* ---- files in the directory ---- */

static char *
path_of(int slot, const char *end)
{
	return xasprintf("%s/%d.%s", state.directory, slot, end);
}

static int
write_file(const char *end, const char *data, size_t len, struct err *e)
{
	char *path = path_of(state.seat, end);
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = -1;

	/* A short write truncates a dump, and its reader finds that. */
	if (fd == -1 || write(fd, data, len) == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	free(path);
	return rc;
}

static int
read_file(struct buf *out, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc = -1;
	char bytes[4096];
	ssize_t n = -1;

	buf_reset(out);
	while (fd != -1 && (n = read(fd, bytes, sizeof bytes)) > 0)
		buf_add(out, bytes, (size_t)n);
	if (n == -1) {
		err_set_errno(e, ERR_INTERNAL, errno, "%s", path);
		goto out;
	}
	if (out->bad) {
		err_set(e, ERR_INTERNAL, "%s is longer than %zu bytes", path,
		    LIMIT_PROFILE_DUMP);
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	return rc;
}

static int
read_dump(struct buf *out, int seat, const char *end, struct err *e)
{
	char *path = path_of(seat, end);
	int rc = read_file(out, path, e);

	free(path);
	return rc;
}

/* ---- joining and leaving ---- */

static bool
is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && *value != '\0';
}

void
profile_load(char **argv)
{
	bool heap = is_set(PROFILE_VARIABLE_HEAP);
	struct err later = ERR_INIT;

	if (!is_set(PROFILE_VARIABLE))
		return;
	profile_tool_load(argv, heap);
	state.watching = heap && profile_tool_find(true, &later) == 0;
	if (state.watching)
		profile_tool_watch_heap();
}

/* Interrupts the system call that waits for a request. */
static void
on_tick(int number)
{
	(void)number;
}

static void
start_ticking(void)
{
	const struct itimerval every = {
		.it_interval = { .tv_usec = TICK_US },
		.it_value = { .tv_usec = TICK_US },
	};
	struct sigaction action = { .sa_handler = on_tick };

	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static int
check_directory(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		return -1;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & OTHERS_WRITE) != 0) {
		err_set(e, ERR_DENIED,
		    "%s must be a directory that is owned by the user of this "
		    "process and not writable for others (chmod go-w)",
		    path);
		return -1;
	}
	return 0;
}

/* Takes a seat among the processes that share the directory. */
static int
sit(const char *directory, struct err *e)
{
	char *path = xasprintf(SHARED, directory);
	int rc = -1;

	if (metrics_open(&state.shared, path, LAYOUT,
		CELL_SEATS + LIMIT_PROFILE_PROCESSES * SEAT_WIDTH, e) == -1)
		goto out;
	state.seat = metrics_take_seat(state.shared, &seats);
	if (state.seat == -1) {
		err_set(e, ERR_LIMIT,
		    "%d processes have this directory for profiles",
		    LIMIT_PROFILE_PROCESSES);
		goto out;
	}
	state.directory = xstrdup(directory);
	rc = 0;
out:
	free(path);
	return rc;
}

/* Addresses can be resolved only with the maps of their process. */
static int
leave_maps(struct err *e)
{
	struct buf maps = BUF_INIT(LIMIT_PROFILE_DUMP);
	int rc = -1;

	if (read_file(&maps, "/proc/self/maps", e) == -1 ||
	    write_file(END_MAPS, buf_str(&maps), maps.len, e) == -1)
		goto out;
	rc = 0;
out:
	buf_free(&maps);
	return rc;
}

static int
join(const char *directory, struct err *e)
{
	if (profile_tool_find(is_set(PROFILE_VARIABLE_HEAP), e) == -1 ||
	    check_directory(directory, e) == -1 || sit(directory, e) == -1 ||
	    leave_maps(e) == -1)
		return -1;
	metrics_set(state.shared, cell_of(state.seat, SEAT_DONE), 0);
	metrics_set(state.shared, cell_of(state.seat, SEAT_PROCESS),
	    (uint64_t)getpid());
	start_ticking();
	return 0;
}

int
profile_join(struct err *e)
{
	if (!is_set(PROFILE_VARIABLE))
		return 0;
	if (join(getenv(PROFILE_VARIABLE), e) == -1) {
		profile_leave();
		err_wrap(e, PROFILE_VARIABLE);
		snprintf(state.why_off, sizeof state.why_off, "%.*s",
		    (int)sizeof state.why_off - 1, e->text);
		return -1;
	}
	return 0;
}

void
profile_leave(void)
{
	if (state.sampling)
		profile_tool_stop_cpu();
	if (state.watching)
		profile_tool_leave_heap();
	metrics_close(state.shared);
	free(state.directory);
	state.shared = NULL;
	state.directory = NULL;
	state.sampling = state.watching = false;
}

bool
profile_is_on(void)
{
	return state.shared != NULL;
}

bool
profile_watches_heap(void)
{
	return state.watching;
}

const char *
profile_why_off(void)
{
	return state.why_off;
}

const char *
profile_directory(void)
{
	return state.directory;
}

/* ---- taking part ---- */

static void
set_done(uint64_t order)
{
	metrics_set(state.shared, cell_of(state.seat, SEAT_DONE), order);
}

/*
 * A failure leaves this process out of the profile, which says how many
 * processes are in it.
 */
static void
begin(uint64_t order)
{
	struct err ignored = ERR_INIT;
	char *text;

	if (is_heap(order) && state.watching) {
		text = profile_tool_heap();
		if (text != NULL &&
		    write_file(END_HEAP, text, strlen(text), &ignored) == 0)
			set_done(order);
		free(text);
	} else if (!is_heap(order) && now_ns() < end_of(order)) {
		text = path_of(state.seat, END_CPU);
		state.sampling = profile_tool_start_cpu(text, &ignored) == 0;
		free(text);
	}
}

void
profile_poll(void)
{
	uint64_t order;

	if (state.shared == NULL)
		return;
	order = metrics_get(state.shared, CELL_ORDER);
	if (state.sampling &&
	    (order != state.seen || now_ns() >= end_of(state.seen))) {
		profile_tool_stop_cpu();
		state.sampling = false;
		set_done(state.seen);
	}
	if (order != state.seen) {
		state.seen = order;
		begin(order);
	}
}

/* ---- taking a profile ---- */

/* Whether SIGTERM or SIGUSR1 is pending: both are blocked during a request. */
static bool
is_ending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) == 1 ||
		   sigismember(&pending, SIGUSR1) == 1);
}

/* The process that has a seat; 0: none. */
static int
process_of(int seat)
{
	uint64_t process =
	    metrics_get(state.shared, cell_of(seat, SEAT_PROCESS));

	return process != 0 && metrics_is_taken(state.shared, seat)
		   ? (int)process
		   : 0;
}

static bool
has_done(int seat, uint64_t order)
{
	return metrics_get(state.shared, cell_of(seat, SEAT_DONE)) == order;
}

/* Waits until all processes have carried out the order, or time is over. */
static int
await_all(int *present, int *done, uint64_t order, struct err *e)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	int64_t end = end_of(order), now;

	for (;;) {
		profile_poll();
		now = now_ns();
		*present = *done = 0;
		for (int i = 0; now >= end && i < LIMIT_PROFILE_PROCESSES;
		     i++) {
			if (process_of(i) == 0)
				continue;
			++*present;
			*done += has_done(i, order);
		}
		if (now >= end &&
		    (*done == *present || now >= end + PATIENCE_NS))
			return 0;
		if (is_ending()) {
			err_set(e, ERR_BUSY, "the responder is exiting");
			return -1;
		}
		nanosleep(&nap, NULL);
	}
}

static int
collect(struct profile_encoder *n, uint64_t order, struct err *e)
{
	struct buf maps = BUF_INIT(LIMIT_PROFILE_DUMP);
	struct buf dump = BUF_INIT(LIMIT_PROFILE_DUMP);
	int rc = -1;

	for (int i = 0; i < LIMIT_PROFILE_PROCESSES; i++) {
		int process = has_done(i, order) ? process_of(i) : 0;

		if (process != 0 &&
		    (read_dump(&maps, i, END_MAPS, e) == -1 ||
			read_dump(&dump, i, is_heap(order) ? END_HEAP : END_CPU,
			    e) == -1 ||
			profile_encode_add(n, process, &maps, &dump, e) == -1))
			goto out;
	}
	rc = 0;
out:
	buf_free(&maps);
	buf_free(&dump);
	return rc;
}

int
profile_take(
    struct buf *out, enum profile_kind kind, int seconds, struct err *e)
{
	bool heap = kind == PROFILE_HEAP;
	int64_t duration = heap ? 0 : seconds * SECOND;
	struct profile_encoder n;
	struct timespec now;
	uint64_t order;
	char comment[64];
	int present, done, rc = -1;

	if (!metrics_lock_seat(state.shared, TAKING)) {
		err_set(e, ERR_BUSY, "a profile is being taken");
		return -1;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	order = (uint64_t)(now_ns() + duration) << 1 | heap;
	metrics_set(state.shared, CELL_ORDER, order);
	profile_encode_begin(&n, out, heap);
	if (await_all(&present, &done, order, e) == -1 ||
	    collect(&n, order, e) == -1)
		goto out;
	snprintf(comment, sizeof comment, "%d of %d responders", done, present);
	profile_encode_end(
	    &n, now.tv_sec * SECOND + now.tv_nsec, duration, comment);
	rc = 0;
out:
	/* Stops processes that still take samples. */
	metrics_set(state.shared, CELL_ORDER, 0);
	metrics_unlock_seat(state.shared, TAKING);
	return rc;
}
