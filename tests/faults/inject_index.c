/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kills before a store to the index of a WAL.
 *
 * The index is the -shm file, which SQLite maps and changes without a system
 * call.  So the mapping is kept read-only: a store faults, is counted, and is
 * made in a single step with the mapping open, which the trap after it closes.
 * An instruction that stores many words, such as rep stos, is a point for each
 * of the first IN_A_ROW: enough to tear a header, few of a cleared hash table.
 */
#define _GNU_SOURCE
#include "tests/faults/inject.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define REGIONS_MAX 64
#define SINGLE_STEP 0x100 /* the trap flag */
#define SUFFIX "-shm"
#define IN_A_ROW 64

#if defined(__x86_64__)

static struct region {
	char *at;
	size_t len;
} regions[REGIONS_MAX];
static struct region *open_region;
static greg_t last_instruction;
static int in_a_row;

static void
by_default(int number)
{
	struct sigaction act = { .sa_handler = SIG_DFL };

	sigaction(number, &act, NULL);
}

static bool
is_point(greg_t instruction)
{
	in_a_row = instruction == last_instruction ? in_a_row + 1 : 1;
	last_instruction = instruction;
	return in_a_row <= IN_A_ROW;
}

static void
on_fault(int number, siginfo_t *info, void *context)
{
	ucontext_t *cpu = context;
	const char *at = info->si_addr;

	for (struct region *r = regions; r < regions + REGIONS_MAX; r++) {
		if (r->at == NULL || at < r->at || at >= r->at + r->len)
			continue;
		if (is_point(cpu->uc_mcontext.gregs[REG_RIP]) &&
		    inject_hit(INJECT_STORE, "store"))
			kill(getpid(), SIGKILL);
		mprotect(r->at, r->len, PROT_READ | PROT_WRITE);
		open_region = r;
		cpu->uc_mcontext.gregs[REG_EFL] |= SINGLE_STEP;
		return;
	}
	by_default(number);
}

static void
on_step(int number, siginfo_t *info, void *context)
{
	ucontext_t *cpu = context;

	(void)info;
	if (open_region == NULL) {
		by_default(number);
		return;
	}
	mprotect(open_region->at, open_region->len, PROT_READ);
	open_region = NULL;
	cpu->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)SINGLE_STEP;
}

static bool
is_index(int fd)
{
	char link[64];
	char path[4096];
	ssize_t len;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof path);
	return len > (ssize_t)strlen(SUFFIX) &&
	       memcmp(path + len - strlen(SUFFIX), SUFFIX, strlen(SUFFIX)) == 0;
}

void
inject_index_map(void *at, size_t len, int protection, int fd)
{
	struct sigaction fault = { .sa_flags = SA_SIGINFO };
	struct sigaction step = { .sa_flags = SA_SIGINFO };

	if (inject_kind != INJECT_STORE || fd == -1 ||
	    (protection & PROT_WRITE) == 0 || !is_index(fd))
		return;
	fault.sa_sigaction = on_fault;
	step.sa_sigaction = on_step;
	for (struct region *r = regions; r < regions + REGIONS_MAX; r++) {
		if (r->at != NULL)
			continue;
		r->at = at;
		r->len = len;
		sigaction(SIGSEGV, &fault, NULL);
		sigaction(SIGTRAP, &step, NULL);
		mprotect(at, len, PROT_READ);
		return;
	}
	_exit(123);
}

void
inject_index_unmap(const void *at)
{
	for (struct region *r = regions; r < regions + REGIONS_MAX; r++)
		if (r->at == at)
			r->at = NULL;
}

#else

void
inject_index_map(void *at, size_t len, int protection, int fd)
{
	(void)at, (void)len, (void)protection, (void)fd;
}

void
inject_index_unmap(const void *at)
{
	(void)at;
}

#endif
