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

/* A web server may take it amiss when nobody reads what it passes on. */
static void
skip_body(void)
{
	const char *length = getenv("CONTENT_LENGTH");
	char *end;
	unsigned long left;
	char bytes[4096];

	if (length == NULL || *length < '0' || *length > '9')
		return;
	left = strtoul(length, &end, 10);
	if (*end != '\0' || left > LIMIT_REQUEST_IGNORED)
		left = LIMIT_REQUEST_IGNORED;
	while (left > 0) {
		ssize_t n = read(STDIN_FILENO, bytes,
		    left < sizeof bytes ? left : sizeof bytes);

		if (n == 0 || (n == -1 && errno != EINTR))
			return;
		if (n > 0)
			left -= (unsigned long)n;
	}
}

int
cgi_run(const struct service *s)
{
	struct request_input in;
	struct response out;
	int status = 1;

	service_input(&in, environ);
	observer_begin(s->observer, &in);
	if (s->changes_things)
		skip_body();
	response_init(&out);
	s->handle(s->ctx, &in, &out);
	observer_answered(s->observer, &out);
	if (write_all(&out.head) == 0 && write_all(&out.body) == 0)
		status = 0;
	observer_sent(s->observer);
	response_free(&out);
	return status;
}
