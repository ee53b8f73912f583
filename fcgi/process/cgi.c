/* SPDX-License-Identifier: Apache-2.0 */
/* One request of plain CGI. */
#include "fcgi/process/cgi.h"

#include "lib/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static int
write_all(const struct buf *b)
{
	size_t done = 0;

	while (done < b->len) {
		ssize_t n = write(STDOUT_FILENO, b->data + done, b->len - done);

		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

/* How much of the body has not been read, as far as the client announced it. */
static size_t
announced(const char *length)
{
	char *end;
	unsigned long n;

	if (length == NULL || *length < '0' || *length > '9')
		return 0;
	n = strtoul(length, &end, 10);
	return *end != '\0' ? LIMIT_REQUEST_IGNORED : n;
}

/* Never more than was announced: standard input may stay open after it. */
static ssize_t
read_body(void *left, char *to, size_t size)
{
	size_t *rest = left;
	ssize_t n;

	if (size > *rest)
		size = *rest;
	do {
		n = read(STDIN_FILENO, to, size);
	} while (n == -1 && errno == EINTR);
	*rest -= n > 0 ? (size_t)n : 0;
	return n;
}

/* Some web servers report an error if a program does not read the body. */
static void
skip_body(size_t left)
{
	char bytes[4096];

	if (left > LIMIT_REQUEST_IGNORED)
		left = LIMIT_REQUEST_IGNORED;
	while (left > 0 && read_body(&left, bytes, sizeof bytes) > 0)
		;
}

int
cgi_run(const struct service *s)
{
	struct request_input in;
	struct response out;
	size_t left;
	int status = 1;

	service_input(&in, environ);
	observer_begin(s->observer, &in);
	left = announced(in.content_length);
	in.read = read_body;
	in.stream = &left;
	response_init(&out);
	s->handle(s->ctx, &in, &out);
	if (s->changes_things)
		skip_body(left);
	observer_answered(s->observer, &out);
	if (write_all(&out.head) == 0 && write_all(&out.body) == 0)
		status = 0;
	observer_sent(s->observer);
	response_free(&out);
	return status;
}
