/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading the messages of a fetching process. */
#include "sync/fetch/fetch_wire.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC UINT32_C(0x54485632) /* the last digit is the version */
#define PROGRESS_MAX 256 /* bytes of payload */
#define NO_TEXT UINT32_MAX /* in place of a length: NULL */
#define FLAG_UNCHANGED 1u
#define FLAG_PARTIAL 2u
#define FLAG_FILES 4u
#define FLAG_ENTRIES 8u
#define FLAGS (FLAG_UNCHANGED | FLAG_PARTIAL | FLAG_FILES | FLAG_ENTRIES)
#define NUMBER_MAX 4095 /* of an errno, or a version of Landlock */

/* ---- writing ---- */

static void
add_u32(struct buf *to, uint32_t n)
{
	buf_add(to, &n, sizeof n);
}

static void
add_u64(struct buf *to, uint64_t n)
{
	buf_add(to, &n, sizeof n);
}

static void
add_text(struct buf *to, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	/* If it does not fit, the message becomes bad and is not sent. */
	add_u32(to, text == NULL ? NO_TEXT : (uint32_t)len);
	if (len > 0)
		buf_add(to, text, len);
}

/* Begins a message; the place of its length, for end_message(). */
static size_t
begin_message(struct buf *to, enum fetch_wire_kind kind)
{
	add_u32(to, MAGIC);
	add_u32(to, (uint32_t)kind);
	add_u32(to, 0);
	return to->len;
}

static void
end_message(struct buf *to, size_t begin)
{
	uint32_t length = (uint32_t)(to->len - begin);

	if (!to->bad)
		memcpy(
		    to->data + begin - sizeof length, &length, sizeof length);
}

static void
add_used(struct buf *to, const struct fetch_progress *p)
{
	add_u64(to, p->bytes);
	add_u32(to, p->requests);
	add_u64(to, p->pages);
	add_u64(to, p->total_pages);
	add_u64(to, p->entries);
}

void
fetch_wire_add_progress(struct buf *to, const struct fetch_progress *p)
{
	size_t begin = begin_message(to, FETCH_WIRE_PROGRESS);

	add_used(to, p);
	add_text(to, p->phase);
	end_message(to, begin);
}

static void
add_sandbox(struct buf *to, const struct sandbox *s)
{
	add_u32(to, (uint32_t)s->landlock);
	add_u32(to, s->seccomp);
	add_u32(to, (uint32_t)s->landlock_error);
	add_u32(to, (uint32_t)s->seccomp_error);
}

void
fetch_wire_add_result(struct buf *to, const struct fetch_wire_result *r)
{
	size_t begin = begin_message(to, FETCH_WIRE_RESULT);
	const struct fetch *f = &r->fetch;
	const struct validators *v = &f->validators;

	add_u32(to, (uint32_t)r->err.code);
	add_text(to, r->err.text);
	add_u32(to, (f->unchanged ? FLAG_UNCHANGED : 0) |
			(f->partial ? FLAG_PARTIAL : 0) |
			(f->files ? FLAG_FILES : 0) |
			(f->entries ? FLAG_ENTRIES : 0));
	add_used(to, &f->used);
	add_u64(to, (uint64_t)f->retry_us);
	add_sandbox(to, &r->sandbox);
	add_text(to, f->note);
	add_text(to, v->hash);
	add_text(to, v->revision);
	add_text(to, v->etag);
	add_text(to, v->last_modified);
	add_text(to, v->file_identity);
	add_text(to, v->checkpoint);
	add_u32(to, (uint32_t)f->document_count);
	for (size_t i = 0; i < f->document_count; i++) {
		add_text(to, f->documents[i].name);
		add_u64(to, f->documents[i].offset);
		add_u64(to, f->documents[i].length);
		add_text(to, f->documents[i].problem);
	}
	end_message(to, begin);
}

/* ---- reading ---- */

/* What is left of a payload; bad once anything was wrong with it. */
struct input {
	const char *at;
	size_t left;
	bool bad;
};

static void
take(struct input *in, void *into, size_t len)
{
	if (in->bad || len > in->left) {
		in->bad = true;
		memset(into, 0, len);
		return;
	}
	memcpy(into, in->at, len);
	in->at += len;
	in->left -= len;
}

static uint32_t
take_u32(struct input *in)
{
	uint32_t n;

	take(in, &n, sizeof n);
	return n;
}

static uint64_t
take_u64(struct input *in)
{
	uint64_t n;

	take(in, &n, sizeof n);
	return n;
}

static void
take_used(struct input *in, struct fetch_progress *out)
{
	out->bytes = take_u64(in);
	out->requests = take_u32(in);
	out->pages = (size_t)take_u64(in);
	out->total_pages = (size_t)take_u64(in);
	out->entries = take_u64(in);
}

/* A text of at most ${max} bytes, which the caller frees; NULL for none. */
static char *
take_text(struct input *in, size_t max)
{
	uint32_t len = take_u32(in);
	char *text;

	if (in->bad || len == NO_TEXT)
		return NULL;
	if (len > max || len > in->left || memchr(in->at, '\0', len) != NULL) {
		in->bad = true;
		return NULL;
	}
	text = xstrndup(in->at, len);
	in->at += len;
	in->left -= len;
	return text;
}

