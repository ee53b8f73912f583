/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests: read to their length, up to the maximum. */
#include "fcgi/http/body.h"

#include "tests/t.h"

#define MOST 40000

/* A body that arrives in pieces of at most ${piece} bytes. */
struct stream {
	size_t left, piece, read;
	bool broken;
};

static ssize_t
read_stream(void *stream, char *to, size_t size)
{
	struct stream *s = stream;
	size_t n = size < s->piece ? size : s->piece;

	if (s->broken)
		return -1;
	if (n > s->left)
		n = s->left;
	memset(to, 'b', n);
	s->left -= n;
	s->read += n;
	return (ssize_t)n;
}

static const struct {
	int line;
	const char *length, *encoding;
	struct stream stream;
	enum err_code code;
	size_t want;
} rows[] = {
	{ __LINE__, NULL, NULL, { 10, 10, 0, false }, ERR_NONE, 0 },
	{ __LINE__, "0", NULL, { 10, 10, 0, false }, ERR_NONE, 0 },
	{ __LINE__, "5", NULL, { 10, 10, 0, false }, ERR_NONE, 5 },
	{ __LINE__, "10", NULL, { 10, 3, 0, false }, ERR_NONE, 10 },
	{ __LINE__, "0000000000000000000000010", NULL, { 10, 3, 0, false },
	    ERR_NONE, 10 },
	{ __LINE__, "40000", NULL, { 50000, 50000, 0, false }, ERR_NONE, MOST },
	{ __LINE__, "40001", NULL, { 50000, 50000, 0, false }, ERR_LIMIT, 0 },
	{ __LINE__, "99999999999999999999999999", NULL, { 1, 1, 0, false },
	    ERR_LIMIT, 0 },
	{ __LINE__, NULL, "chunked", { 10, 10, 0, false }, ERR_LENGTH, 0 },
	{ __LINE__, "10", "chunked", { 10, 10, 0, false }, ERR_NONE, 10 },
	{ __LINE__, "", NULL, { 10, 10, 0, false }, ERR_INPUT, 0 },
	{ __LINE__, "-1", NULL, { 10, 10, 0, false }, ERR_INPUT, 0 },
	{ __LINE__, "1 ", NULL, { 10, 10, 0, false }, ERR_INPUT, 0 },
	{ __LINE__, "0x1", NULL, { 10, 10, 0, false }, ERR_INPUT, 0 },
	{ __LINE__, "11", NULL, { 10, 3, 0, false }, ERR_INPUT, 10 },
	{ __LINE__, "10", NULL, { 10, 3, 0, true }, ERR_INPUT, 0 },
};

int
main(void)
{
	struct buf body = BUF_INIT(MOST);
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct stream s = rows[i].stream;
		const struct request_input in = {
			.content_length = rows[i].length,
			.transfer_encoding = rows[i].encoding,
			.read = read_stream,
			.stream = &s,
		};

		T_AT(rows[i].line);
		err_clear(&e);
		CHECK_INT(body_read(&body, &in, MOST, &e),
		    rows[i].code == ERR_NONE ? 0 : -1);
		CHECK_INT(e.code, rows[i].code);
		CHECK_INT(s.read, rows[i].want);
		CHECK(rows[i].code != ERR_NONE || body.len == rows[i].want);
		CHECK(!body.bad);
	}
	T_AT(0);
	CHECK_INT(
	    body_read(&body, &(struct request_input){ .content_length = "1" },
		MOST, &e),
	    -1);
	buf_free(&body);
	return t_done();
}
