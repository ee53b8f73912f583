/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of a responder, as a filter for seccomp.
 *
 * Written by hand: with three sorts of answers it is one loop, and a plain CGI
 * program pays for building it at every request.  A call on none of the lists
 * ends the process; those that a library makes in passing and can do without
 * fail instead, and so do calls that are newer than this file, since libraries
 * try those first.
 */
#include "lib/sandbox/sandbox_bpf.h"

#if SANDBOX_FILTERS

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* Only x86-64 has the older names of calls that take a directory now. */
#if defined(__x86_64__)
#define OLD_ALLOWED                                                          \
	SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_poll, SYS_select, \
	    SYS_time,
#define OLD_FOR_PROFILES SYS_open,
#define OLD_REFUSED SYS_unlink, SYS_mkdir, SYS_getrlimit,
#define OLD_GUARDED { SYS_open, 1, O_ACCMODE | O_CREAT | O_TRUNC, READ_ONLY },
#else
#define OLD_ALLOWED
#define OLD_FOR_PROFILES
#define OLD_REFUSED
#define OLD_GUARDED
#endif

#define UNKNOWN_FROM 449 /* numbers are the same everywhere since 424 */
#define KILL_PROCESS SANDBOX_KILL_PROCESS
#define READ_ONLY (SECCOMP_RET_ERRNO | EACCES)

static const int allowed[] = { SYS_read, SYS_readv, SYS_pread64, SYS_write,
	SYS_writev, SYS_close, SYS_lseek, SYS_fstat, SYS_fcntl, SYS_munmap,
	SYS_mremap, SYS_madvise, SYS_brk, SYS_rt_sigaction, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_sigaltstack, SYS_restart_syscall, SYS_getpid,
	SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
	SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday,
	SYS_getrandom, SYS_futex, SYS_sched_yield, SYS_exit, SYS_exit_group,
	SYS_faccessat, SYS_readlinkat, SYS_getcwd, SYS_statfs, SYS_fstatfs,
	SYS_sysinfo, SYS_ppoll, SYS_pselect6, SYS_accept, SYS_accept4,
	SYS_shutdown, SYS_getpeername, SYS_getsockname, SYS_setsockopt,
	SYS_recvfrom, SYS_newfstatat, SYS_statx, SYS_faccessat2, OLD_ALLOWED };

/* Where profiles are taken; what may be written is Landlock's to say. */
static const int for_profiles[] = { SYS_openat, SYS_setitimer,
	SYS_rt_sigpending, OLD_FOR_PROFILES };

/* Tried by SQLite and libc, who live with a refusal. */
static const int refused[] = { SYS_prlimit64, SYS_ioctl, SYS_unlinkat,
	SYS_ftruncate, SYS_fallocate, SYS_pwrite64, SYS_fsync, SYS_fdatasync,
	SYS_mkdirat, SYS_fchmod, SYS_fchown, SYS_getdents64, SYS_uname,
	SYS_sched_getaffinity, SYS_getsockopt, SYS_flock, OLD_REFUSED };

/* Calls that are allowed unless an argument has one of some bits. */
static const struct {
	int call;
	unsigned argument;
	uint32_t bits;
	uint32_t otherwise; /* the answer when it has */
} guarded[] = { { SYS_mmap, 2, PROT_EXEC, KILL_PROCESS },
	{ SYS_mprotect, 2, PROT_EXEC, KILL_PROCESS },
	{ SYS_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, READ_ONLY },
	OLD_GUARDED };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LENGTH_MAX                                                         \
	(8 + 2 * (COUNT(allowed) + COUNT(for_profiles) + COUNT(refused)) + \
	    5 * COUNT(guarded))

struct program {
	struct sock_filter code[LENGTH_MAX];
	unsigned short length;
	uint32_t kill; /* or what stands in for it */
};

static void
add(struct program *p, unsigned code, uint32_t value, unsigned if_true,
    unsigned if_false)
{
	sandbox_bpf_add(p->code, &p->length, code, value, if_true, if_false);
}

static void
load(struct program *p, size_t offset)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
answer(struct program *p, uint32_t how)
{
	add(p, BPF_RET | BPF_K, how == KILL_PROCESS ? p->kill : how, 0, 0);
}

static void
add_list(struct program *p, const int *calls, size_t count, uint32_t how)
{
	for (size_t i = 0; i < count; i++) {
		add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1);
		answer(p, how);
	}
}

static void
build(struct program *p, bool profiling)
{
	load(p, offsetof(struct seccomp_data, arch));
	add(p, BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCHITECTURE, 1, 0);
	answer(p, KILL_PROCESS);
	load(p, offsetof(struct seccomp_data, nr));
	add_list(p, allowed, COUNT(allowed), SECCOMP_RET_ALLOW);
	/* Ahead of what is guarded. */
	if (profiling)
		add_list(
		    p, for_profiles, COUNT(for_profiles), SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < COUNT(guarded); i++) {
		add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)guarded[i].call, 0,
		    4);
		load(p, offsetof(struct seccomp_data, args) +
			    guarded[i].argument * sizeof(uint64_t));
		add(p, BPF_JMP | BPF_JSET | BPF_K, guarded[i].bits, 0, 1);
		answer(p, guarded[i].otherwise);
		answer(p, SECCOMP_RET_ALLOW);
	}
	add_list(p, refused, COUNT(refused), SECCOMP_RET_ERRNO | EPERM);
	add(p, BPF_JMP | BPF_JGE | BPF_K, UNKNOWN_FROM, 0, 1);
	answer(p, SECCOMP_RET_ERRNO | ENOSYS);
	answer(p, KILL_PROCESS);
}

bool
sandbox_seccomp_enter(bool log, bool profiling)
{
	struct program p = { .kill = log ? SANDBOX_LOG : KILL_PROCESS };

	build(&p, profiling);
	return sandbox_bpf_enter(p.code, p.length);
}

#else

#include <errno.h>

bool
sandbox_seccomp_enter(bool log, bool profiling)
{
	(void)log;
	(void)profiling;
	errno = ENOSYS;
	return false;
}

#endif
