/* SPDX-License-Identifier: Apache-2.0 */
/* fcgi/successor: what is asked, and what counts as an answer. */
#include "fcgi/process/successor.h"

#include "fcgi/process/service.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "tests/t.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static char asked[1000]; /* what the parent received last */
static size_t asked_len;

/* The answer is written first: socket buffers are larger than all of this. */
static int
ask(struct response *out, const struct request_input *in, const char *says,
    size_t len, struct err *e)
{
	struct successor s;
	int pair[2], rc;
	ssize_t n;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return -1;
	s.link = pair[0];
	CHECK(write(pair[1], says, len) == (ssize_t)len);
	shutdown(pair[1], SHUT_WR);
	rc = successor_answer(&s, in, out, e);
	asked_len = 0;
	while ((n = read(
		    pair[1], asked + asked_len, sizeof asked - asked_len)) > 0)
		asked_len += (size_t)n;
	close(pair[1]);
	CHECK_INT(s.link, -1);
	return rc;
}

static const struct {
	int line;
	const char *method;
	const char *says;
	bool fit;
} rows[] = {
	{ __LINE__, "GET", "Status: 200 OK\r\nContent-Length: 4\r\n\r\nbody",
	    true },
	{ __LINE__, "GET", "Status: 404 Not Found\r\nContent-Length: 0\r\n\r\n",
	    true },
	{ __LINE__, "GET", "Status: 304 Not Modified\r\nETag: x\r\n\r\n",
	    true },
	{ __LINE__, "HEAD", "Status: 200 OK\r\nContent-Length: 4\r\n\r\n",
	    true },
	{ __LINE__, NULL,
	    "Status: 405 Method Not Allowed\r\nContent-Length: 1\r\n\r\nx",
	    true },
	{ __LINE__, "GET", "", false },
	{ __LINE__, "GET", "Status: 200 OK\r\n", false },
	{ __LINE__, "GET", "Status: 200 OK\r\nContent-Length: 4\r\n\r\nbod",
	    false },
	{ __LINE__, "GET", "Status: 200 OK\r\nContent-Length: 4\r\n\r\nbodyy",
	    false },
	{ __LINE__, "GET", "Status: 200 OK\r\nContent-Type: x\r\n\r\nbody",
	    false },
	{ __LINE__, "GET",
	    "Status: 200 OK\r\nX: y\r\n\r\n\r\nContent-Length: 4\r\n\r\n",
	    false },
	{ __LINE__, "HEAD", "Status: 200 OK\r\nContent-Length: 4\r\n\r\nbody",
	    false },
	{ __LINE__, "GET", "Content-Length: 4\r\n\r\nbody", false },
	{ __LINE__, "GET", "hello", false },
	{ __LINE__, "GET",
	    "Status: 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
	    false },
};

static void
test_answers(void)
{
	struct request_input in = { .uri = "/a" };
	struct response out;

	response_init(&out);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *says = rows[i].says;
		struct err e = ERR_INIT;
		int rc;

		T_AT(rows[i].line);
		response_error(&out, 503, "service unavailable");
		response_finish(&out);
		in.method = rows[i].method;
		rc = ask(&out, &in, says, strlen(says), &e);
		CHECK_INT(rc, rows[i].fit ? 0 : -1);
		if (rows[i].fit) {
			CHECK_STR(buf_str(&out.body), says);
			CHECK_STR(buf_str(&out.head), "");
			continue;
		}
		CHECK(e.text[0] != '\0');
		CHECK_STR(buf_str(&out.body),
		    "{\"error\":\"service unavailable\"}\n");
		CHECK(strncmp(buf_str(&out.head), "Status: 503", 11) == 0);
	}
	T_AT(0);
	response_free(&out);
}

static void
test_request(void)
{
	static const char want[] = "REQUEST_METHOD=GET\0"
				   "REQUEST_URI=/a\0"
				   "REQUEST_SCHEME=https\0"
				   "HTTP_ACCEPT=\0"
				   "HTTPS=on";
	char given[][30] = { "HTTP_ACCEPT=", "REQUEST_URI=/a",
		"REQUEST_SCHEME=https", "HTTP_COOKIE=secret", "PATH=/bin",
		"REQUEST_METHOD=GET" };
	char *variables[sizeof given / sizeof given[0] + 1] = { NULL };
	struct err e = ERR_INIT;
	struct request_input in;
	struct response out;

	for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
		variables[i] = given[i];
	service_input(&in, variables);
	response_init(&out);
	CHECK_INT(ask(&out, &in, rows[0].says, strlen(rows[0].says), &e), 0);
	CHECK_INT((int64_t)asked_len, (int64_t)sizeof want);
	CHECK(memcmp(asked, want, sizeof want) == 0);
	for (const char *s = want; s < want + sizeof want; s += strlen(s) + 1)
		CHECK(service_is_variable(s));
	response_free(&out);
}

static void
test_limits(void)
{
	struct successor nobody = { .link = -1 };
	char *uri = xcalloc(1, LIMIT_HANDED_ON + 1);
	struct request_input in = { .method = "GET", .uri = uri };
	struct err e = ERR_INIT;
	struct response out;

	memset(uri, 'x', LIMIT_HANDED_ON);
	response_init(&out);
	CHECK_INT(ask(&out, &in, rows[0].says, strlen(rows[0].says), &e), -1);
	CHECK_INT(e.code, ERR_LIMIT);
	CHECK_INT((int64_t)asked_len, 0);
	CHECK_INT(successor_answer(&nobody, &in, &out, &e), -1);
	CHECK_INT(e.code, ERR_UNAVAILABLE);
	response_free(&out);
	free(uri);
}

int
main(void)
{
	test_answers();
	test_request();
	test_limits();
	return t_done();
}
