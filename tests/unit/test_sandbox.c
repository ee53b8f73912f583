/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/sandbox: a child enters the sandbox and tries what an attacker would try.
 */
#include "lib/sandbox/sandbox.h"

#include "lib/sandbox/sandbox_private.h"
#include "lib/xalloc.h"
#include "tests/t.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/test-sandbox-XXXXXX";
static char *database, *beside, *elsewhere, *profiles, *profile;

/* An attempt exits with 0 if it succeeds, else with errno. */
static int
ended(bool done)
{
	return done ? 0 : errno;
}

static int
try_read_database(void)
{
	char byte;
	int fd = open(database, O_RDONLY);

	return ended(fd != -1 && read(fd, &byte, 1) == 1);
}

static int
try_read_beside(void)
{
	return ended(open(beside, O_RDONLY) != -1);
}

static int
try_write_database(void)
{
	return ended(open(database, O_RDWR) != -1);
}

static int
try_truncate(void)
{
	return ended(open(database, O_RDONLY | O_TRUNC) != -1);
}

static int
try_create(void)
{
	return ended(open(elsewhere, O_WRONLY | O_CREAT | O_EXCL, 0600) != -1);
}

static int
try_write_profile(void)
{
	return ended(open(profile, O_WRONLY | O_CREAT | O_TRUNC, 0600) != -1 &&
		     open(profile, O_RDONLY) != -1);
}

static int
try_remove(void)
{
	return ended(unlink(beside) == 0);
}

static int
try_read_passwd(void)
{
	return ended(open("/etc/passwd", O_RDONLY) != -1);
}

static int
try_read_self(void)
{
	return ended(open("/proc/self/environ", O_RDONLY) != -1);
}

static int
try_climb(void)
{
	char *path = xasprintf("%s/../../etc/passwd", directory);

	return ended(open(path, O_RDONLY) != -1);
}

static int
try_socket(void)
{
	return ended(socket(AF_INET, SOCK_STREAM, 0) != -1);
}

static int
try_unix_socket(void)
{
	return ended(socket(AF_UNIX, SOCK_STREAM, 0) != -1);
}

static int
try_run(void)
{
	char *const arguments[] = { (char[]){ "true" }, NULL };

	execve("/bin/true", arguments, arguments + 1);
	return errno;
}

static int
try_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return ended(child != -1);
}

