/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the fault library share.
 *
 * The library is preloaded into a release binary (LD_PRELOAD), so the programs
 * have no trace of it.  It stands between the program, with every library it
 * uses, and libc, curl and libgit2, counts the calls of one kind, and lets one
 * of them fail.  Environment:
 *
 *	FAULT_KIND	which calls, see kinds[] in inject.c
 *	FAULT_AT	the number of the call that fails, from 1; 0: only count
 *	FAULT_STATE	a file of struct inject_state, shared by all processes
 *	FAULT_DIRECTORY	power: files below it lose what was not synced
 *	FAULT_SEED	power: decides what is lost
 */
#ifndef TESTS_FAULTS_INJECT_H
#define TESTS_FAULTS_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inject_state {
	int64_t calls; /* of the kind, in all processes */
	int64_t fired; /* how many were made to fail */
	char call[48]; /* the function that failed first */
};

enum inject_kind {
	INJECT_NONE,
	INJECT_ALLOC, /* memory: no more */
	INJECT_EIO, /* one reading, writing or syncing call: EIO */
	INJECT_FULL, /* from a call on the disk is full */
	INJECT_SHORT, /* one read or write does half of what it was asked */
	INJECT_OPEN, /* one opening, mapping or forking call fails */
	INJECT_KILL, /* SIGKILL before a call that changes a file */
	INJECT_STORE, /* SIGKILL before a store to the index of a WAL */
	INJECT_POWER, /* as KILL; what was not synced is lost in part */
	INJECT_CLOCK_BACK, /* from a call on it is ten days earlier */
	INJECT_CLOCK_AHEAD, /* ten years later */
	INJECT_CURL, /* one call into curl fails */
	INJECT_GIT /* one call into libgit2 fails */
};

extern enum inject_kind inject_kind;

/* The next definition of ${name} after ours; the process ends without one. */
void *inject_next(const char *name);

/*
 * Counts a call of ${kind}, and says whether it is to fail.  Nothing happens
 * when another kind is asked for.
 */
bool inject_hit(enum inject_kind kind, const char *call);

/*
 * A call that changes a file is about to be made: the moment for the process
 * to be killed, or to lose its power.
 */
void inject_moment(const char *call);

/* ---- stores to the index of a WAL: inject_index.c ---- */

/* ${fd} was mapped at ${at}; decides whether stores to it are counted. */
void inject_index_map(void *at, size_t len, int protection, int fd);
void inject_index_unmap(const void *at);

/* ---- power: inject_power.c ---- */

/* ${path} was opened as ${fd}; decides whether to keep track of it. */
void inject_power_open(int fd, const char *path);
void inject_power_close(int fd);
/* ${len} bytes of ${data} are about to be written at ${offset}. */
void inject_power_write(int fd, const void *data, size_t len, int64_t offset);
void inject_power_truncate(int fd, int64_t size);
/* All that was written is on the disk. */
void inject_power_synced(int fd);
/* Applies to the files what a disk would have kept, and kills the process. */
void inject_power_lost(void) __attribute__((noreturn));

#endif
