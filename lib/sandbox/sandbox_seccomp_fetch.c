/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls that a fetching process does without.
 *
 * Its libraries differ from system to system, and each brings calls of its own:
 * a list of those that are allowed would be a list of libraries.  So this one
 * names what no fetch needs: reaching into other processes, the kernel's
 * settings, namespaces, file modes, and the large and young parts of the kernel
 * in which holes are found.  Calls newer than this file do not exist, and
 * nothing is killed: libraries that try one live with a refusal.
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
	/* waiting for others to connect */
	SYS_listen, SYS_accept, SYS_accept4, OLD_REFUSED
};

static const int runs[] = { SYS_execve, SYS_execveat };

static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LENGTH_MAX (64 + 2 * (COUNT(refused) + COUNT(runs) + COUNT(families)))

struct program {
	struct sock_filter code[LENGTH_MAX];
	unsigned short length;
	uint32_t refusal; /* or what stands in for it */
};

static void
add(struct program *p, unsigned what, uint32_t value, unsigned if_true,
    unsigned if_false)
{
	sandbox_bpf_add(p->code, &p->length, what, value, if_true, if_false);
}

static void
load(struct program *p, size_t offset)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
answer(struct program *p, uint32_t how)
{
	add(p, BPF_RET | BPF_K, how, 0, 0);
}

static void
refuse(struct program *p, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1);
		answer(p, p->refusal);
	}
}

/* The low half of an argument, which is all of an int. */
static size_t
low_half(unsigned argument)
{
	return offsetof(struct seccomp_data, args) +
	       argument * sizeof(uint64_t);
}

/*
 * ${call} is refused unless its ${argument} compares so with one of ${count}
 * ${values}: for BPF_JEQ it is one of them, for BPF_JSET it has no such bit.
 */
static void
guard(struct program *p, int call, unsigned argument, unsigned how,
    const uint32_t *values, size_t count)
{
	bool any = how == BPF_JEQ;

	/* Past what follows: the load, a pair for each value, the last. */
	add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0,
	    (unsigned)(2 * count + 2));
	load(p, low_half(argument));
	for (size_t i = 0; i < count; i++) {
		add(p, BPF_JMP | how | BPF_K, values[i], 0, 1);
		answer(p, any ? SECCOMP_RET_ALLOW : p->refusal);
	}
	answer(p, any ? p->refusal : SECCOMP_RET_ALLOW);
}

static void
guard_all(struct program *p)
{
	const uint32_t self = (uint32_t)getpid(), none = 0;
	const uint32_t namespaces = NAMESPACES;
	uint32_t known[COUNT(families)];

	for (size_t i = 0; i < COUNT(families); i++)
		known[i] = (uint32_t)families[i];
	guard(p, SYS_socket, 0, BPF_JEQ, known, COUNT(known));
	guard(p, SYS_clone, 0, BPF_JSET, &namespaces, 1);
	guard(p, SYS_tgkill, 0, BPF_JEQ, &self, 1);
	guard(p, SYS_prlimit64, 0, BPF_JEQ, &none, 1);
}

/* Typing on the terminal that standard error may be. */
static void
guard_terminal(struct program *p)
{
	const uint32_t typing[] = { TIOCSTI, TIOCLINUX };

	add(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 6);
	load(p, low_half(1));
	for (size_t i = 0; i < COUNT(typing); i++) {
		add(p, BPF_JMP | BPF_JEQ | BPF_K, typing[i], 0, 1);
		answer(p, p->refusal);
	}
	answer(p, SECCOMP_RET_ALLOW);
}

static void
begin(struct program *p, bool log)
{
	p->length = 0;
	p->refusal = log ? SANDBOX_LOG : (SECCOMP_RET_ERRNO | EPERM);
	load(p, offsetof(struct seccomp_data, arch));
	add(p, BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCHITECTURE, 1, 0);
	answer(p, SANDBOX_KILL_PROCESS);
	load(p, offsetof(struct seccomp_data, nr));
}

bool
sandbox_seccomp_enter_fetch(bool log, bool runs_programs)
{
	static struct program p;

	begin(&p, log);
	refuse(&p, refused, COUNT(refused));
	if (!runs_programs)
		refuse(&p, runs, COUNT(runs));
	/* libc makes do with clone(), whose flags can be read. */
	add(&p, BPF_JMP | BPF_JEQ | BPF_K, CLONE3, 0, 1);
	answer(&p, SECCOMP_RET_ERRNO | ENOSYS);
	guard_all(&p);
	guard_terminal(&p);
	/* Those of x32 as well, which have a bit above all numbers. */
	add(&p, BPF_JMP | BPF_JGE | BPF_K, FIRST_UNKNOWN, 0, 1);
	answer(&p, SECCOMP_RET_ERRNO | ENOSYS);
	answer(&p, SECCOMP_RET_ALLOW);
	return sandbox_bpf_enter(p.code, p.length);
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
