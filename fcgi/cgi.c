/* SPDX-License-Identifier: Apache-2.0 */
/* One request of plain CGI. */
#include "fcgi/cgi.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

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

int
cgi_run(struct api *api)
{
	const struct request_input in = {
		.method = getenv("REQUEST_METHOD"),
		.uri = getenv("REQUEST_URI"),
		.if_none_match = getenv("HTTP_IF_NONE_MATCH"),
	};
	struct response out;
	int status = 1;

	response_init(&out);
	api_handle(api, &in, &out);
	if (write_all(&out.head) == 0 && write_all(&out.body) == 0)
		status = 0;
	response_free(&out);
	return status;
}
