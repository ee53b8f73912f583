/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments, environment and observation, for programs of web servers. */
#include "fcgi/process/program.h"

#include "fcgi/process/cgi.h"
#include "fcgi/process/serve.h"
#include "lib/limits.h"
#include "lib/log/log.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
program_arguments(int argc, char **argv, const struct program *p)
{
	if (argc == 1)
		return -1;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(p->usage, stdout) == EOF;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("%s %s\n", p->name, PROGRAM_VERSION) < 0;
	fputs(p->usage, stderr);
	return 2;
}

const char *
program_database(void)
{
	const char *path = getenv("THV_REGISTRY_DATABASE_PATH");

	return path == NULL || *path == '\0' ? PROGRAM_DATABASE : path;
}

static struct {
	bool recorded;
	char path[LIMIT_PATH]; /* "" if unknown */
	struct stat file; /* all zero: replaced before it was recorded */
} started;

/* Finds the path of this program; false if it is deleted, which Linux appends.
 */
static bool
find_program(void)
{
	static const char deleted[] = " (deleted)";
	size_t end = sizeof deleted - 1, size;
	ssize_t len =
	    readlink("/proc/self/exe", started.path, sizeof started.path - 1);

	size = len < 0 ? 0 : (size_t)len;
	started.path[size] = '\0';
	if (size <= end || strcmp(started.path + size - end, deleted) != 0)
		return true;
	started.path[size - end] = '\0';
	return false;
}

/* Finds the path twice: the file may be replaced in between. */
static void
record_program(void)
{
	started.recorded = true;
	if (!find_program() || started.path[0] == '\0')
		return;
	if (stat(started.path, &started.file) == -1 || !find_program())
		memset(&started.file, 0, sizeof started.file);
}

const char *
program_path(void)
{
	if (!started.recorded)
		record_program();
	return started.path[0] == '\0' ? NULL : started.path;
}

bool
program_is_replaced(void)
{
	const struct stat *first = &started.file;
	struct stat now;

	return program_path() != NULL && stat(started.path, &now) == 0 &&
	       (now.st_dev != first->st_dev || now.st_ino != first->st_ino);
}

/*
 * Long answers are rare: their memory is returned to the system after they are
 * sent.  By default glibc raises the threshold for that with each of them.
 */
static void
return_memory(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, LIMIT_RESPONSE_KEPT / 2);
#endif
}

struct counters *
program_observe(struct service *s, enum counters_program which,
    void (*cache)(void *ctx, uint64_t *hits, uint64_t *misses))
{
	struct observer_settings settings = {
		.log_requests = getenv("THV_REGISTRY_LOG_REQUESTS"),
		.cache = cache,
		.ctx = s->ctx,
	};
	struct counters *counters;
	struct err e = ERR_INIT;

	counters = counters_new(which, &e);
	if (e.code != ERR_NONE)
		log_message(LOG_LEVEL_WARN, "/metrics counts this process only",
		    e.text);
	err_clear(&e);
	settings.counters = counters;
	if (observer_new(&s->observer, &settings, &e) == -1)
		log_message(LOG_LEVEL_WARN, "logging every request", e.text);
	return counters;
}

void
program_end(struct service *s, struct counters *counters)
{
	observer_free(s->observer);
	counters_free(counters);
}

int
program_answer(const struct program *p, const struct service *s)
{
	return_memory();
	if (serve_is_fastcgi())
		return serve_run(s);
	if (getenv("REQUEST_METHOD") != NULL)
		return cgi_run(s);
	fputs(p->usage, stderr);
	return 2;
}
