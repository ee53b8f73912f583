/* SPDX-License-Identifier: Apache-2.0 */
/* Writing records. */
#include "fcgi/process/records.h"

#include "lib/clock.h"
#include "lib/limits.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#define VERSION 1
#define END_REQUEST 3
#define STDOUT 6
#define HEADER_SIZE 8
#define END_BODY_SIZE 8
#define END_STATUS 4 /* where in the body the protocol's status is */

/* The largest record content that needs no padding: a multiple of 8. */
#define CONTENT_MAX 65528

/* Records in one write. */
#define RECORDS_AT_ONCE 16
#define PIECES ((1 + RECORDS_PARTS) * RECORDS_AT_ONCE + 1)

/* Records that are not written yet. */
struct batch {
	struct iovec pieces[PIECES];
	int count;
	unsigned char headers[RECORDS_AT_ONCE][HEADER_SIZE];
	int records;
	int64_t until_us; /* 0: no write has blocked yet */
};

/* Whether there is time left after a write that was not complete. */
static bool
may_wait(struct batch *b)
{
	int64_t now = clock_monotonic();

	if (b->until_us == 0)
		b->until_us = now + LIMIT_ANSWER_SECONDS * CLOCK_SECOND;
	return now < b->until_us;
}

static void
fill_header(unsigned char *to, int type, int id, size_t len)
{
	to[0] = VERSION;
	to[1] = (unsigned char)type;
	to[2] = (unsigned char)(id >> 8);
	to[3] = (unsigned char)id;
	to[4] = (unsigned char)(len >> 8);
	to[5] = (unsigned char)len;
	to[6] = to[7] = 0;
}

static void
add_piece(struct batch *b, const void *data, size_t len)
{
	b->pieces[b->count++] = (struct iovec){ (void *)(uintptr_t)data, len };
}

/* Removes ${done} bytes from the front; false: nothing is left. */
static bool
drop(struct iovec **at, int *count, size_t done)
{
	while (*count > 0 && done >= (*at)->iov_len) {
		done -= (*at)->iov_len;
		++*at;
		--*count;
	}
	if (*count == 0)
		return false;
	(*at)->iov_base = (char *)(*at)->iov_base + done;
	(*at)->iov_len -= done;
	return true;
}

static bool
write_out(int fd, struct batch *b)
{
	struct iovec *at = b->pieces;
	int count = b->count;
	ssize_t n;

	b->count = b->records = 0;
	for (;;) {
		n = writev(fd, at, count);
		/* EAGAIN: LIMIT_PEER_SECONDS have passed. */
		if (n == -1 && errno != EINTR)
			return false;
		if (!drop(&at, &count, n == -1 ? 0 : (size_t)n))
			return true;
		if (!may_wait(b))
			return false;
	}
}

/* One record with as much of ${parts} as it holds, which is taken off them. */
static void
add_record(struct batch *b, int id, struct records_part parts[RECORDS_PARTS])
{
	unsigned char *header = b->headers[b->records++];
	size_t room = CONTENT_MAX;

	add_piece(b, header, HEADER_SIZE);
	for (int i = 0; i < RECORDS_PARTS; i++) {
		size_t len = parts[i].len < room ? parts[i].len : room;

		if (len > 0)
			add_piece(b, parts[i].data, len);
		parts[i].data += len;
		parts[i].len -= len;
		room -= len;
	}
	fill_header(header, STDOUT, id, CONTENT_MAX - room);
}

bool
records_send(int fd, int id, const struct records_part parts[RECORDS_PARTS],
    enum records_end how)
{
	struct records_part left[RECORDS_PARTS];
	unsigned char end[2 * HEADER_SIZE + END_BODY_SIZE] = { 0 };
	struct batch batch;

	batch.count = batch.records = 0;
	batch.until_us = 0;
	memcpy(left, parts, sizeof left);
	while (left[0].len > 0 || left[1].len > 0) {
		if (batch.records == RECORDS_AT_ONCE && !write_out(fd, &batch))
			return false;
		add_record(&batch, id, left);
	}
	/* The end of the output, then exit status 0 and the protocol status. */
	fill_header(end, STDOUT, id, 0);
	fill_header(end + HEADER_SIZE, END_REQUEST, id, END_BODY_SIZE);
	end[2 * HEADER_SIZE + END_STATUS] = (unsigned char)how;
	add_piece(&batch, end, sizeof end);
	return write_out(fd, &batch);
}
