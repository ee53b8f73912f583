/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The version and platform of a program (the build may redefine them), and what
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

/* Parses the command line.  Returns an exit status, or -1 to continue. */
int program_arguments(int argc, char **argv, const struct program *p);

/* The path of the database from the environment, or the default. */
const char *program_database(void);

/*
 * Whether another file is at the path of this program, as after an upgrade. The
 * first call records the current file: call it at start.
 */
bool program_is_replaced(void);

/* The path of this program; NULL if unknown. */
const char *program_path(void);

/*
 * Creates s->observer from the environment, with counters for ${which};
 * ${cache} may be NULL and gets s->ctx.  Failures are logged and not fatal.
 * Call before the sandbox is entered.  Returns the counters; program_end()
 * frees both.
 */
struct counters *program_observe(struct service *s, enum counters_program which,
    void (*cache)(void *ctx, uint64_t *hits, uint64_t *misses));
void program_end(struct service *s, struct counters *counters);

/*
 * Answers requests by FastCGI or plain CGI, as the web server started this
 * process.  Returns the exit status.
 */
int program_answer(const struct program *p, const struct service *s);

#endif
