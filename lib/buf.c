/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a maximum size. */
#include "lib/buf.h"

#include "lib/decimal.h"
#include "lib/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST_CAPACITY 256

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf)BUF_INIT(max);
}

void
buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->data);
	buf_init(b, b->max);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->bad = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_reserve(struct buf *b, size_t more)
{
	size_t need, cap;

	if (b->bad || more > b->max || b->len > b->max - more) {
		b->bad = true;
		return;
	}
	need = b->len + more + 1;
	if (need <= b->cap)
		return;
	cap = b->cap == 0 ? BUF_FIRST_CAPACITY : b->cap;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	/* buf_add() compares with cap only, so cap must not exceed max. */
	if (cap - 1 > b->max)
		cap = b->max + 1;
	b->data = xrealloc(b->data, cap);
	b->cap = cap;
	b->data[b->len] = '\0';
}

void
buf_add_growing(struct buf *b, const void *data, size_t len)
{
	buf_reserve(b, len);
	if (b->bad)
		return;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		b->bad = true;
	else
		buf_reserve(b, (size_t)len);
	if (b->bad)
		return;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)len;
}

void
buf_add_i64(struct buf *b, int64_t n)
{
	char digits[DECIMAL_MAX];

	buf_add(b, digits, (size_t)(decimal_put_signed(digits, n) - digits));
}

const char *
buf_str(const struct buf *b)
{
	return b->data == NULL ? "" : b->data;
}

char *
buf_take(struct buf *b)
{
	char *data = b->data == NULL ? xstrdup("") : b->data;

	buf_init(b, b->max);
	return data;
}
