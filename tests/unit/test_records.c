/* SPDX-License-Identifier: Apache-2.0 */
/* fcgi/process/records: responses of any size arrive unchanged. */
#include "fcgi/process/records.h"

#include "lib/limits.h"
#include "lib/xalloc.h"
#include "tests/t.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ID 0x1234

/* Reads all of ${len} bytes; false at the end. */
static bool
read_all(int fd, void *to, size_t len)
{
	char *at = to;

	while (len > 0) {
		/* Little at a time, so that writes are cut in two. */
		ssize_t n = read(fd, at, len < 3000 ? len : 3000);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static char
byte_at(size_t i)
{
	return (char)(i * 31 + i / 251);
}

/* Reads an answer of ${len} bytes; how many were wrong, or -1. */
static int
read_answer(int fd, size_t len)
{
	unsigned char h[8], end[8];
	char *content = xmalloc(65536);
	size_t done = 0;
	int wrong = 0;

	for (;;) {
		size_t n;

		if (!read_all(fd, h, sizeof h) || h[0] != 1 ||
		    (h[2] << 8 | h[3]) != ID || h[6] != 0)
			return -1;
		n = (size_t)(h[4] << 8 | h[5]);
		if (h[1] != 6)
			break;
		if (n == 0)
			continue;
		if (!read_all(fd, content, n))
			return -1;
		for (size_t i = 0; i < n; i++)
			wrong += content[i] != byte_at(done + i);
		done += n;
	}
	free(content);
	if (h[1] != 3 || !read_all(fd, end, sizeof end) || done != len)
		return -1;
	for (size_t i = 0; i < sizeof end; i++)
		wrong += end[i] != 0;
	return read(fd, h, 1) == 0 ? wrong : -1;
}

/* The status of a process that sends ${head} and ${body} bytes to us. */
static int
try_sizes(size_t head, size_t body)
{
	int ends[2], status = 0, wrong;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		return -1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		char *bytes = xmalloc(head + body + 1);

		close(ends[0]);
		for (size_t i = 0; i < head + body; i++)
			bytes[i] = byte_at(i);
		_exit(!records_send(ends[1], ID,
		    (struct records_part[RECORDS_PARTS]){
			{ bytes, head }, { bytes + head, body } },
		    RECORDS_COMPLETE));
	}
	close(ends[1]);
	wrong = read_answer(ends[0], head + body);
	close(ends[0]);
	waitpid(pid, &status, 0);
	return status != 0 ? -2 : wrong;
}

static void
test_sizes(void)
{
	static const struct {
		int line;
		size_t head, body;
	} sizes[] = {
		{ __LINE__, 0, 0 },
		{ __LINE__, 1, 0 },
		{ __LINE__, 0, 1 },
		{ __LINE__, 300, 1200 },
		{ __LINE__, 300, 65528 - 300 },
		{ __LINE__, 300, 65528 - 299 },
		{ __LINE__, 65528, 1 },
		{ __LINE__, 65529, 65528 },
		{ __LINE__, 70000, 70000 },
		{ __LINE__, 300, 16 * 65528 - 300 },
		{ __LINE__, 300, 16 * 65528 - 299 },
		{ __LINE__, 300, 17 * MIB },
	};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		T_AT(sizes[i].line);
		CHECK_INT(try_sizes(sizes[i].head, sizes[i].body), 0);
	}
	T_AT(0);
}

static void
test_nobody_there(void)
{
	const struct records_part parts[RECORDS_PARTS] = { { "head", 4 },
		{ "body", 4 } };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int ends[2];

	sigaction(SIGPIPE, &ignore, NULL);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	close(ends[0]);
	CHECK(!records_send(ends[1], ID, parts, RECORDS_COMPLETE));
	close(ends[1]);
}

int
main(void)
{
	test_sizes();
	test_nobody_there();
	return t_done();
}
