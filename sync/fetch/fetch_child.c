/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides of a fetch in a process of its own. */
#include "sync/fetch/fetch_child.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/fetch/directory.h"
#include "sync/fetch/fetch_cache.h"
#include "sync/fetch/fetch_deadline.h"
#include "sync/fetch/fetch_process.h"
#include "sync/fetch/fetch_sandbox.h"
#include "sync/fetch/fetch_wire.h"
#include "sync/fetch/spool.h"
#include "sync/kinds/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COPY_SIZE (64 * KIB)
#define REPORT_US (CLOCK_SECOND / 10)

struct fetch_child {
	pid_t pid;
	int fd; /* where messages come from */
	struct spool *spool;
	char *cache_dir; /* of the source */
	struct buf input; /* the message that is arriving */
	struct fetch_progress progress;
	char phase[FETCH_WIRE_PHASE];
	struct fetch_wire_result result;
	bool answered; /* ${result} was received */
	struct err err; /* of an invalid message; ERR_NONE: there was none */
};

/* ---- in the child ---- */

/* What the threads of the child share. */
struct reporter {
	int fd;
	const struct conf_source *source;
	const char *cache_dir;
	int64_t started_us;
	int64_t deadline_us;
	/* Protects what follows, and writing to fd; held until the exit. */
	pthread_mutex_t lock;
	struct fetch_progress used; /* as sent last */
	int64_t reported_us;
};

/* If the pipe is full, the message is dropped: progress must not block. */
static void
report_progress(void *ctx, const struct fetch_progress *p)
{
	struct reporter *t = ctx;
	int64_t now = clock_monotonic();
	struct buf message = BUF_INIT(4 * KIB);
	bool skip;

	pthread_mutex_lock(&t->lock);
	skip = p->phase == t->used.phase && now - t->reported_us < REPORT_US;
	t->used = *p;
	if (!skip) {
		t->reported_us = now;
		fetch_wire_add_progress(&message, p);
		if (write(t->fd, message.data, message.len) == -1 &&
		    errno == EPIPE)
			_exit(1); /* the parent has exited */
	}
	pthread_mutex_unlock(&t->lock);
	buf_free(&message);
}

static void
send_result(int fd, const struct fetch_wire_result *result)
{
	struct buf message = BUF_INIT(LIMIT_FETCH_RESULT + FETCH_WIRE_HEADER);
	const char *at;
	size_t left;

	fetch_wire_add_result(&message, result);
	if (message.bad)
		_exit(1);
	if (fcntl(fd, F_SETFL, 0) == -1)
		_exit(1);
	at = message.data;
	left = message.len;
	while (left > 0) {
		ssize_t n = write(fd, at, left);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(1);
		at += n;
		left -= (size_t)n;
	}
	buf_free(&message);
}

static void
send_failure(struct reporter *t, const struct err *why,
    const struct fetch_progress *used, int64_t retry_us)
{
	struct fetch_wire_result failure = { .err = *why,
		.fetch = { .used = *used, .retry_us = retry_us },
		.sandbox = *sandbox_now() };

	send_result(t->fd, &failure);
}

/* The deadline has passed: a library may be blocked in a system call. */
static void
expire(void *ctx)
{
	struct reporter *t = ctx;
	const char *address = kind_address(t->source);
	char *shown = address == NULL ? NULL : url_shown(address);
	struct err why = ERR_INIT;

	pthread_mutex_lock(&t->lock);
	fetch_deadline_error(
	    &why, t->started_us, t->deadline_us, t->used.phase);
	if (shown != NULL)
		err_wrap(&why, "%s", shown);
	if (t->source->kind->abandon != NULL)
		t->source->kind->abandon(t->cache_dir);
	send_failure(t, &why, &t->used, 0);
	_exit(0);
}

