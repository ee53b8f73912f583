/* SPDX-License-Identifier: Apache-2.0 */
/* Writing seccomp filters, instruction by instruction. */
#ifndef LIB_SANDBOX_SANDBOX_BPF_H
#define LIB_SANDBOX_SANDBOX_BPF_H

#include "lib/sandbox/sandbox_private.h"

/* Sanitizers make system calls of their own, so they have no filter. */
#if defined(__linux__) && !SANDBOX_SANITIZER &&     \
    (defined(__x86_64__) || defined(__aarch64__) || \
	(defined(__riscv) && __riscv_xlen == 64))
#define SANDBOX_FILTERS 1

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>

#if defined(__x86_64__)
#define SANDBOX_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SANDBOX_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define SANDBOX_ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

#define SANDBOX_KILL_PROCESS 0x80000000U
#define SANDBOX_LOG 0x7ffc0000U

#define SANDBOX_FILTER_MAX 512 /* instructions */

struct sandbox_filter {
	struct sock_filter code[SANDBOX_FILTER_MAX];
	unsigned short length;
};

static inline void
sandbox_filter_add(struct sandbox_filter *f, unsigned what, uint32_t value,
    unsigned if_true, unsigned if_false)
{
	f->code[f->length++] = (struct sock_filter){ (uint16_t)what,
		(uint8_t)if_true, (uint8_t)if_false, value };
}

static inline void
sandbox_filter_answer(struct sandbox_filter *f, uint32_t answer)
{
	sandbox_filter_add(f, BPF_RET | BPF_K, answer, 0, 0);
}

static inline void
sandbox_filter_load(struct sandbox_filter *f, size_t offset)
{
	sandbox_filter_add(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* Starts a filter; calls of another architecture get ${foreign}. */
static inline void
sandbox_filter_start(struct sandbox_filter *f, uint32_t foreign)
{
	f->length = 0;
	sandbox_filter_load(f, offsetof(struct seccomp_data, arch));
	sandbox_filter_add(
	    f, BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCHITECTURE, 1, 0);
	sandbox_filter_answer(f, foreign);
	sandbox_filter_load(f, offsetof(struct seccomp_data, nr));
}

/* Returns ${answer} for calls with the number ${first} or higher. */
static inline void
sandbox_filter_from(struct sandbox_filter *f, uint32_t first, uint32_t answer)
{
	sandbox_filter_add(f, BPF_JMP | BPF_JGE | BPF_K, first, 0, 1);
	sandbox_filter_answer(f, answer);
}

static inline void
sandbox_filter_calls(
    struct sandbox_filter *f, const int *calls, size_t count, uint32_t answer)
{
	for (size_t i = 0; i < count; i++) {
		sandbox_filter_add(
		    f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1);
		sandbox_filter_answer(f, answer);
	}
}

/*
 * A rule for one call by the low 32 bits of an argument: ${match} if it equals
 * one of the values (BPF_JEQ) or has one of their bits (BPF_JSET), else
 * ${otherwise}.
 */
struct sandbox_guard {
	int call;
	unsigned argument;
	unsigned how;
	uint32_t values[4];
	unsigned count;
	uint32_t match, otherwise;
};

static inline void
sandbox_filter_guard(struct sandbox_filter *f, const struct sandbox_guard *g)
{
	/* Skips the rest: the load, two instructions a value, the last one. */
	sandbox_filter_add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)g->call, 0,
	    2 * g->count + 2);
	sandbox_filter_load(f, offsetof(struct seccomp_data, args) +
				   g->argument * sizeof(uint64_t));
	for (unsigned i = 0; i < g->count; i++) {
		sandbox_filter_add(
		    f, BPF_JMP | g->how | BPF_K, g->values[i], 0, 1);
		sandbox_filter_answer(f, g->match);
	}
	sandbox_filter_answer(f, g->otherwise);
}

/* Installs the filter; sets errno on failure. */
static inline bool
sandbox_filter_enter(struct sandbox_filter *f)
{
	struct sock_fprog filter = { .filter = f->code, .len = f->length };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

#else
#define SANDBOX_FILTERS 0
#endif

#endif
