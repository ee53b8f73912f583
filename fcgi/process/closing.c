/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the rest of request bodies while other requests are answered. */
#include "fcgi/process/closing.h"

#include "lib/clock.h"
#include "lib/limits.h"

#include <errno.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/* As long as libfcgi itself would wait. */
#define CLOSING_US (2 * CLOCK_SECOND)
#define NOT_LISTENING (-1) /* in place of a listening socket */

static void
drop(struct closing *p, unsigned i)
{
	close(p->held[i].fd);
	p->count--;
	memmove(
	    &p->held[i], &p->held[i + 1], (p->count - i) * sizeof p->held[0]);
}

/* Discards available bytes; false at the end of the stream. */
static bool
is_open(int fd)
{
	char bytes[16 * KIB];
	size_t done = 0;
	ssize_t n = 0;

	while (done < LIMIT_REQUEST_IGNORED &&
	       (n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
		done += (size_t)n;
	return n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR));
}

void
closing_add(struct closing *p, int fd)
{
	if (fd >= FD_SETSIZE || shutdown(fd, SHUT_WR) == -1 || !is_open(fd)) {
		close(fd);
		return;
	}
	if (p->count == CLOSING_MAX)
		drop(p, 0);
	p->held[p->count].fd = fd;
	p->held[p->count].until_us = clock_monotonic() + CLOSING_US;
	p->count++;
}

static int
watch(const struct closing *p, fd_set *set, int listening)
{
	int top = listening;

	FD_ZERO(set);
	if (listening != NOT_LISTENING)
		FD_SET(listening, set);
	for (unsigned i = 0; i < p->count; i++) {
		FD_SET(p->held[i].fd, set);
		if (p->held[i].fd > top)
			top = p->held[i].fd;
	}
	return top + 1;
}

bool
closing_wait(struct closing *p, int listening, const sigset_t *open)
{
	while (p->count > 0) {
		int64_t left = p->held[0].until_us - clock_monotonic();
		struct timespec limit = { 0 };
		fd_set set;
		int top;

		if (left <= 0) {
			drop(p, 0);
			continue;
		}
		limit.tv_sec = (time_t)(left / CLOCK_SECOND);
		limit.tv_nsec = (long)(left % CLOCK_SECOND) * 1000;
		top = watch(p, &set, listening);
		if (pselect(top, &set, NULL, NULL, &limit, open) == -1)
			return false;
		for (unsigned i = p->count; i-- > 0;)
			if (FD_ISSET(p->held[i].fd, &set) &&
			    !is_open(p->held[i].fd))
				drop(p, i);
		if (listening != NOT_LISTENING && FD_ISSET(listening, &set))
			break;
	}
	return true;
}

void
closing_finish(struct closing *p, const sigset_t *open)
{
	while (p->count > 0)
		(void)closing_wait(p, NOT_LISTENING, open);
}
