/* SPDX-License-Identifier: Apache-2.0 */
/* Signals as flags and one descriptor. */
#include "sync/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stopped, reload_wanted;
static int wake[2] = { -1, -1 };

static void
wake_up(void)
{
	int saved = errno;
	ssize_t ignored = write(wake[1], "", 1);

	/* A pipe that is full is readable all the same. */
	(void)ignored;
	errno = saved;
}

static void
on_stop(int number)
{
	(void)number;
	stopped = 1;
	wake_up();
}

static void
on_reload(int number)
{
	(void)number;
	reload_wanted = 1;
	wake_up();
}

static int
handle(int number, void (*handler)(int), struct err *e)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	sigemptyset(&action.sa_mask);
	action.sa_handler = handler;
	if (sigaction(number, &action, NULL) == -1) {
		err_set_errno(e, ERR_INTERNAL, errno, "failed to set a signal");
		return -1;
	}
	return 0;
}

int
stop_install(bool reload, struct err *e)
{
	if (pipe(wake) == -1) {
		err_set_errno(e, ERR_INTERNAL, errno, "failed to make a pipe");
		return -1;
	}
	for (int i = 0; i < 2; i++) {
		fcntl(wake[i], F_SETFD, FD_CLOEXEC);
		fcntl(wake[i], F_SETFL, O_NONBLOCK);
	}
	if (handle(SIGTERM, on_stop, e) == -1 ||
	    handle(SIGINT, on_stop, e) == -1 ||
	    handle(SIGHUP, reload ? on_reload : on_stop, e) == -1)
		return -1;
	return 0;
}

const volatile sig_atomic_t *
stop_flag(void)
{
	return &stopped;
}

bool
stop_requested(void)
{
	return stopped != 0;
}

bool
stop_take_reload(void)
{
	bool wanted = reload_wanted != 0;

	reload_wanted = 0;
	return wanted;
}

int
stop_fd(void)
{
	return wake[0];
}

void
stop_drain(void)
{
	char bytes[64];

	while (read(wake[0], bytes, sizeof bytes) > 0)
		;
}
