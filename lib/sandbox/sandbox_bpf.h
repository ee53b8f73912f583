/* SPDX-License-Identifier: Apache-2.0 */
/* Writing filters for seccomp, an instruction at a time. */
#ifndef LIB_SANDBOX_SANDBOX_BPF_H
#define LIB_SANDBOX_SANDBOX_BPF_H

#include "lib/sandbox/sandbox_private.h"

/* Where filters are known; sanitizers make calls of their own. */
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

static inline void
sandbox_bpf_add(struct sock_filter *code, unsigned short *length, unsigned what,
    uint32_t value, unsigned if_true, unsigned if_false)
{
	code[(*length)++] = (struct sock_filter){ (uint16_t)what,
		(uint8_t)if_true, (uint8_t)if_false, value };
}

/* Puts the filter in force; errno tells why it is not. */
static inline bool
sandbox_bpf_enter(struct sock_filter *code, unsigned short length)
{
	struct sock_fprog filter = { .filter = code, .len = length };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

#else
#define SANDBOX_FILTERS 0
#endif

#endif
