/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading cursors. */
#include "fcgi/http/cursor.h"

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/limits.h"

#include <string.h>

#define FORMAT 1
#define CHECKSUM_BYTES 4
#define BLANKS " \t\r\n"

#define FLAG_DELETED 1
#define FLAG_SINCE 2
#define FLAG_SEARCH 4
#define FLAG_STATUS 8
#define FLAG_LATEST 16
#define FLAG_EXACT 32 /* the version wanted is last_version */
#define FLAG_FACETS 64
#define FLAGS_ALL 127

static uint32_t
hash(uint32_t h, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * UINT32_C(16777619);
	return h;
}

static uint32_t
checksum(const void *data, size_t len, const struct cursor_scope *scope)
{
	const unsigned char kind = (unsigned char)scope->kind;
	uint32_t h = UINT32_C(2166136261);

	h = hash(h, &kind, 1);
	h = hash(h, scope->registry, strlen(scope->registry) + 1);
	if (scope->entry != NULL)
		h = hash(h, scope->entry, strlen(scope->entry) + 1);
	return hash(h, data, len);
}

static void
add_number(struct buf *out, uint64_t value, int bytes)
{
	while (bytes-- > 0)
		buf_addc(out, (char)(value >> (8 * bytes) & 255));
}

static void
add_text(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text) + 1);
}

static void
add_facets(struct buf *out, const struct facet_values facets[FACETS])
{
	for (int i = 0; i < FACETS; i++) {
		add_number(out, facets[i].count, 1);
		for (size_t k = 0; k < facets[i].count; k++)
			add_text(out, facets[i].at[k]);
	}
}

static unsigned
flags_of(const struct cursor *c)
{
	unsigned flags = 0;

	if (c->deleted)
		flags |= FLAG_DELETED;
	if (c->since != CLOCK_NEVER)
		flags |= FLAG_SINCE;
	if (c->search != NULL)
		flags |= FLAG_SEARCH;
	if (c->status != NULL)
		flags |= FLAG_STATUS;
	if (c->version != NULL)
		flags |= strcmp(c->version, "latest") == 0 ? FLAG_LATEST
							   : FLAG_EXACT;
	for (int i = 0; i < FACETS; i++)
		if (c->facets[i].count > 0)
			flags |= FLAG_FACETS;
	return flags;
}

void
cursor_encode(struct buf *out, struct buf *scratch, const struct cursor *c,
    const struct cursor_scope *scope)
{
	unsigned flags = flags_of(c);

	buf_reset(scratch);
	buf_addc(scratch, FORMAT);
	buf_addc(scratch, (char)flags);
	add_number(scratch, (uint64_t)c->limit, 2);
	if ((flags & FLAG_SINCE) != 0)
		add_number(scratch, (uint64_t)c->since, 8);
	if ((flags & FLAG_SEARCH) != 0)
		add_text(scratch, c->search);
	if ((flags & FLAG_STATUS) != 0)
		add_text(scratch, c->status);
	add_text(scratch, c->last_name);
	add_text(scratch, c->last_version);
	if ((flags & FLAG_FACETS) != 0)
		add_facets(scratch, c->facets);
	add_number(scratch, checksum(buf_str(scratch), scratch->len, scope),
	    CHECKSUM_BYTES);
	base64_url_encode(out, buf_str(scratch), scratch->len);
	out->bad |= scratch->bad;
}

/* A reader over the bytes: each take moves on, or sets bad and stays bad. */
struct scan {
	const char *at;
	const char *end;
	bool bad;
};

static uint64_t
take_number(struct scan *s, int bytes)
{
	uint64_t value = 0;

	if (s->end - s->at < bytes) {
		s->bad = true;
		return 0;
	}
	while (bytes-- > 0)
		value = value << 8 | (unsigned char)*s->at++;
	return value;
}

static const char *
take_text(struct scan *s)
{
	const char *text = s->at;
	const char *nul = memchr(text, '\0', (size_t)(s->end - text));

	if (nul == NULL) {
		s->bad = true;
		return "";
	}
	s->at = nul + 1;
	return text;
}

static void
take_facets(struct facet_values facets[FACETS], struct scan *s)
{
	size_t bytes = 0;

	for (int i = 0; i < FACETS; i++) {
		uint64_t left = take_number(s, 1);

		for (; left > 0 && !s->bad; left--) {
			const char *value = take_text(s);

			bytes += strlen(value) + 1;
			s->bad |= !facets_add(&facets[i], value) ||
				  bytes > LIMIT_FACET_BYTES;
		}
	}
}

static void
read_fields(struct cursor *c, struct scan *s)
{
	uint64_t format = take_number(s, 1);
	unsigned flags = (unsigned)take_number(s, 1);

	if (format != FORMAT || (flags & ~(unsigned)FLAGS_ALL) != 0)
		s->bad = true;
	c->limit = (int64_t)take_number(s, 2);
	c->deleted = (flags & FLAG_DELETED) != 0;
	c->since = CLOCK_NEVER;
	if ((flags & FLAG_SINCE) != 0)
		c->since = (int64_t)take_number(s, 8);
	c->search = (flags & FLAG_SEARCH) != 0 ? take_text(s) : NULL;
	c->status = (flags & FLAG_STATUS) != 0 ? take_text(s) : NULL;
	c->last_name = take_text(s);
	c->last_version = take_text(s);
	for (int i = 0; i < FACETS; i++)
		c->facets[i].count = 0;
	if ((flags & FLAG_FACETS) != 0)
		take_facets(c->facets, s);
	c->version = NULL;
	if ((flags & FLAG_LATEST) != 0)
		c->version = "latest";
	else if ((flags & FLAG_EXACT) != 0)
		c->version = c->last_version;
	if (c->limit < 1 || c->limit > LIMIT_PAGE_MAX || s->at != s->end ||
	    (c->search != NULL && strlen(c->search) > LIMIT_SEARCH))
		s->bad = true;
}

/* The bytes of the cursor without their checksum, which is right. */
static int
unwrap(struct scan *s, struct buf *scratch, const char *text,
    const struct cursor_scope *scope)
{
	size_t len;
	struct scan tail;

	/* It may have been pasted, with what stood around it. */
	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
		len--;
	buf_reset(scratch);
	if (len > LIMIT_CURSOR || base64_url_decode(scratch, text, len) == -1 ||
	    scratch->bad || scratch->len < CHECKSUM_BYTES)
		return -1;
	len = scratch->len - CHECKSUM_BYTES;
	*s = (struct scan){ scratch->data, scratch->data + len, false };
	tail = (struct scan){ s->end, s->end + CHECKSUM_BYTES, false };
	return take_number(&tail, CHECKSUM_BYTES) == checksum(s->at, len, scope)
		   ? 0
		   : -1;
}

int
cursor_decode(struct cursor *c, struct buf *scratch, const char *text,
    const struct cursor_scope *scope, struct err *e)
{
	struct scan s;

	if (unwrap(&s, scratch, text, scope) == -1)
		s.bad = true;
	else
		read_fields(c, &s);
	if (s.bad) {
		err_set(e, ERR_INPUT, "invalid cursor");
		return -1;
	}
	return 0;
}