/* The same into an array of ${size} bytes. */
static void
take_into(struct input *in, char *into, size_t size)
{
	char *text = take_text(in, size - 1);

	into[0] = '\0';
	if (text != NULL)
		memcpy(into, text, strlen(text) + 1);
	free(text);
}

int
fetch_wire_header(enum fetch_wire_kind *kind, size_t *length, const void *bytes,
    struct err *e)
{
	struct input in = { bytes, FETCH_WIRE_HEADER, false };
	uint32_t magic = take_u32(&in);
	uint32_t number = take_u32(&in);

	*length = take_u32(&in);
	*kind = (enum fetch_wire_kind)number;
	if (magic != MAGIC ||
	    !((number == FETCH_WIRE_PROGRESS && *length <= PROGRESS_MAX) ||
		(number == FETCH_WIRE_RESULT &&
		    *length <= LIMIT_FETCH_RESULT))) {
		err_set(
		    e, ERR_FETCH, "invalid message from the fetching process");
		return -1;
	}
	return 0;
}

static int
check_end(const struct input *in, struct err *e)
{
	if (!in->bad && in->left == 0)
		return 0;
	err_set(e, ERR_FETCH, "damaged message from the fetching process");
	return -1;
}

int
fetch_wire_progress(struct fetch_progress *out, char phase[FETCH_WIRE_PHASE],
    const void *payload, size_t len, struct err *e)
{
	struct input in = { payload, len, false };

	memset(out, 0, sizeof *out);
	take_used(&in, out);
	take_into(&in, phase, FETCH_WIRE_PHASE);
	text_replace_controls(phase, '?');
	out->phase = phase;
	return check_end(&in, e);
}

static bool
is_hash(const char *text)
{
	size_t len = strlen(text);

	return len == 0 || (len == FETCH_HASH_SIZE - 1 &&
			       strspn(text, "0123456789abcdef") == len);
}

static void
take_documents(struct fetch *out, struct input *in, uint64_t size)
{
	uint32_t count = take_u32(in);

	if (in->bad || count > LIMIT_FETCH_DOCUMENTS) {
		in->bad = true;
		return;
	}
	out->documents = xcalloc(count, sizeof *out->documents);
	while (!in->bad && out->document_count < count) {
		struct fetch_document *d =
		    &out->documents[out->document_count++];

		d->name = take_text(in, LIMIT_URL);
		d->offset = take_u64(in);
		d->length = take_u64(in);
		d->problem = take_text(in, ERR_TEXT_MAX - 1);
		if (d->problem != NULL)
			text_replace_controls(d->problem, '?');
		if (d->name == NULL || d->offset > size ||
		    d->length > size - d->offset)
			in->bad = true;
	}
}

static void
take_sandbox(struct input *in, struct sandbox *s)
{
	/* Not in an initializer, where C leaves the order of calls open. */
	uint32_t landlock = take_u32(in);
	uint32_t seccomp = take_u32(in);
	uint32_t landlock_error = take_u32(in);
	uint32_t seccomp_error = take_u32(in);

	if (landlock > NUMBER_MAX || seccomp > 1 ||
	    landlock_error > NUMBER_MAX || seccomp_error > NUMBER_MAX)
		in->bad = true;
	s->landlock = (int)landlock;
	s->seccomp = seccomp == 1;
	s->landlock_error = (int)landlock_error;
	s->seccomp_error = (int)seccomp_error;
}

int
fetch_wire_result(struct fetch_wire_result *out, const void *payload,
    size_t len, uint64_t spool_size, struct err *e)
{
	struct input in = { payload, len, false };
	struct fetch *f = &out->fetch;
	struct validators *v = &f->validators;
	uint32_t code, flags;
	uint64_t retry_us;

	memset(out, 0, sizeof *out);
	code = take_u32(&in);
	take_into(&in, out->err.text, sizeof out->err.text);
	text_replace_controls(out->err.text, '?');
	flags = take_u32(&in);
	take_used(&in, &f->used);
	retry_us = take_u64(&in);
	take_sandbox(&in, &out->sandbox);
	take_into(&in, f->note, sizeof f->note);
	text_replace_controls(f->note, '?');
	take_into(&in, v->hash, sizeof v->hash);
	v->revision = take_text(&in, LIMIT_FETCH_VALIDATOR);
	v->etag = take_text(&in, LIMIT_FETCH_VALIDATOR);
	v->last_modified = take_text(&in, LIMIT_FETCH_VALIDATOR);
	v->file_identity = take_text(&in, LIMIT_FETCH_VALIDATOR);
	v->checkpoint = take_text(&in, LIMIT_FETCH_VALIDATOR);
	take_documents(f, &in, spool_size);
	f->unchanged = (flags & FLAG_UNCHANGED) != 0;
	f->partial = (flags & FLAG_PARTIAL) != 0;
	f->files = (flags & FLAG_FILES) != 0;
	f->entries = (flags & FLAG_ENTRIES) != 0;
	f->retry_us = (int64_t)retry_us;
	if (code > ERR_INTERNAL || flags > FLAGS ||
	    retry_us > LIMIT_RETRY_KEPT * (uint64_t)CLOCK_SECOND ||
	    !is_hash(v->hash) || (f->unchanged && f->document_count > 0))
		in.bad = true;
	out->err.code = in.bad ? ERR_NONE : (enum err_code)code;
	return check_end(&in, e);
}
