/* SPDX-License-Identifier: Apache-2.0 */
/* Taking part in profiles of all responders, and putting them together. */
#include "fcgi/profile/profile.h"

#include "fcgi/profile/profile_encode.h"
#include "fcgi/profile/profile_maps.h"
#include "fcgi/profile/profile_pool.h"
#include "fcgi/profile/profile_samples.h"
#include "fcgi/profile/profile_symbols.h"
#include "fcgi/profile/profile_tool.h"
#include "lib/limits.h"
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

#define TICK_US 250000 /* how often a process without requests looks */
#define NAP_NS 20000000L
#define SECOND INT64_C(1000000000)

/* What a process leaves in the directory, after the number of its slot. */
#define END_CPU "cpu"
#define END_HEAP "heap"
#define END_MAPS "maps"

static struct {
	char *directory;
	char why_off[ERR_TEXT_MAX];
	struct profile_pool *pool; /* NULL: off */
	struct profile_symbols *symbols;
	struct buf maps; /* of this process, as text */
	struct profile_order seen;
	bool sampling;
	bool watching; /* the heap */
} state = {
	.why_off = "profiling is off: " PROFILE_VARIABLE
		   " is not set, or this is no FastCGI responder",
	.maps = BUF_INIT(LIMIT_PROFILE_DUMP),
};

/* ---- files in the directory
 * -------------------------------------------------- */

static char *
path_of(int slot, const char *end)
{
	return xasprintf("%s/%d.%s", state.directory, slot, end);
}

