/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fcgi/keeper: what the child may have it do, and how both end.  The program is
 * a script that leaves a note of what it was run as.
 */
#include "fcgi/process/keeper.h"

#include "lib/limits.h"
#include "lib/xalloc.h"
#include "tests/t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/test-keeper-XXXXXX";
static char *program, *note;

#define SCRIPT                                                   \
	"#!/bin/sh\n"                                            \
	"if [ -n \"$REQUEST_METHOD\" ]; then\n"                  \
	"    echo cgi >> \"$0.note\"\n"                          \
	"    printf '%s|' \"$REQUEST_METHOD\" \"$REQUEST_URI\" " \
	"\"$HTTP_ACCEPT\" \"$HTTPS\" \"$#\"\n"                   \
	"    [ -t 0 ] || read -r line || printf end\n"           \
	"    exit 0\n"                                           \
	"fi\n"                                                   \
	"echo new >> \"$0.note\"\n"                              \
	"exit 5\n"

#define STATUS_IN_CHILD 7
#define KILLED_BY 1000 /* with the number of the signal */

/* The exit status of the parent, if ${child} answers requests. */
static int
outcome(int (*child)(int link))
{
	int status = 0, link;
	pid_t pid;

	unlink(note);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		keeper_hold_signals();
		status = keeper_start(&link, program);
		_exit(status == -1 ? child(link) : status);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? KILLED_BY + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

/* What the script noted, "" for nothing. */
static const char *
noted(void)
{
	static char text[100];
	int fd = open(note, O_RDONLY);
	ssize_t n = fd == -1 ? 0 : read(fd, text, sizeof text - 1);

	if (fd != -1)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* Says ${bytes}, and returns whether ${want} is all that comes back. */
static bool
exchange(int link, const char *bytes, size_t len, const char *want)
{
	char got[1000];
	size_t done = 0;
	ssize_t n;

	while (len > 0) {
		n = send(link, bytes, len, MSG_NOSIGNAL);
		if (n < 1)
			break;
		bytes += n;
		len -= (size_t)n;
	}
	shutdown(link, SHUT_WR);
	while (done < sizeof got - 1 &&
	       (n = read(link, got + done, sizeof got - 1 - done)) > 0)
		done += (size_t)n;
	got[done] = '\0';
	return strcmp(got, want) == 0;
}

static int
end(int link)
{
	(void)link;
	return STATUS_IN_CHILD;
}

static int
want_restart(int link)
{
	(void)link;
	return KEEPER_RESTART;
}

static int
fall_over(int link)
{
	(void)link;
	raise(SIGUSR2);
	return 0;
}

static int
ask(int link)
{
	static const char message[] = "REQUEST_METHOD=GET\0"
				      "REQUEST_URI=/a?b=`c`&$d\0"
				      "HTTP_ACCEPT=x\ny\0"
				      "HTTPS=on";

	return exchange(link, message, sizeof message,
		   "GET|/a?b=`c`&$d|x\ny|on|0|end")
		   ? KEEPER_RESTART
		   : 1;
}

#define HOSTILE(name, bytes)                                       \
	static int name(int link)                                  \
	{                                                          \
		return exchange(link, bytes, sizeof bytes - 1, "") \
			   ? STATUS_IN_CHILD                       \
			   : 1;                                    \
	}

HOSTILE(say_nothing, "")
HOSTILE(say_no_more_than_an_end, "\0")
HOSTILE(say_half, "REQUEST_METHOD=GET")
HOSTILE(say_a_name, "REQUEST_METHOD\0")
HOSTILE(say_a_library, "REQUEST_METHOD=GET\0LD_PRELOAD=/tmp/x.so\0")
HOSTILE(say_a_path, "PATH=/tmp\0REQUEST_METHOD=GET\0")
HOSTILE(say_our_own, "REQUEST_METHOD=GET\0THV_REGISTRY_DATABASE_PATH=/x\0")
HOSTILE(say_an_empty_one, "REQUEST_METHOD=GET\0\0")
HOSTILE(say_a_proxy, "REQUEST_METHOD=GET\0HTTP_PROXY=x\0")
HOSTILE(say_a_like_one, "REQUEST_METHOD=GET\0HTTPS=onward\0")

static int
say_too_much(int link)
{
	size_t len = LIMIT_HANDED_ON + 1;
	char *bytes = xcalloc(1, len);
	bool closed;

	memset(bytes, 'x', len - 1);
	memcpy(bytes, "REQUEST_URI=", 12);
	closed = exchange(link, bytes, len, "");
	free(bytes);
	return closed ? STATUS_IN_CHILD : 1;
}

/* It goes on as if nothing had been said. */
static int
say_no_end(int link)
{
	return send(link, "REQUEST_METHOD=GET\0", 19, 0) == 19 ? STATUS_IN_CHILD
							       : 1;
}

static const struct {
	int line;
	int (*child)(int link);
} hostile[] = {
	{ __LINE__, say_nothing },
	{ __LINE__, say_no_more_than_an_end },
	{ __LINE__, say_half },
	{ __LINE__, say_a_name },
	{ __LINE__, say_a_library },
	{ __LINE__, say_a_path },
	{ __LINE__, say_our_own },
	{ __LINE__, say_an_empty_one },
	{ __LINE__, say_a_proxy },
	{ __LINE__, say_a_like_one },
	{ __LINE__, say_too_much },
};

static void
test_messages(void)
{
	CHECK_INT(outcome(ask), 5);
	CHECK_STR(noted(), "cgi\nnew\n");
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		T_AT(hostile[i].line);
		CHECK_INT(outcome(hostile[i].child), STATUS_IN_CHILD);
		CHECK_STR(noted(), "");
	}
	T_AT(0);
	/* It ends before it is heard, or its request is answered for nobody. */
	CHECK_INT(outcome(say_no_end), STATUS_IN_CHILD);
}

static void
test_ends(void)
{
	CHECK_INT(outcome(end), STATUS_IN_CHILD);
	CHECK_STR(noted(), "");
	CHECK_INT(outcome(want_restart), 5);
	CHECK_STR(noted(), "new\n");
	CHECK_INT(outcome(fall_over), KILLED_BY + SIGUSR2);
}

static void
on_term(int number)
{
	(void)number;
}

/* The parent passes the signal on. */
static int
wait_for_sigterm(void)
{
	struct sigaction action = { .sa_handler = on_term };
	sigset_t open;

	sigemptyset(&action.sa_mask);
	sigemptyset(&open);
	/* It is held: nothing is lost if it comes before it has a handler. */
	sigaction(SIGTERM, &action, NULL);
	kill(getppid(), SIGTERM);
	while (sigsuspend(&open) != -1 || errno != EINTR)
		;
	return 0;
}

static int
exit_on_sigterm(int link)
{
	(void)link;
	return wait_for_sigterm() == 0 ? STATUS_IN_CHILD : 1;
}

static int
restart_on_sigterm(int link)
{
	(void)link;
	return wait_for_sigterm() == 0 ? KEEPER_RESTART : 1;
}

static void
test_signals(void)
{
	CHECK_INT(outcome(exit_on_sigterm), STATUS_IN_CHILD);
	/* After SIGTERM the parent does not restart. */
	CHECK_INT(outcome(restart_on_sigterm), 0);
	CHECK_STR(noted(), "");
}

static int
has_nobody(int link)
{
	return link == -1 ? STATUS_IN_CHILD : 1;
}

static int
hear_nothing(int link)
{
	static const char message[] = "REQUEST_METHOD=GET";

	return exchange(link, message, sizeof message, "") ? KEEPER_RESTART : 1;
}

static void
test_without_a_program(void)
{
	char *there = program;

	program = NULL;
	CHECK_INT(outcome(has_nobody), STATUS_IN_CHILD);
	program = xasprintf("%s.missing", there);
	CHECK_INT(outcome(hear_nothing), 0);
	free(program);
	program = there;
}

int
main(void)
{
	int fd;

	if (!CHECK(mkdtemp(directory) != NULL))
		return t_done();
	program = xasprintf("%s/program", directory);
	note = xasprintf("%s.note", program);
	fd = open(program, O_WRONLY | O_CREAT, 0700);
	CHECK(write(fd, SCRIPT, sizeof SCRIPT - 1) == sizeof SCRIPT - 1);
	close(fd);
	test_messages();
	test_ends();
	test_signals();
	test_without_a_program();
	unlink(note);
	unlink(program);
	rmdir(directory);
	free(note);
	free(program);
	return t_done();
}
