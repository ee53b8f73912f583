/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading the messages of a fetching process. */
#include "sync/fetch/fetch_wire.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC UINT32_C(0x54485632) /* the last digit is the version */
#define PROGRESS_MAX 256 /* bytes of payload */
#define NO_TEXT UINT32_MAX /* in place of a length: NULL */
#define NUMBER_MAX 4095 /* of an errno, or a version of Landlock */

/*
 * A payload being written or read.  Each message has one function that lists
 * its fields for both directions, so that writer and reader cannot differ.
 */
struct wire {
	struct buf *to; /* NULL: the payload is read */
	const char *at;
	size_t left;
	bool bad; /* the payload is invalid; all further values are 0 */
};

/* ---- fields ---- */

static void
move(struct wire *w, void *value, size_t len)
{
	if (w->to != NULL) {
		buf_add(w->to, value, len);
	} else if (w->bad || len > w->left) {
		w->bad = true;
		memset(value, 0, len);
	} else {
		memcpy(value, w->at, len);
		w->at += len;
		w->left -= len;
	}
}

static void
move_u32(struct wire *w, uint32_t *n)
{
	move(w, n, sizeof *n);
}

static void
move_u64(struct wire *w, uint64_t *n)
{
	move(w, n, sizeof *n);
}

static void
move_size(struct wire *w, size_t *size)
{
	uint64_t n = *size;

	move_u64(w, &n);
	*size = (size_t)n;
}

/* A number from 0 to ${max}. */
static void
move_number(struct wire *w, int *number, uint32_t max)
{
	uint32_t n = (uint32_t)*number;

	move_u32(w, &n);
	if (n > max)
		w->bad = true;
	*number = (int)n;
}

/* A text of at most ${max} bytes, which the reader frees; or NULL. */
static void
move_text(struct wire *w, char **text, size_t max)
{
	uint32_t len = *text == NULL ? NO_TEXT : (uint32_t)strlen(*text);

	move_u32(w, &len);
	if (w->to != NULL) {
		if (*text != NULL)
			buf_add(w->to, *text, len);
		return;
	}
	*text = NULL;
	if (w->bad || len == NO_TEXT)
		return;
	if (len > max || len > w->left || memchr(w->at, '\0', len) != NULL) {
		w->bad = true;
		return;
	}
	*text = xstrndup(w->at, len);
	w->at += len;
	w->left -= len;
}

/* The same in an array of ${size} bytes. */
static void
move_array(struct wire *w, char *array, size_t size)
{
	char *text = w->to == NULL ? NULL : array;

	move_text(w, &text, size - 1);
	if (w->to == NULL) {
		snprintf(array, size, "%s", text == NULL ? "" : text);
		free(text);
	}
}

/* Replaces control characters in a text that was read; NULL is allowed. */
static void
clean(const struct wire *w, char *text)
{
	if (w->to == NULL && text != NULL)
		text_replace_controls(text, '?');
}

/* ---- messages ---- */

static void
move_used(struct wire *w, struct fetch_progress *p)
{
	move_u64(w, &p->bytes);
	move_u32(w, &p->requests);
	move_size(w, &p->pages);
	move_size(w, &p->total_pages);
	move_u64(w, &p->entries);
}

static void
move_sandbox(struct wire *w, struct sandbox *s)
{
	int seccomp = s->seccomp;

	move_number(w, &s->landlock, NUMBER_MAX);
	move_number(w, &seccomp, 1);
	s->seccomp = seccomp == 1;
	move_number(w, &s->landlock_error, NUMBER_MAX);
	move_number(w, &s->seccomp_error, NUMBER_MAX);
}

static void
move_flags(struct wire *w, struct fetch *f)
{
	bool *const flags[] = { &f->unchanged, &f->partial, &f->files,
		&f->entries };
	const size_t count = sizeof flags / sizeof *flags;
	uint32_t bits = 0;

	for (size_t i = 0; i < count; i++)
		bits |= (uint32_t)*flags[i] << i;
	move_u32(w, &bits);
	for (size_t i = 0; i < count; i++)
		*flags[i] = (bits >> i & 1) != 0;
	if (bits >> count != 0)
		w->bad = true;
}

static void
move_documents(struct wire *w, struct fetch *f, uint64_t spool_size)
{
	uint32_t count = (uint32_t)f->document_count;

	move_u32(w, &count);
	if (w->bad || count > LIMIT_FETCH_DOCUMENTS) {
		w->bad = true;
		return;
	}
	if (w->to == NULL) {
		f->documents = xcalloc(count, sizeof *f->documents);
		f->document_count = count;
	}
	for (uint32_t i = 0; i < count && !w->bad; i++) {
		struct fetch_document *d = &f->documents[i];

		move_text(w, &d->name, LIMIT_URL);
		move_u64(w, &d->offset);
		move_u64(w, &d->length);
		move_text(w, &d->problem, ERR_TEXT_MAX - 1);
		clean(w, d->problem);
		if (d->name == NULL || d->offset > spool_size ||
		    d->length > spool_size - d->offset)
			w->bad = true;
	}
}

