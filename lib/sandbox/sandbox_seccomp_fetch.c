/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls that a fetching process must not make.
 *
 * Its libraries differ between systems and use different calls, so a list of
 * allowed calls would break some of them.  This list names what no fetch needs:
 * access to other processes, the kernel's settings, namespaces, file modes, and
 * large or new parts of the kernel, where vulnerabilities are found.  Calls
 * newer than this file fail with ENOSYS.  The process is not killed: libraries
 * that try such a call handle its failure.
 */
#include "lib/sandbox/sandbox_bpf.h"

#include <errno.h>

#if SANDBOX_FILTERS

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same everywhere since 424; headers may be older than the kernel. */
#define FIRST_UNKNOWN 449
#define PIDFD_SEND_SIGNAL 424
#define IO_URING_SETUP 425
#define MOVE_MOUNT 429
#define FSPICK 433
#define PIDFD_OPEN 434
#define CLONE3 435
#define PIDFD_GETFD 438
#define PROCESS_MADVISE 440
#define MOUNT_SETATTR 442
#define QUOTACTL_FD 443
#define MEMFD_SECRET 447
#define PROCESS_MRELEASE 448
/* Not in headers without _GNU_SOURCE. */
#define NAMESPACES 0x7e020000U /* CLONE_NEW*, all that clone() knows */

#if defined(__x86_64__)
#define OLD_REFUSED                                                         \
	SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes,            \
	    SYS_futimesat, SYS_mknod, SYS_iopl, SYS_ioperm, SYS_modify_ldt, \
	    SYS_uselib, SYS_ustat, SYS_sysfs,
#else
#define OLD_REFUSED
#endif

static const int refused[] = {
	/* other processes */
	SYS_kill, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
	SYS_kcmp, PIDFD_OPEN, PIDFD_GETFD, PIDFD_SEND_SIGNAL, PROCESS_MADVISE,
	PROCESS_MRELEASE, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
	SYS_setpriority, SYS_ioprio_set, SYS_sched_setaffinity,
	SYS_sched_setattr, SYS_sched_setparam, SYS_sched_setscheduler,
	SYS_migrate_pages, SYS_move_pages,
	/* its own identity and namespaces */
	SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid,
	SYS_setresgid, SYS_setfsuid, SYS_setfsgid, SYS_setgroups, SYS_capset,
	SYS_setns, SYS_unshare, SYS_chroot, SYS_pivot_root, SYS_personality,
	/* mounts and swap */
	SYS_mount, SYS_umount2, MOVE_MOUNT, MOVE_MOUNT - 1, FSPICK, FSPICK - 1,
	FSPICK - 2, FSPICK - 3, MOUNT_SETATTR, SYS_quotactl, QUOTACTL_FD,
	SYS_swapon, SYS_swapoff, SYS_open_by_handle_at, SYS_name_to_handle_at,
	SYS_fanotify_init, SYS_fanotify_mark,
	/* files as Landlock does not see them */
	SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_setxattr,
	SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr,
	SYS_fremovexattr, SYS_mknodat,
	/* the machine */
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
	SYS_reboot, SYS_sethostname, SYS_setdomainname, SYS_acct, SYS_syslog,
	SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime,
	SYS_vhangup, SYS_nfsservctl,
	/* large parts of the kernel */
	SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, IO_URING_SETUP,
	IO_URING_SETUP + 1, IO_URING_SETUP + 2, SYS_add_key, SYS_keyctl,
	SYS_request_key, SYS_mq_open, SYS_msgget, SYS_semget, SYS_shmget,
	SYS_shmat, SYS_io_setup, MEMFD_SECRET, SYS_lookup_dcookie,
	SYS_remap_file_pages,
	/* accepting connections */
	SYS_listen, SYS_accept, SYS_accept4, OLD_REFUSED
};

static const int runs[] = { SYS_execve, SYS_execveat };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ALLOW SECCOMP_RET_ALLOW
_Static_assert(2 * (COUNT(refused) + COUNT(runs)) + 64 <= SANDBOX_FILTER_MAX,
    "SANDBOX_FILTER_MAX");

bool
sandbox_seccomp_enter_fetch(bool log, bool runs_programs)
{
	const uint32_t no = log ? SANDBOX_LOG : (SECCOMP_RET_ERRNO | EPERM);
	const uint32_t self = (uint32_t)getpid();
	const struct sandbox_guard guards[] = {
		{ SYS_socket, 0, BPF_JEQ,
		    { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK }, 4, ALLOW, no },
		{ SYS_clone, 0, BPF_JSET, { NAMESPACES }, 1, no, ALLOW },
		{ SYS_tgkill, 0, BPF_JEQ, { self }, 1, ALLOW, no },
		{ SYS_prlimit64, 0, BPF_JEQ, { 0 }, 1, ALLOW, no },
		/* Injecting input into the terminal of standard error. */
		{ SYS_ioctl, 1, BPF_JEQ, { TIOCSTI, TIOCLINUX }, 2, no, ALLOW },
	};
	static const int clone3_call[] = { CLONE3 };
	struct sandbox_filter f;

	sandbox_filter_start(&f, SANDBOX_KILL_PROCESS);
	sandbox_filter_calls(&f, refused, COUNT(refused), no);
	if (!runs_programs)
		sandbox_filter_calls(&f, runs, COUNT(runs), no);
	/* libc falls back to clone(), whose flags a filter can read. */
	sandbox_filter_calls(&f, clone3_call, 1, SECCOMP_RET_ERRNO | ENOSYS);
	for (size_t i = 0; i < COUNT(guards); i++)
		sandbox_filter_guard(&f, &guards[i]);
	/* Also the calls of x32, which have a higher bit set. */
	sandbox_filter_from(&f, FIRST_UNKNOWN, SECCOMP_RET_ERRNO | ENOSYS);
	sandbox_filter_answer(&f, ALLOW);
	return sandbox_filter_enter(&f);
}

#else

bool
sandbox_seccomp_enter_fetch(bool log, bool runs_programs)
{
	(void)log;
	(void)runs_programs;
	errno = ENOSYS;
	return false;
}

#endif
