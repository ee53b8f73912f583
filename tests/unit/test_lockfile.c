/* SPDX-License-Identifier: Apache-2.0 */
/* lib/lockfile: one holder at a time, and passing the lock on. */
#include "lib/clock.h"
#include "lib/lockfile.h"
#include "lib/xalloc.h"
#include "tests/t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/test-lockfile-XXXXXX";
static char *database, *lock;

static int
adopt(int *fd, const char *number, struct err *e)
{
	CHECK(setenv(LOCKFILE_VARIABLE, number, 1) == 0);
	return lockfile_adopt(fd, database, e);
}

static void
test_one_holder(void)
{
	struct err e = ERR_INIT;
	int first = -1, second = -1;

	CHECK_INT(lockfile_take(&first, database, &e), 0);
	CHECK(fcntl(first, F_GETFD) == FD_CLOEXEC);
	CHECK_INT(lockfile_take(&second, database, &e), -1);
	CHECK_INT(e.code, ERR_BUSY);
	close(first);
	CHECK_INT(lockfile_take(&second, database, &e), 0);
	close(second);
}

/* A process that can open the file can block every sync. */
static void
test_closed_to_others(void)
{
	struct err e = ERR_INIT;
	struct stat st;
	int fd = -1;

	CHECK(chmod(lock, 0666) == 0);
	CHECK_INT(lockfile_take(&fd, database, &e), 0);
	CHECK(fstat(fd, &st) == 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	close(fd);
}

/* A link that another user put there leads nowhere. */
static void
test_link(void)
{
	char *target = xasprintf("%s/target", directory);
	struct err e = ERR_INIT;
	struct stat st;
	int fd = -1;

	unlink(lock);
	CHECK(symlink(target, lock) == 0);
	CHECK_INT(lockfile_take(&fd, database, &e), -1);
	CHECK_INT(e.code, ERR_STORAGE);
	CHECK(strstr(e.text, lock) != NULL);
	CHECK(lstat(target, &st) == -1);
	close(open(target, O_WRONLY | O_CREAT, 0600));
	CHECK(chmod(target, 0644) == 0);
	CHECK_INT(lockfile_take(&fd, database, &e), -1);
	CHECK(stat(target, &st) == 0);
	CHECK_INT(st.st_mode & 07777, 0644);
	unlink(lock);
	unlink(target);
	free(target);
}

/* A run that could not be recorded is noted in the file's times. */
static void
test_note(void)
{
	struct err e = ERR_INIT;
	int64_t started, ended, now = clock_now();
	int fd = -1;

	unlink(lock);
	lockfile_noted(&started, &ended, database);
	CHECK_INT(started, 0);
	CHECK_INT(ended, 0);
	CHECK_INT(lockfile_take(&fd, database, &e), 0);
	lockfile_noted(&started, &ended, database);
	CHECK_INT(started, 0);
	CHECK_INT(ended, 0);
	lockfile_note(fd, now - 5);
	lockfile_noted(&started, &ended, database);
	CHECK_INT(started, now - 5);
	CHECK(ended >= now - CLOCK_SECOND && ended <= clock_now());
	close(fd);
	CHECK_INT(lockfile_take(&fd, database, &e), 0);
	lockfile_noted(&started, &ended, database);
	CHECK_INT(started, now - 5);
	close(fd);
}

static void
test_no_directory(void)
{
	struct err e = ERR_INIT;
	int fd = -1;

	CHECK_INT(lockfile_take(&fd, "/nonexistent/x.db", &e), -1);
	CHECK_INT(e.code, ERR_STORAGE);
	CHECK(strstr(e.text, "/nonexistent/x.db.lock") != NULL);
}

/* A child takes over what the parent then closes; the lock stays. */
static void
test_handed_over(void)
{
	struct err e = ERR_INIT;
	int held = -1, other = -1, status = -1;
	int go[2], ready[2];
	char number[16], c;
	pid_t child;

	CHECK_INT(lockfile_take(&held, database, &e), 0);
	snprintf(number, sizeof number, "%d", held);
	CHECK(pipe(go) == 0 && pipe(ready) == 0);
	child = fork();
	if (child == 0) {
		int fd = -1;
		int ok = adopt(&fd, number, &e) == 0 && fd == held &&
			 fcntl(fd, F_GETFD) == FD_CLOEXEC;

		_exit(write(ready[1], "r", 1) == 1 && read(go[0], &c, 1) == 1 &&
			      ok
			  ? 0
			  : 1);
	}
	CHECK(read(ready[0], &c, 1) == 1);
	close(held);
	CHECK_INT(lockfile_take(&other, database, &e), -1);
	CHECK(write(go[1], "g", 1) == 1);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK_INT(status, 0);
	CHECK_INT(lockfile_take(&other, database, &e), 0);
	close(other);
}

/* What is no descriptor of the lock file is refused. */
static void
test_not_the_lock(void)
{
	static const struct {
		int line;
		const char *text;
	} rows[] = {
		{ __LINE__, "" },
		{ __LINE__, "0" },
		{ __LINE__, "-1" },
		{ __LINE__, "999" },
		{ __LINE__, "4x" },
		{ __LINE__, " " },
		{ __LINE__, "99999999999999999999" },
	};
	struct err e = ERR_INIT;
	char number[16];
	int fd = -1, foreign, again = -1;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		T_AT(rows[i].line);
		CHECK_INT(adopt(&fd, rows[i].text, &e), -1);
		CHECK_INT(e.code, ERR_USAGE);
	}
	T_AT(0);
	CHECK_INT(lockfile_adopt(&fd, database, &e), 0);
	foreign = open("/dev/null", O_RDONLY);
	snprintf(number, sizeof number, "%d", foreign);
	CHECK_INT(adopt(&again, number, &e), -1);
	CHECK_INT(e.code, ERR_USAGE);
	/* The right file, opened by itself: no share in the lock. */
	close(foreign);
	foreign = open(lock, O_RDWR);
	snprintf(number, sizeof number, "%d", foreign);
	CHECK_INT(adopt(&again, number, &e), -1);
	CHECK_INT(e.code, ERR_USAGE);
	close(foreign);
	close(fd);
}

/* A later run, or a program that this one starts, must not adopt it again. */
static void
test_adopted_once(void)
{
	struct err e = ERR_INIT;
	char number[16];
	int fd = -1, held = -1;

	CHECK_INT(lockfile_take(&held, database, &e), 0);
	snprintf(number, sizeof number, "%d", held);
	CHECK(setenv(LOCKFILE_VARIABLE, number, 1) == 0);
	CHECK_INT(lockfile_adopt(&fd, database, &e), 0);
	CHECK_INT(fd, held);
	CHECK(getenv(LOCKFILE_VARIABLE) == NULL);
	close(fd);
	CHECK_INT(adopt(&fd, "999", &e), -1);
	CHECK_INT(lockfile_adopt(&fd, database, &e), 0);
	close(fd);
}

int
main(void)
{
	if (!CHECK(mkdtemp(directory) != NULL))
		return t_done();
	database = xasprintf("%s/registry.db", directory);
	lock = xasprintf("%s.lock", database);
	test_one_holder();
	test_closed_to_others();
	test_link();
	test_note();
	test_no_directory();
	test_handed_over();
	test_not_the_lock();
	test_adopted_once();
	unlink(lock);
	rmdir(directory);
	free(lock);
	free(database);
	return t_done();
}