static int
write_file(
    int slot, const char *end, const char *data, size_t len, struct err *e)
{
	char *path = path_of(slot, end);
	size_t done = 0;
	int fd, rc = -1;

	fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (fd != -1 && done < len) {
		ssize_t n = write(fd, data + done, len - done);

		if (n == -1 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd == -1 || done < len) {
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
read_file(struct buf *out, int slot, const char *end, struct err *e)
{
	char *path = path_of(slot, end);
	char bytes[4096];
	ssize_t n = -1;
	int fd, rc = -1;

	buf_reset(out);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
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
	free(path);
	return rc;
}

/* ---- being there
 * ------------------------------------------------------------- */

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

/* Interrupts what a process without requests waits in. */
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
join(const char *directory, struct err *e)
{
	struct profile_maps maps;

	if (profile_tool_find(is_set(PROFILE_VARIABLE_HEAP), e) == -1)
		return -1;
	if (profile_maps_read(&state.maps, e) == -1)
		return -1;
	if (profile_pool_join(&state.pool, directory, e) == -1)
		return -1;
	state.directory = xstrdup(directory);
	profile_maps_parse(&maps, buf_str(&state.maps));
	state.symbols = profile_symbols_new(&maps);
	profile_maps_free(&maps);
	start_ticking();
	return 0;
}

int
profile_join(struct err *e)
{
	if (!is_set(PROFILE_VARIABLE))
		return 0;
	if (join(getenv(PROFILE_VARIABLE), e) == -1) {
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
	profile_pool_leave(state.pool);
	profile_symbols_free(state.symbols);
	buf_free(&state.maps);
	free(state.directory);
	state.pool = NULL;
	state.symbols = NULL;
	state.directory = NULL;
	state.sampling = state.watching = false;
}

bool
profile_is_on(void)
{
	return state.pool != NULL;
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

/* ---- taking part
 * ------------------------------------------------------------- */

/*
 * What goes wrong here leaves this process out of the profile, which says how
 * many were in it.
 */
static void
begin(const struct profile_order *order)
{
	int slot = profile_pool_slot(state.pool);
	struct err ignored = ERR_INIT;
	char *text;

	if (order->heap && state.watching) {
		text = profile_tool_heap();
		if (text != NULL &&
		    write_file(slot, END_MAPS, buf_str(&state.maps),
			state.maps.len, &ignored) == 0 &&
		    write_file(slot, END_HEAP, text, strlen(text), &ignored) ==
			0)
			profile_pool_done(state.pool, order->number);
		free(text);
	} else if (!order->heap && profile_pool_now() < order->until) {
		text = path_of(slot, END_CPU);
		state.sampling = profile_tool_start_cpu(text, &ignored) == 0;
		free(text);
	}
}

static void
end_sampling(void)
{
	struct err ignored = ERR_INIT;

	profile_tool_stop_cpu();
	state.sampling = false;
	if (write_file(profile_pool_slot(state.pool), END_MAPS,
		buf_str(&state.maps), state.maps.len, &ignored) == 0)
		profile_pool_done(state.pool, state.seen.number);
}

void
profile_attend(void)
{
	struct profile_order order;
	struct err ignored = ERR_INIT;

	if (state.pool == NULL ||
	    profile_pool_look(state.pool, &order, &ignored) == -1)
		return;
	if (state.sampling && (order.number != state.seen.number ||
				  profile_pool_now() >= state.seen.until))
		end_sampling();
	if (order.number != state.seen.number) {
		state.seen = order;
		begin(&order);
	}
}

/* ---- asking for it
 * ----------------------------------------------------------- */

/* Whether this process was told to end: the signal waits for its turn. */
static bool
is_told_to_end(void)
{
	sigset_t waiting;

	return sigpending(&waiting) == 0 &&
	       (sigismember(&waiting, SIGTERM) == 1 ||
		   sigismember(&waiting, SIGUSR1) == 1);
}

/* Counts who is there, and those of them who have done their part. */
static void
count(int *present, int *done, int64_t number)
{
	*present = *done = 0;
	for (int i = 0; i < LIMIT_PROFILE_PROCESSES; i++) {
		if (profile_pool_process(state.pool, i) == 0)
			continue;
		++*present;
		*done += profile_pool_has_done(state.pool, i, number);
	}
}

static int
await_all(
    int *present, int *done, const struct profile_order *order, struct err *e)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	int64_t end = order->heap ? profile_pool_now() : order->until;

	for (;;) {
		int64_t now = profile_pool_now();

		profile_attend();
		count(present, done, order->number);
		if (now >= end &&
		    (*done == *present || now >= end + PROFILE_POOL_SILENCE))
			return 0;
		if (is_told_to_end()) {
			err_set(e, ERR_BUSY, "the responder was told to end");
			return -1;
		}
		nanosleep(&nap, NULL);
	}
}

static int
collect_one(struct profile_samples *samples, int slot, bool heap,
    struct buf *dump, struct err *e)
{
	int process = profile_pool_process(state.pool, slot);
	struct profile_maps maps = { .list = NULL };
	int rc = -1;

	if (read_file(dump, slot, END_MAPS, e) == -1)
		goto out;
	profile_maps_parse(&maps, buf_str(dump));
	if (read_file(dump, slot, heap ? END_HEAP : END_CPU, e) == -1)
		goto out;
	if (heap ? profile_samples_add_heap(
		       samples, process, &maps, buf_str(dump), e) == -1
		 : profile_samples_add_cpu(samples, process, &maps,
		       buf_str(dump), dump->len, e) == -1) {
		err_wrap(e, "process %d", process);
		e->code = ERR_INTERNAL;
		goto out;
	}
	rc = 0;
out:
	profile_maps_free(&maps);
	return rc;
}

static int
collect(struct profile_samples *samples, const struct profile_order *order,
    struct err *e)
{
	struct buf dump = BUF_INIT(LIMIT_PROFILE_DUMP);
	int rc = -1;

	for (int i = 0; i < LIMIT_PROFILE_PROCESSES; i++)
		if (profile_pool_process(state.pool, i) != 0 &&
		    profile_pool_has_done(state.pool, i, order->number) &&
		    collect_one(samples, i, order->heap, &dump, e) == -1)
			goto out;
	rc = 0;
out:
	buf_free(&dump);
	return rc;
}

int
profile_take(
    struct buf *out, enum profile_kind kind, int seconds, struct err *e)
{
	struct profile_about about = { .heap = kind == PROFILE_HEAP };
	struct profile_samples samples = { .codes = NULL };
	struct profile_order order;
	struct timespec now;
	char comment[64];
	int present, done, rc = -1;

	about.duration_ns = about.heap ? 0 : seconds * SECOND;
	if (profile_pool_order(
		state.pool, &order, about.heap, about.duration_ns, e) == -1)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	about.time_ns = now.tv_sec * SECOND + now.tv_nsec;
	if (await_all(&present, &done, &order, e) == -1 ||
	    collect(&samples, &order, e) == -1)
		goto out;
	snprintf(comment, sizeof comment, "%d of %d responders", done, present);
	about.comment = comment;
	profile_encode(out, &samples, state.symbols, &about);
	rc = 0;
out:
	profile_pool_finish(state.pool);
	profile_samples_free(&samples);
	return rc;
}
