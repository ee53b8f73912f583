/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of a responder, as a seccomp filter.
 *
 * A call on none of the lists ends the process.  Calls that libraries try but
 * do not need fail instead, and so do calls newer than this file, since
 * libraries try those first.  The filter is written by hand, without
 * libseccomp: it is short, and a plain CGI program builds it for every request.
 */
#include "lib/sandbox/sandbox_bpf.h"

#if SANDBOX_FILTERS

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* Only x86-64 has the older calls without a directory. */
#if defined(__x86_64__)
#define OLD_ALLOWED                                                          \
	SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_poll, SYS_select, \
	    SYS_time,
#define OLD_FOR_PROFILES SYS_open,
#define OLD_REFUSED SYS_unlink, SYS_mkdir, SYS_getrlimit,
#define OLD_GUARDED { SYS_open, 1, BPF_JSET, { writes }, 1, READ_ONLY, ALLOW },
#else
#define OLD_ALLOWED
#define OLD_FOR_PROFILES
#define OLD_REFUSED
#define OLD_GUARDED
#endif

#define UNKNOWN_FROM 449 /* numbers are the same everywhere since 424 */
#define ALLOW SECCOMP_RET_ALLOW
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

/* For profiling; Landlock decides which files may be written. */
static const int for_profiles[] = { SYS_openat, SYS_setitimer,
	SYS_rt_sigpending, OLD_FOR_PROFILES };

/* SQLite and libc try these and handle their failure. */
static const int refused[] = { SYS_prlimit64, SYS_ioctl, SYS_unlinkat,
	SYS_ftruncate, SYS_fallocate, SYS_pwrite64, SYS_fsync, SYS_fdatasync,
	SYS_mkdirat, SYS_fchmod, SYS_fchown, SYS_getdents64, SYS_uname,
	SYS_sched_getaffinity, SYS_getsockopt, SYS_flock, OLD_REFUSED };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
_Static_assert(
    2 * (COUNT(allowed) + COUNT(for_profiles) + COUNT(refused)) + 64 <=
	SANDBOX_FILTER_MAX,
    "SANDBOX_FILTER_MAX");

bool
sandbox_seccomp_enter(bool log, bool profiling)
{
	const uint32_t kill = log ? SANDBOX_LOG : SANDBOX_KILL_PROCESS;
	const uint32_t writes = O_ACCMODE | O_CREAT | O_TRUNC;
	const struct sandbox_guard guards[] = {
		{ SYS_mmap, 2, BPF_JSET, { PROT_EXEC }, 1, kill, ALLOW },
		{ SYS_mprotect, 2, BPF_JSET, { PROT_EXEC }, 1, kill, ALLOW },
		{ SYS_openat, 2, BPF_JSET, { writes }, 1, READ_ONLY, ALLOW },
		OLD_GUARDED
	};
	struct sandbox_filter f;

	sandbox_filter_start(&f, kill);
	sandbox_filter_calls(&f, allowed, COUNT(allowed), ALLOW);
	/* Before the guards, which would refuse some of these. */
	if (profiling)
		sandbox_filter_calls(
		    &f, for_profiles, COUNT(for_profiles), ALLOW);
	for (size_t i = 0; i < COUNT(guards); i++)
		sandbox_filter_guard(&f, &guards[i]);
	sandbox_filter_calls(
	    &f, refused, COUNT(refused), SECCOMP_RET_ERRNO | EPERM);
	sandbox_filter_from(&f, UNKNOWN_FROM, SECCOMP_RET_ERRNO | ENOSYS);
	sandbox_filter_answer(&f, kill);
	return sandbox_filter_enter(&f);
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
