/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte buffer that grows up to a maximum size.
 *
 * An append that would exceed the maximum adds nothing and sets ${bad}, which
 * stays set until buf_reset(), so one check after many appends is enough.
 * The bytes are always followed by a NUL that ${len} does not count.
 */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *data; /* owned; NULL until the first append */
	size_t len;
	size_t cap;
	size_t max; /* of ${len} */
	bool bad;
};

#define BUF_INIT(maximum)                    \
	{                                    \
		NULL, 0, 0, (maximum), false \
	}

void buf_init(struct buf *b, size_t max);
/* Releases the bytes; the buffer may be used again.  NULL is allowed. */
void buf_free(struct buf *b);
/* Empties the buffer and keeps its memory. */
void buf_reset(struct buf *b);
/* Makes room for ${more} more bytes; sets bad if that exceeds the maximum. */
void buf_reserve(struct buf *b, size_t more);

/* For buf_add() only: the case in which the memory may be too small. */
void buf_add_growing(struct buf *b, const void *data, size_t len);

/* Inline because most parts of a response are short and of known length. */
static inline void
buf_add(struct buf *b, const void *data, size_t len)
{
	char *to;

	/* cap never exceeds max. */
	if (len >= b->cap - b->len || b->bad) {
		buf_add_growing(b, data, len);
		return;
	}
	to = b->data + b->len;
	b->len += len;
	if (len > 0)
		memcpy(to, data, len);
	to[len] = '\0';
}

static inline void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static inline void
buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_add_i64(struct buf *b, int64_t n);
/* The bytes as a string, valid until the next change; "" if empty. */
const char *buf_str(const struct buf *b);
/* Returns the bytes, which the caller frees, and empties the buffer. */
char *buf_take(struct buf *b);

#endif