/* All that the child does. */
static void
run_child(int fd, struct spool *spool, const struct conf_source *source,
    const struct validators *previous, struct fetch_options options)
{
	struct reporter reporter = { .fd = fd,
		.source = source,
		.cache_dir = options.cache_dir,
		.started_us = clock_monotonic(),
		.deadline_us = options.deadline_us,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	struct fetch_wire_result result = { .err = ERR_INIT };
	struct fetch f = { .unchanged = false };
	struct err why = ERR_INIT;

	conf_forget_others(options.conf, source);
	fetch_sandbox_environment(source);
	fetch_sandbox_enter(source, options.cache_dir);
	fetch_deadline_start(options.deadline_us, expire, &reporter);
	options.progress = report_progress;
	options.progress_ctx = &reporter;
	options.spool = spool;
	(void)fetch_source(&f, source, previous, &options, &why);
	pthread_mutex_lock(&reporter.lock);
	if (why.code != ERR_NONE) {
		send_failure(&reporter, &why, &f.used, f.retry_us);
		_exit(0);
	}
	result.fetch = f;
	result.sandbox = *sandbox_now();
	send_result(fd, &result);
	/* This also removes files of the cache that are no longer needed. */
	fetch_free(&f);
	_exit(0);
}

/* ---- in the parent ---- */

int
fetch_child_start(struct fetch_child **out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	struct fetch_child *c = xcalloc(1, sizeof *c);
	struct fetch_options own = *options;
	struct fetch_process process;
	int rc = -1;

	*out = NULL;
	buf_init(&c->input, LIMIT_FETCH_RESULT + FETCH_WIRE_HEADER + COPY_SIZE);
	if (fetch_cache_open(
		&c->cache_dir, options->cache_dir, source->name, e) == -1 ||
	    spool_new(&c->spool, options->cache_dir, e) == -1 ||
	    fetch_process_start(&process, spool_fd(c->spool), e) == -1)
		goto out;
	fcntl(process.fd, F_SETFL, O_NONBLOCK);
	own.cache_dir = c->cache_dir;
	if (process.pid == 0)
		run_child(process.fd, c->spool, source, previous, own);
	c->pid = process.pid;
	c->fd = process.fd;
	*out = c;
	c = NULL;
	rc = 0;
out:
	if (c != NULL) {
		spool_free(c->spool);
		free(c->cache_dir);
		free(c);
	}
	return rc;
}

int
fetch_child_fd(const struct fetch_child *c)
{
	return c->fd;
}

const struct fetch_progress *
fetch_child_progress(const struct fetch_child *c)
{
	return &c->progress;
}

const struct sandbox *
fetch_child_sandbox(const struct fetch_child *c)
{
	return c->answered ? &c->result.sandbox : NULL;
}

static int
read_result(struct fetch_child *c, const char *payload, size_t len)
{
	struct stat st;

	if (fstat(spool_fd(c->spool), &st) == -1) {
		err_set_errno(&c->err, ERR_FETCH, errno,
		    "failed to stat a temporary file");
		return -1;
	}
	if (fetch_wire_result(
		&c->result, payload, len, (uint64_t)st.st_size, &c->err) == -1)
		return -1;
	c->answered = true;
	return 0;
}

/* Reads one message of the input: returns its size, 0 if incomplete, or -1. */
static ssize_t
read_message(struct fetch_child *c, const char *at, size_t left)
{
	const char *payload = at + FETCH_WIRE_HEADER;
	enum fetch_wire_kind kind;
	size_t len;

	if (left < FETCH_WIRE_HEADER)
		return 0;
	if (c->answered) {
		err_set(&c->err, ERR_FETCH,
		    "unexpected message from the fetching process after its result");
		return -1;
	}
	if (fetch_wire_header(&kind, &len, at, &c->err) == -1)
		return -1;
	if (left - FETCH_WIRE_HEADER < len)
		return 0;
	if (kind == FETCH_WIRE_PROGRESS) {
		if (fetch_wire_progress(
			&c->progress, c->phase, payload, len, &c->err) == -1)
			return -1;
	} else if (read_result(c, payload, len) == -1) {
		return -1;
	}
	return (ssize_t)(FETCH_WIRE_HEADER + len);
}

static int
read_messages(struct fetch_child *c)
{
	size_t used = 0;
	ssize_t n;

	while ((n = read_message(
		    c, c->input.data + used, c->input.len - used)) > 0)
		used += (size_t)n;
	if (n == -1)
		return -1;
	if (used > 0) {
		c->input.len -= used;
		memmove(c->input.data, c->input.data + used, c->input.len);
	}
	return 0;
}

bool
fetch_child_read(struct fetch_child *c)
{
	char bytes[COPY_SIZE];
	ssize_t n;

	do {
		n = read(c->fd, bytes, sizeof bytes);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno != EAGAIN;
	if (n == 0)
		return true;
	buf_add(&c->input, bytes, (size_t)n);
	if (c->input.bad) {
		err_set(&c->err, ERR_LIMIT,
		    "the result of the fetching process is too long");
		return true;
	}
	return read_messages(c) == -1;
}

static void
set_exit_error(const struct fetch_child *c, int status, struct err *e)
{
	if (c->err.code != ERR_NONE)
		*e = c->err;
	else if (WIFSIGNALED(status))
		err_set(e, ERR_FETCH,
		    "the fetching process was killed by signal %d%s",
		    WTERMSIG(status),
		    WTERMSIG(status) == SIGKILL
			? " (by an administrator, or out of memory)"
			: "");
	else if (WIFEXITED(status) &&
		 WEXITSTATUS(status) == FETCH_PROCESS_NOT_CLOSED)
		err_set(e, ERR_FETCH,
		    "the fetching process failed to close open files: neither "
		    "close_range() nor /dev/fd is available");
	else
		err_set(e, ERR_FETCH,
		    "the fetching process exited with status %d without a "
		    "result",
		    WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* Damaged data in the cache may have caused the crash. */
static void
empty_cache(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return;
	(void)directory_empty(fd);
	close(fd);
}

static void
child_free(struct fetch_child *c)
{
	close(c->fd);
	spool_free(c->spool);
	free(c->cache_dir);
	buf_free(&c->input);
	fetch_free(&c->result.fetch);
	free(c);
}

int
fetch_child_finish(struct fetch *out, struct fetch_child *c, struct err *e)
{
	int rc = -1;
	int status;

	memset(out, 0, sizeof *out);
	/* If the process has exited already, this returns its status. */
	status = fetch_process_end(c->pid);
	out->used = c->answered ? c->result.fetch.used : c->progress;
	out->used.phase = NULL;
	out->retry_us = c->result.fetch.retry_us;
	if (!c->answered || c->err.code != ERR_NONE) {
		set_exit_error(c, status, e);
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
			empty_cache(c->cache_dir);
		goto out;
	}
	if (c->result.err.code != ERR_NONE) {
		*e = c->result.err;
		goto out;
	}
	*out = c->result.fetch;
	out->spool = c->spool;
	c->spool = NULL;
	memset(&c->result.fetch, 0, sizeof c->result.fetch);
	rc = 0;
out:
	child_free(c);
	return rc;
}

void
fetch_child_kill(struct fetch_child *c)
{
	if (c == NULL)
		return;
	(void)fetch_process_end(c->pid);
	child_free(c);
}
