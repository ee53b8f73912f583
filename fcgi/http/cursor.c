/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading cursors. */
#include "fcgi/http/cursor.h"

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/limits.h"

#include <string.h>

#define FORMAT 2
#define CHECKSUM_BYTES 4
#define BLANKS " \t\r\n"

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
add_filters(struct buf *out, const struct parameter_values *v)
{
	for (int i = 0; i < PARAMETER_SINGLES; i++) {
		if (!parameters[i].filter || v->text[i] == NULL)
			continue;
		add_number(out, (uint64_t)i, 1);
		add_text(out, v->text[i]);
	}
	for (int i = 0; i < PARAMETER_FACETS; i++) {
		for (size_t k = 0; k < v->sets[i].count; k++) {
			add_number(out, (uint64_t)(PARAMETER_SINGLES + i), 1);
			add_text(out, v->sets[i].at[k]);
		}
	}
}

void
cursor_encode(struct buf *out, struct buf *scratch, const struct cursor *c,
    const struct cursor_scope *scope)
{
	bool has_version = c->filters.text[PARAMETER_VERSION] != NULL;

	buf_reset(scratch);
	buf_addc(scratch, FORMAT);
	add_number(scratch, (uint64_t)c->limit, 2);
	add_number(scratch, c->deleted, 1);
	add_number(scratch, (uint64_t)c->since, 8);
	add_text(scratch, c->last_name);
	add_text(scratch, has_version ? "" : c->last_version);
	add_filters(scratch, &c->filters);
	add_number(scratch, checksum(buf_str(scratch), scratch->len, scope),
	    CHECKSUM_BYTES);
	base64_url_encode(out, buf_str(scratch), scratch->len);
	out->bad |= scratch->bad;
}

/* Reads the bytes in order; once bad, it stays bad. */
struct reader {
	const char *at;
	const char *end;
	bool bad;
};

static uint64_t
read_number(struct reader *s, int bytes)
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
read_text(struct reader *s)
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

/* Values must be ascending, each once, as cursor_encode() writes them. */
static void
read_filters(struct parameter_values *v, struct reader *s)
{
	size_t facet_bytes = 0;
	int last = -1;

	parameter_clear(v);
	while (s->at < s->end && !s->bad) {
		int which = (int)read_number(s, 1);
		const char *value = read_text(s);
		struct value_set *set;

		s->bad |= which < last || which >= PARAMETERS ||
			  !parameters[which].filter;
		if (s->bad)
			break;
		if (which < PARAMETER_SINGLES) {
			s->bad = which == last;
			v->text[which] = value;
		} else {
			set = &v->sets[which - PARAMETER_SINGLES];
			facet_bytes += strlen(value) + 1;
			s->bad =
			    facet_bytes > LIMIT_FACET_BYTES ||
			    (set->count > 0 &&
				strcmp(set->at[set->count - 1], value) >= 0) ||
			    !value_set_add(set, value, parameters[which].most);
		}
		last = which;
	}
}

static void
read_fields(struct cursor *c, struct reader *s)
{
	const char *search;
	uint64_t deleted;

	s->bad = read_number(s, 1) != FORMAT;
	c->limit = (int64_t)read_number(s, 2);
	deleted = read_number(s, 1);
	c->deleted = deleted == 1;
	c->since = (int64_t)read_number(s, 8);
	c->last_name = read_text(s);
	c->last_version = read_text(s);
	read_filters(&c->filters, s);
	search = c->filters.text[PARAMETER_SEARCH];
	if (deleted > 1 || c->limit < 1 || c->limit > LIMIT_PAGE_MAX ||
	    (search != NULL && strlen(search) > LIMIT_SEARCH) ||
	    (c->filters.text[PARAMETER_VERSION] != NULL &&
		*c->last_version != '\0'))
		s->bad = true;
}

/* Compares the checksum; sets ${s} to the bytes before it. */
static int
unwrap(struct reader *s, struct buf *scratch, const char *text,
    const struct cursor_scope *scope)
{
	size_t len;
	struct reader tail;

	/* People paste cursors with white space around them. */
	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
		len--;
	buf_reset(scratch);
	if (len > LIMIT_CURSOR || base64_url_decode(scratch, text, len) == -1 ||
	    scratch->bad || scratch->len < CHECKSUM_BYTES)
		return -1;
	len = scratch->len - CHECKSUM_BYTES;
	*s = (struct reader){ scratch->data, scratch->data + len, false };
	tail = (struct reader){ s->end, s->end + CHECKSUM_BYTES, false };
	return read_number(&tail, CHECKSUM_BYTES) == checksum(s->at, len, scope)
		   ? 0
		   : -1;
}

int
cursor_decode(struct cursor *c, struct buf *scratch, const char *text,
    const struct cursor_scope *scope, struct err *e)
{
	struct reader s;

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
