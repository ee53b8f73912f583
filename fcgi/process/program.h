/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program says of itself (the build may define it otherwise), and what
 * the programs that web servers start have in common.
 */
#ifndef FCGI_PROCESS_PROGRAM_H
#define FCGI_PROCESS_PROGRAM_H

#include "fcgi/process/service.h"

#include <stdbool.h>

/* Generated; commit.h is empty outside a git checkout. */
#include "commit.h"
#include "directories.h"

#ifdef BUILD_COMMIT
#define PROGRAM_COMMIT BUILD_COMMIT
#else
#define PROGRAM_COMMIT "unknown"
#endif

#ifdef BUILD_DATE
#define PROGRAM_BUILD_DATE BUILD_DATE
#else
#define PROGRAM_BUILD_DATE "unknown"
#endif

#if defined(__x86_64__)
#define PROGRAM_ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define PROGRAM_ARCHITECTURE "arm64"
#elif defined(__arm__)
#define PROGRAM_ARCHITECTURE "arm"
#elif defined(__i386__)
#define PROGRAM_ARCHITECTURE "386"
#elif defined(__riscv)
#define PROGRAM_ARCHITECTURE "riscv64"
#elif defined(__powerpc64__)
#define PROGRAM_ARCHITECTURE "ppc64le"
#elif defined(__s390x__)
#define PROGRAM_ARCHITECTURE "s390x"
#else
#define PROGRAM_ARCHITECTURE "unknown"
#endif

#if defined(__linux__)
#define PROGRAM_PLATFORM "linux/" PROGRAM_ARCHITECTURE
#elif defined(__FreeBSD__)
#define PROGRAM_PLATFORM "freebsd/" PROGRAM_ARCHITECTURE
#else
#define PROGRAM_PLATFORM "unknown/" PROGRAM_ARCHITECTURE
#endif

#define PROGRAM_DATABASE LOCALSTATEDIR "/lib/thv-registry/registry.db"

struct program {
	const char *name;
	const char *usage;
};

/* Looks at the command line.  Returns an exit status, or -1 to go on. */
int program_arguments(int argc, char **argv, const struct program *p);

/* Sets up the log as the environment wants it. */
void program_log(const struct program *p);

/* The path of the database from the environment, or the default. */
const char *program_database(void);

/*
 * Whether another file stands where this program was started from, as after
 * an upgrade.  The first call notes what is there; make it at start.
 */
bool program_is_replaced(void);

/* Where that is; NULL where the system does not tell. */
const char *program_path(void);

/*
 * Sets s->observer up as the environment wants it, with counters for
 * ${which}; ${cache} may be NULL and gets s->ctx.  What cannot be had is
 * logged. Call before a sandbox is entered.  Returns the counters; both are
 * ended with program_end().
 */
struct counters *program_observe(struct service *s, enum counters_program which,
    void (*cache)(void *ctx, uint64_t *hits, uint64_t *misses));
void program_end(struct service *s, struct counters *counters);

/*
 * Answers requests as the web server that started this process wants it.
 * Returns the exit status.
 */
int program_answer(const struct program *p, const struct service *s);

#endif
