/* SPDX-License-Identifier: Apache-2.0 */
/* Sending a request to the parent process and checking the answer. */
#include "fcgi/process/successor.h"

#include "fcgi/process/service.h"
#include "lib/clock.h"
#include "lib/limits.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define STATUS "Status: "
#define UNAVAILABLE STATUS "503"
#define LENGTH "\r\nContent-Length: "
#define HEAD_END "\r\n\r\n"

static int
ask(int link, const struct request_input *in, struct err *e)
{
	struct buf message = BUF_INIT(LIMIT_HANDED_ON);
	size_t done = 0;
	int rc = -1;

	service_variables(&message, in);
	if (message.bad) {
		err_set(
		    e, ERR_LIMIT, "the request is too long to be passed on");
		goto out;
	}
	while (done < message.len) {
		ssize_t n =
		    write(link, message.data + done, message.len - done);

		if (n == -1 && errno != EINTR) {
			err_set_errno(
			    e, ERR_UNAVAILABLE, errno, "sending the request");
			goto out;
		}
		done += n < 0 ? 0 : (size_t)n;
	}
	if (shutdown(link, SHUT_WR) == 0)
		rc = 0;
	else
		err_set_errno(e, ERR_UNAVAILABLE, errno, "sending the request");
out:
	buf_free(&message);
	return rc;
}

/* Reads to the end of the stream. */
static int
receive(struct buf *to, int link, struct err *e)
{
	int64_t until =
	    clock_monotonic() + LIMIT_SUCCESSOR_SECONDS * CLOCK_SECOND;
	struct pollfd ready = { .fd = link, .events = POLLIN };
	char bytes[16 * KIB];

	while (!to->bad) {
		int64_t left = (until - clock_monotonic()) / 1000;
		ssize_t n;

		if (left <= 0) {
			err_set(e, ERR_UNAVAILABLE, "timed out after %d s",
			    LIMIT_SUCCESSOR_SECONDS);
			return -1;
		}
		if (poll(&ready, 1, (int)left + 1) < 1)
			continue;
		n = read(link, bytes, sizeof bytes);
		if (n == 0)
			return 0;
		if (n == -1 && errno != EINTR) {
			err_set_errno(
			    e, ERR_UNAVAILABLE, errno, "reading the answer");
			return -1;
		}
		buf_add(to, bytes, n < 0 ? 0 : (size_t)n);
	}
	err_set(e, ERR_LIMIT, "the answer is too long");
	return -1;
}

/* Whether the answer is complete: the program may crash while it prints. */
static bool
is_whole(const struct buf *answer, const char *method)
{
	const char *text = buf_str(answer);
	const char *end = strstr(text, HEAD_END);
	const char *length = strstr(text, LENGTH);
	size_t body;

	if (strncmp(text, STATUS, sizeof STATUS - 1) != 0 || end == NULL)
		return false;
	body = answer->len - (size_t)(end - text) - (sizeof HEAD_END - 1);
	if (length == NULL || length > end || strcmp(method, "HEAD") == 0)
		return body == 0;
	return strtoull(length + sizeof LENGTH - 1, NULL, 10) == body;
}

int
successor_answer(struct successor *s, const struct request_input *in,
    struct response *out, struct err *e)
{
	struct buf answer = BUF_INIT(LIMIT_RESPONSE);
	const char *text;
	int rc = -1;

	if (s->link == -1) {
		err_set(e, ERR_UNAVAILABLE, "no parent process");
		return -1;
	}
	if (ask(s->link, in, e) == -1 || receive(&answer, s->link, e) == -1)
		goto out;
	text = buf_str(&answer);
	if (!is_whole(&answer, in->method == NULL ? "" : in->method)) {
		err_set(e, ERR_UNAVAILABLE, "truncated answer of %zu bytes",
		    answer.len);
		goto out;
	}
	if (strncmp(text, UNAVAILABLE, sizeof UNAVAILABLE - 1) == 0) {
		err_set(e, ERR_UNAVAILABLE, "it answers 503, too");
		goto out;
	}
	buf_reset(&out->head);
	buf_free(&out->body);
	out->body = answer;
	buf_init(&answer, 0);
	rc = 0;
out:
	buf_free(&answer);
	/* The parent answers one request only. */
	close(s->link);
	s->link = -1;
	return rc;
}