static int
try_trace(void)
{
	return ended(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static int
try_signal_parent(void)
{
	return ended(kill(getppid(), SIGCONT) == 0);
}

static int
try_executable_memory(void)
{
	return ended(mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static int
try_made_executable(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return ended(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
}

static int
try_memory(void)
{
	char *bytes = malloc(50000000);

	memset(bytes, 1, 50000000);
	free(bytes);
	return 0;
}

static int
try_new_call(void)
{
	syscall(499);
	return errno;
}

static int
try_core(void)
{
	struct rlimit now;

	return getrlimit(RLIMIT_CORE, &now) == -1 ? errno : (int)now.rlim_cur;
}

static int
try_listen(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return ended(
	    fd != -1 && bind(fd, (struct sockaddr *)&here, sizeof here) == 0);
}

#define KILLED (-1)
#define REFUSED (-2) /* killed, or an error */

/* How ${attempt} ends in a process that ${enter} has shut in. */
static int
outcome(void (*enter)(void), int (*attempt)(void))
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		enter();
		syscall(SYS_exit_group, attempt());
	}
	if (child == -1 || waitpid(child, &status, 0) != child)
		return 999;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : 998;
	return WEXITSTATUS(status);
}

static void
enter_responder(void)
{
	sandbox_responder(database);
}

/* A responder that can be profiled keeps a little more. */
static void
enter_profiled(void)
{
	sandbox_keep_profiling(profiles);
	sandbox_responder(database);
}

static void
enter_writing_fetch(void)
{
	const char *const writable[] = { directory, NULL };
	const char *const readable[] = { "/nonexistent", NULL };

	sandbox_fetch(writable, readable, false);
}

/* One whose library runs ssh(1). */
static void
enter_running_fetch(void)
{
	const char *const none[] = { NULL };

	sandbox_fetch(none, none, true);
}

static void
enter_fetch(void)
{
	const char *const writable[] = { NULL };
	const char *const readable[] = { database, NULL };

	sandbox_fetch(writable, readable, false);
}

static const struct {
	int line;
	void (*enter)(void);
	int (*attempt)(void);
	int want;
	bool landlock; /* it takes Landlock; else either will do */
} rows[] = {
	{ __LINE__, enter_responder, try_read_database, 0, false },
	{ __LINE__, enter_responder, try_read_beside, 0, false },
	{ __LINE__, enter_responder, try_memory, 0, false },
	{ __LINE__, enter_responder, try_write_database, EACCES, false },
	{ __LINE__, enter_responder, try_truncate, EACCES, false },
	{ __LINE__, enter_responder, try_create, EACCES, false },
	{ __LINE__, enter_responder, try_remove, REFUSED, false },
	{ __LINE__, enter_responder, try_read_passwd, EACCES, true },
	{ __LINE__, enter_responder, try_climb, EACCES, true },
	{ __LINE__, enter_responder, try_write_profile, EACCES, false },
	{ __LINE__, enter_profiled, try_write_profile, 0, false },
	{ __LINE__, enter_profiled, try_read_database, 0, false },
	{ __LINE__, enter_profiled, try_write_database, EACCES, true },
	{ __LINE__, enter_profiled, try_truncate, EACCES, true },
	{ __LINE__, enter_profiled, try_create, EACCES, true },
	{ __LINE__, enter_profiled, try_read_passwd, EACCES, true },
	{ __LINE__, enter_profiled, try_remove, REFUSED, false },
	{ __LINE__, enter_writing_fetch, try_read_database, 0, true },
	{ __LINE__, enter_writing_fetch, try_write_database, 0, true },
	{ __LINE__, enter_writing_fetch, try_read_passwd, 0, true },
	{ __LINE__, enter_writing_fetch, try_create, EACCES, true },
	{ __LINE__, enter_writing_fetch, try_socket, 0, true },
	{ __LINE__, enter_running_fetch, try_run, 0, true },
	{ __LINE__, enter_fetch, try_read_database, 0, true },
	{ __LINE__, enter_fetch, try_write_database, EACCES, true },
	{ __LINE__, enter_fetch, try_read_beside, EACCES, true },
	{ __LINE__, enter_fetch, try_socket, 0, true },
	{ __LINE__, enter_fetch, try_create, EACCES, true },
};

/* These take the filter of system calls, which sanitizers do without. */
static const struct {
	int line;
	int (*attempt)(void);
	int want;
} filtered[] = {
	{ __LINE__, try_read_self, EACCES },
	{ __LINE__, try_socket, KILLED },
	{ __LINE__, try_unix_socket, KILLED },
	{ __LINE__, try_run, KILLED },
	{ __LINE__, try_fork, KILLED },
	{ __LINE__, try_trace, KILLED },
	{ __LINE__, try_signal_parent, KILLED },
	{ __LINE__, try_executable_memory, KILLED },
	{ __LINE__, try_made_executable, KILLED },
	{ __LINE__, try_new_call, ENOSYS },
};

static void
enter_nothing(void)
{
}

/* What is refused inside works outside, else the rows above show nothing. */
static void
test_outside(void)
{
	CHECK_INT(outcome(enter_nothing, try_read_passwd), 0);
	CHECK_INT(outcome(enter_nothing, try_write_database), 0);
	CHECK_INT(outcome(enter_nothing, try_socket), 0);
	CHECK_INT(outcome(enter_nothing, try_run), 0);
	CHECK_INT(outcome(enter_nothing, try_fork), 0);
	CHECK_INT(outcome(enter_nothing, try_trace), 0);
	CHECK_INT(outcome(enter_nothing, try_listen), 0);
	CHECK_INT(outcome(enter_nothing, try_made_executable), 0);
}

/*
 * What no fetch needs.  With these arguments each call fails outside as well,
 * but never for want of permission.
 */
static const struct {
	int line;
	long call;
	long a, b, c;
	int want;
} refused[] = {
	{ __LINE__, SYS_ptrace, 0x4200, 0, 0, EPERM },
	{ __LINE__, SYS_process_vm_readv, 0, 0, 0, EPERM },
	{ __LINE__, SYS_process_vm_writev, 0, 0, 0, EPERM },
	{ __LINE__, SYS_kcmp, 0, 0, 99, EPERM },
	{ __LINE__, 434, 1, 0, 0, EPERM }, /* pidfd_open() */
	{ __LINE__, 438, -1, 0, 0, EPERM }, /* pidfd_getfd() */
	{ __LINE__, 424, -1, 0, 0, EPERM }, /* pidfd_send_signal() */
	{ __LINE__, SYS_kill, 0x3fffffff, 0, 0, EPERM },
	{ __LINE__, SYS_tkill, 0x3fffffff, 0, 0, EPERM },
	{ __LINE__, SYS_tgkill, 1, 1, 999, EPERM },
	{ __LINE__, SYS_rt_sigqueueinfo, 0x3fffffff, 0, 0, EPERM },
	{ __LINE__, SYS_prlimit64, 0x3fffffff, 7, 0, EPERM },
	{ __LINE__, SYS_setpriority, 99, 0, 0, EPERM },
	{ __LINE__, SYS_sched_setaffinity, 0x3fffffff, 0, 0, EPERM },
	{ __LINE__, SYS_setns, -1, 0, 0, EPERM },
	{ __LINE__, SYS_unshare, 0x400, 0, 0, EPERM },
	{ __LINE__, SYS_clone, 0x10000000, 0, 0, EPERM }, /* NEWUSER */
	{ __LINE__, SYS_clone, 0x40000000, 0, 0, EPERM }, /* NEWNET */
	{ __LINE__, 435, 0, 0, 0, ENOSYS }, /* clone3() */
	{ __LINE__, SYS_setresuid, -1, -1, -1, EPERM },
	{ __LINE__, SYS_setgroups, 1L << 30, 0, 0, EPERM },
	{ __LINE__, SYS_personality, 0xffffffff, 0, 0, EPERM },
	{ __LINE__, SYS_chroot, 0, 0, 0, EPERM },
	{ __LINE__, SYS_mount, 0, 0, 0, EPERM },
	{ __LINE__, SYS_umount2, 0, 0xffff, 0, EPERM },
	{ __LINE__, 428, -1, 0, 0, EPERM }, /* open_tree() */
	{ __LINE__, 429, -1, 0, -1, EPERM }, /* move_mount() */
	{ __LINE__, 430, 0, 0xff, 0, EPERM }, /* fsopen() */
	{ __LINE__, 431, -1, 99, 0, EPERM }, /* fsconfig() */
	{ __LINE__, 432, -1, 0xff, 0, EPERM }, /* fsmount() */
	{ __LINE__, 433, -1, 0, 0xffff, EPERM }, /* fspick() */
	{ __LINE__, 442, -1, 0, 0xffff, EPERM }, /* mount_setattr() */
	{ __LINE__, 443, -1, 0, 0, EPERM }, /* quotactl_fd() */
	{ __LINE__, SYS_open_by_handle_at, -1, 0, 0, EPERM },
	{ __LINE__, SYS_bpf, 999, 0, 0, EPERM },
	{ __LINE__, SYS_perf_event_open, 0, 0, 0, EPERM },
	{ __LINE__, SYS_userfaultfd, 0xffff, 0, 0, EPERM },
	{ __LINE__, 425, 0, 0, 0, EPERM }, /* io_uring_setup() */
	{ __LINE__, SYS_add_key, 0, 0, 0, EPERM },
	{ __LINE__, SYS_keyctl, 999, 0, 0, EPERM },
	{ __LINE__, SYS_request_key, 0, 0, 0, EPERM },
	{ __LINE__, SYS_finit_module, -1, 0, 0, EPERM },
	{ __LINE__, SYS_fchmodat, -1, 0, 0, EPERM },
	{ __LINE__, SYS_fchownat, -1, 0, 0, EPERM },
	{ __LINE__, SYS_utimensat, -1, 0, 0, EPERM },
	{ __LINE__, SYS_setxattr, 0, 0, 0, EPERM },
	{ __LINE__, SYS_listen, -1, 0, 0, EPERM },
	{ __LINE__, SYS_accept4, -1, 0, 0, EPERM },
	{ __LINE__, SYS_socket, 17, 3, 0, EPERM }, /* packets */
	{ __LINE__, SYS_socket, 38, 5, 0, EPERM }, /* AF_ALG */
	{ __LINE__, SYS_ioctl, -1, 0x5412, 0, EPERM }, /* TIOCSTI */
	{ __LINE__, SYS_execve, 0, 0, 0, EPERM },
	{ __LINE__, 499, 0, 0, 0, ENOSYS },
};

static size_t tried;

static int
try_refused(void)
{
	errno = 0;
	return syscall(refused[tried].call, refused[tried].a, refused[tried].b,
		   refused[tried].c, 0, 0, 0) == -1
		   ? errno
		   : 0;
}

static void *
in_a_thread(void *unused)
{
	return unused;
}

/* What a fetch does all the time. */
static int
try_living(void)
{
	pthread_t thread;
	struct rlimit limit;
	int pair[2];

	errno = EDOM;
	return ended(pthread_create(&thread, NULL, in_a_thread, NULL) == 0 &&
		     pthread_join(thread, NULL) == 0 && raise(SIGURG) == 0 &&
		     getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
		     socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 &&
		     socket(AF_INET6, SOCK_DGRAM, 0) != -1 &&
		     socket(AF_NETLINK, SOCK_RAW, 0) != -1 &&
		     fchmod(pair[0], 0600) == 0 && try_fork() == 0);
}

static int report_seccomp(void);

static void
test_fetch_filter(void)
{
	bool filter = outcome(enter_fetch, report_seccomp) == 1;

	CHECK(filter == !SANDBOX_SANITIZER);
	if (!filter)
		return;
	for (tried = 0; tried < sizeof refused / sizeof refused[0]; tried++) {
		int outside = outcome(enter_nothing, try_refused);

		T_AT(refused[tried].line);
		/* It would show nothing where something else refuses. */
		if (outside != refused[tried].want)
			CHECK_INT(outcome(enter_fetch, try_refused),
			    refused[tried].want);
	}
	T_AT(0);
	CHECK_INT(outcome(enter_fetch, try_living), 0);
	CHECK_INT(outcome(enter_fetch, try_run), EPERM);
	CHECK_INT(outcome(enter_fetch, try_signal_parent), EPERM);
	setenv(SANDBOX_VARIABLE, "off", 1);
	CHECK_INT(outcome(enter_fetch, try_run), 0);
	CHECK_INT(outcome(enter_fetch, report_seccomp), 0);
	unsetenv(SANDBOX_VARIABLE);
}

static int
report_landlock(void)
{
	return sandbox_now()->landlock;
}

static int
report_seccomp(void)
{
	return sandbox_now()->seccomp;
}

/* As if the database had moved to another directory. */
static int
report_outgrown(void)
{
	return sandbox_is_outdated(database)
		   ? 100
		   : sandbox_is_outdated("/etc/passwd");
}

static void
test_table(void)
{
	bool landlock = outcome(enter_responder, report_landlock) > 0;

	if (!landlock)
		printf("# this kernel has no Landlock\n");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int got;

		if (!landlock && (rows[i].landlock || SANDBOX_SANITIZER))
			continue;
		T_AT(rows[i].line);
		got = outcome(rows[i].enter, rows[i].attempt);
		if (rows[i].want == REFUSED)
			CHECK(got != 0);
		else
			CHECK_INT(got, rows[i].want);
	}
	T_AT(0);
	if (landlock) {
		CHECK_INT(outcome(enter_responder, report_outgrown), 1);
		if (outcome(enter_fetch, report_landlock) >= 4)
			CHECK_INT(outcome(enter_fetch, try_listen), EACCES);
	}
}

static void
test_filter(void)
{
	bool filter = outcome(enter_responder, report_seccomp) == 1;
	bool landlock = outcome(enter_responder, report_landlock) > 0;

	CHECK(filter == !SANDBOX_SANITIZER);
	for (size_t i = 0; i < sizeof filtered / sizeof filtered[0]; i++) {
		bool unguarded =
		    filtered[i].attempt == try_read_self && !landlock;

		T_AT(filtered[i].line);
		if (!filter)
			continue;
		/* To root, opening is Landlock's to refuse. */
		if (!unguarded || geteuid() != 0)
			CHECK_INT(outcome(enter_responder, filtered[i].attempt),
			    filtered[i].want);
		/* The same in a process that can be profiled. */
		if (!unguarded)
			CHECK_INT(outcome(enter_profiled, filtered[i].attempt),
			    filtered[i].want);
	}
	T_AT(0);
	setenv(SANDBOX_VARIABLE, "off", 1);
	CHECK_INT(outcome(enter_responder, try_fork), 0);
	CHECK_INT(outcome(enter_responder, report_seccomp), 0);
	unsetenv(SANDBOX_VARIABLE);
	CHECK_INT(outcome(enter_writing_fetch, try_core), 0);
}

/* The calls that a responder survives, allowed or refused. */
static const long survived[] = {
	/* allowed */
	SYS_read,
	SYS_readv,
	SYS_pread64,
	SYS_write,
	SYS_writev,
	SYS_close,
	SYS_lseek,
	SYS_fstat,
	SYS_fcntl,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	SYS_restart_syscall,
	SYS_getpid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_gettimeofday,
	SYS_getrandom,
	SYS_futex,
	SYS_sched_yield,
	SYS_exit,
	SYS_exit_group,
	SYS_faccessat,
	SYS_readlinkat,
	SYS_getcwd,
	SYS_statfs,
	SYS_fstatfs,
	SYS_sysinfo,
	SYS_ppoll,
	SYS_pselect6,
	SYS_accept,
	SYS_accept4,
	SYS_shutdown,
	SYS_getpeername,
	SYS_getsockname,
	SYS_setsockopt,
	SYS_recvfrom,
	SYS_newfstatat,
	SYS_statx,
	SYS_faccessat2,
	/* as the arguments are */
	SYS_mmap,
	SYS_mprotect,
	SYS_openat,
	/* refused */
	SYS_prlimit64,
	SYS_ioctl,
	SYS_unlinkat,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_pwrite64,
	SYS_fsync,
	SYS_fdatasync,
	SYS_mkdirat,
	SYS_fchmod,
	SYS_fchown,
	SYS_getdents64,
	SYS_uname,
	SYS_sched_getaffinity,
	SYS_getsockopt,
	SYS_flock,
#if defined(__x86_64__)
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_poll,
	SYS_select,
	SYS_time,
	SYS_open,
	SYS_unlink,
	SYS_mkdir,
	SYS_getrlimit,
#endif
};

static const long survived_profiled[] = { SYS_setitimer, SYS_rt_sigpending };

#define CALLS 449 /* what is newer fails as if the kernel did not know it */
/* No calls of their own but, lately, some that the kernel makes itself. */
#if defined(__x86_64__)
#define GAP 335
#else
#define GAP 295
#endif
#define GAP_END 424

static long call_number;

/* With arguments that no call takes: nothing happens where it is allowed. */
static int
try_call(void)
{
	return syscall(call_number, -1L, -1L, -1L, -1L, -1L, -1L) == -1 ? errno
									: 0;
}

static bool
is_among(const long *calls, size_t count, long call)
{
	for (size_t i = 0; i < count; i++)
		if (calls[i] == call)
			return true;
	return false;
}

#define AMONG(calls, call) \
	is_among(calls, sizeof(calls) / sizeof(calls)[0], call)

static void
test_every_call(void)
{
	if (outcome(enter_responder, report_seccomp) != 1)
		return;
	for (call_number = 0; call_number < CALLS; call_number++) {
		T_AT((int)call_number);
		if (call_number == GAP)
			call_number = GAP_END;
		if (AMONG(survived, call_number))
			continue;
		CHECK_INT(outcome(enter_responder, try_call), KILLED);
		if (!AMONG(survived_profiled, call_number))
			CHECK_INT(outcome(enter_profiled, try_call), KILLED);
	}
	T_AT(0);
}

/* Where the directory is missing, what it will be made in is open. */
static void
enter_early(void)
{
	char *path = xasprintf("%s/not/yet/registry.db", directory);

	sandbox_responder(path);
	free(path);
}

int
main(void)
{
	int fd;

	if (!CHECK(mkdtemp(directory) != NULL))
		return t_done();
	database = xasprintf("%s/registry.db", directory);
	beside = xasprintf("%s-shm", database);
	elsewhere = xasprintf("%s-outside", directory);
	profiles = xasprintf("%s-profiles", directory);
	profile = xasprintf("%s/0.cpu", profiles);
	CHECK(mkdir(profiles, 0700) == 0);
	fd = open(database, O_WRONLY | O_CREAT, 0600);
	CHECK(write(fd, "x", 1) == 1);
	close(fd);
	close(open(beside, O_WRONLY | O_CREAT, 0600));
	test_outside();
	test_table();
	test_filter();
	test_fetch_filter();
	test_every_call();
	CHECK_INT(outcome(enter_early, try_read_database), 0);
	unlink(beside);
	unlink(database);
	rmdir(directory);
	unlink(profile);
	rmdir(profiles);
	free(profile);
	free(profiles);
	free(elsewhere);
	free(beside);
	free(database);
	return t_done();
}