static bool
is_hash(const char *text)
{
	size_t len = strlen(text);

	return len == 0 || (len == FETCH_HASH_SIZE - 1 &&
			       strspn(text, "0123456789abcdef") == len);
}

static void
move_result(struct wire *w, struct fetch_wire_result *r, uint64_t spool_size)
{
	struct fetch *f = &r->fetch;
	struct validators *v = &f->validators;
	char **const texts[] = { &v->revision, &v->etag, &v->last_modified,
		&v->file_identity, &v->checkpoint };
	int code = (int)r->err.code;
	uint64_t retry_us = (uint64_t)f->retry_us;

	move_number(w, &code, ERR_INTERNAL);
	move_array(w, r->err.text, sizeof r->err.text);
	clean(w, r->err.text);
	move_flags(w, f);
	move_used(w, &f->used);
	move_u64(w, &retry_us);
	move_sandbox(w, &r->sandbox);
	move_array(w, f->note, sizeof f->note);
	clean(w, f->note);
	move_array(w, v->hash, sizeof v->hash);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		move_text(w, texts[i], LIMIT_FETCH_VALIDATOR);
	move_documents(w, f, spool_size);
	if (retry_us > LIMIT_RETRY_KEPT * (uint64_t)CLOCK_SECOND ||
	    !is_hash(v->hash) || (f->unchanged && f->document_count > 0))
		w->bad = true;
	f->retry_us = (int64_t)retry_us;
	r->err.code = w->bad ? ERR_NONE : (enum err_code)code;
}

/* ---- writing ---- */

/* Starts a message; returns where its payload starts, for end_message(). */
static size_t
start_message(struct wire *w, uint32_t kind)
{
	uint32_t magic = MAGIC, length = 0;

	move_u32(w, &magic);
	move_u32(w, &kind);
	move_u32(w, &length);
	return w->to->len;
}

static void
end_message(struct buf *to, size_t start)
{
	uint32_t length = (uint32_t)(to->len - start);

	/* A message that does not fit is bad and is not sent. */
	if (!to->bad)
		memcpy(
		    to->data + start - sizeof length, &length, sizeof length);
}

void
fetch_wire_add_progress(struct buf *to, const struct fetch_progress *p)
{
	struct wire w = { .to = to };
	struct fetch_progress copy = *p;
	char phase[FETCH_WIRE_PHASE];
	size_t start = start_message(&w, FETCH_WIRE_PROGRESS);

	snprintf(phase, sizeof phase, "%s", p->phase == NULL ? "" : p->phase);
	move_used(&w, &copy);
	move_array(&w, phase, sizeof phase);
	end_message(to, start);
}

void
fetch_wire_add_result(struct buf *to, const struct fetch_wire_result *r)
{
	struct wire w = { .to = to };
	struct fetch_wire_result copy = *r;
	size_t start = start_message(&w, FETCH_WIRE_RESULT);

	move_result(&w, &copy, UINT64_MAX);
	end_message(to, start);
}

/* ---- reading ---- */

int
fetch_wire_header(enum fetch_wire_kind *kind, size_t *length, const void *bytes,
    struct err *e)
{
	struct wire w = { .at = bytes, .left = FETCH_WIRE_HEADER };
	uint32_t magic, number, size;

	move_u32(&w, &magic);
	move_u32(&w, &number);
	move_u32(&w, &size);
	*kind = (enum fetch_wire_kind)number;
	*length = size;
	if (magic != MAGIC ||
	    !((number == FETCH_WIRE_PROGRESS && size <= PROGRESS_MAX) ||
		(number == FETCH_WIRE_RESULT && size <= LIMIT_FETCH_RESULT))) {
		err_set(
		    e, ERR_FETCH, "invalid message from the fetching process");
		return -1;
	}
	return 0;
}

static int
check_end(const struct wire *w, struct err *e)
{
	if (!w->bad && w->left == 0)
		return 0;
	err_set(e, ERR_FETCH, "damaged message from the fetching process");
	return -1;
}

int
fetch_wire_progress(struct fetch_progress *out, char phase[FETCH_WIRE_PHASE],
    const void *payload, size_t len, struct err *e)
{
	struct wire w = { .at = payload, .left = len };

	memset(out, 0, sizeof *out);
	move_used(&w, out);
	move_array(&w, phase, FETCH_WIRE_PHASE);
	clean(&w, phase);
	out->phase = phase;
	return check_end(&w, e);
}

int
fetch_wire_result(struct fetch_wire_result *out, const void *payload,
    size_t len, uint64_t spool_size, struct err *e)
{
	struct wire w = { .at = payload, .left = len };

	memset(out, 0, sizeof *out);
	move_result(&w, out, spool_size);
	return check_end(&w, e);
}
