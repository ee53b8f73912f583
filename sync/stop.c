/* SPDX-License-Identifier: Apache-2.0 */
/* Signal handlers, and poll() without a race. */
#define _GNU_SOURCE /* ppoll */
#include "sync/stop.h"

#include "lib/clock.h"

#include <errno.h>
#include <string.h>

static const int handled[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
#define HANDLED (sizeof handled / sizeof handled[0])

static volatile sig_atomic_t stopped, reload_wanted;
static bool reloads;

static void
on_signal(int number)
{
	if (number == SIGHUP && reloads)
		reload_wanted = 1;
	else if (number != SIGCHLD)
		stopped = 1;
}

int
stop_install(bool reload, struct err *e)
{
	struct sigaction action;
	sigset_t children;

	reloads = reload;
	memset(&action, 0, sizeof action);
	sigemptyset(&action.sa_mask);
	action.sa_handler = on_signal;
	for (size_t i = 0; i < HANDLED; i++) {
		if (sigaction(handled[i], &action, NULL) == -1) {
			err_set_errno(e, ERR_INTERNAL, errno,
			    "failed to set a signal handler");
			return -1;
		}
	}
	/* SIGCHLD must interrupt stop_poll() only. */
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
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
stop_reload_requested(void)
{
	bool wanted = reload_wanted != 0;

	reload_wanted = 0;
	return wanted;
}

int
stop_poll(struct pollfd *fds, nfds_t count, int64_t timeout_us, struct err *e)
{
	struct timespec timeout = { 0, 0 };
	sigset_t blocked, before, waiting;
	int ready, number;

	/* A signal between testing the flags and waiting must not be lost. */
	sigemptyset(&blocked);
	for (size_t i = 0; i < HANDLED; i++)
		sigaddset(&blocked, handled[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	waiting = before;
	for (size_t i = 0; i < HANDLED; i++)
		sigdelset(&waiting, handled[i]);
	if (timeout_us > 0 && !stopped && !reload_wanted) {
		timeout.tv_sec = timeout_us / CLOCK_SECOND;
		timeout.tv_nsec = timeout_us % CLOCK_SECOND * 1000;
	}
	ready = ppoll(fds, count, &timeout, &waiting);
	number = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (ready == -1 && number != EINTR) {
		err_set_errno(e, ERR_INTERNAL, number, "failed to poll");
		return -1;
	}
	return 0;
}
