/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the body of a request: the number of bytes in Content-Length. */
#include "fcgi/http/body.h"

#include <string.h>

#define PIECE_SIZE 16384

static int
parse_length(size_t *length, const char *text, size_t most, struct err *e)
{
	*length = 0;
	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0') {
		err_set(e, ERR_INPUT, "invalid Content-Length");
		return -1;
	}
	for (; *text != '\0' && *length <= most; text++)
		*length = *length * 10 + (size_t)(*text - '0');
	if (*length > most) {
		err_set(e, ERR_LIMIT,
		    "the request body is longer than %zu bytes", most);
		return -1;
	}
	return 0;
}

int
body_read(struct buf *body, const struct request_input *in, size_t most,
    struct err *e)
{
	char piece[PIECE_SIZE];
	size_t length;

	buf_reset(body);
	if (in->content_length == NULL && in->transfer_encoding == NULL)
		return 0;
	if (in->content_length == NULL) {
		err_set(e, ERR_LENGTH, "Content-Length is required");
		return -1;
	}
	if (parse_length(&length, in->content_length, most, e) == -1)
		return -1;
	while (body->len < length) {
		size_t left = length - body->len;
		ssize_t n = in->read == NULL
				? 0
				: in->read(in->stream, piece,
				      left < PIECE_SIZE ? left : PIECE_SIZE);

		if (n <= 0) {
			err_set(e, ERR_INPUT,
			    "the request body ends before its Content-Length");
			return -1;
		}
		buf_add(body, piece, (size_t)n);
	}
	return 0;
}
