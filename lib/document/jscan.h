/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A streaming JSON scanner with a window of fixed size.
 *
 * jscan_run() reads a stream once and validates every byte (RFC 8259, UTF-8; a
 * byte order mark at the start is ignored).  For each value it asks the handler
 * whether to descend into it, to capture it as text, or to skip it.  A captured
 * text has no white space between its tokens; numbers, escapes and the order of
 * members are as in the document.  Memory: the window, one captured value, the
 * names of the members that lead to it.
 *
 * jscan_find(), jscan_inside() and jscan_unquote() work on captured text.
 */
#ifndef LIB_DOCUMENT_JSCAN_H
#define LIB_DOCUMENT_JSCAN_H

#include "lib/err.h"
#include "lib/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many levels a handler may descend. */
#define JSCAN_PATH_MAX 8

/* A piece of JSON text, not NUL-terminated.  ${text} is NULL for none. */
struct jscan_text {
	const char *text;
	size_t len;
};

enum jscan_action {
	JSCAN_SKIP,
	JSCAN_CAPTURE,
	JSCAN_DESCEND, /* a scalar is skipped */
	JSCAN_STOP /* ends the scan; the rest is not read */
};

/* One step on the way from the root to a value. */
struct jscan_step {
	const char *key; /* the member's name, unescaped; NULL in an array */
	size_t key_len; /* a name may hold NUL bytes */
	size_t index; /* in the container, from 0 */
};

/* The place of a value.  Valid until the callback returns. */
struct jscan_place {
	const struct jscan_step *steps;
	size_t depth; /* number of steps; 0: the root */
	char first; /* first byte of the value: one of { [ " t f n - 0..9 */
	size_t line; /* of that byte, from 1 */
	size_t column; /* in bytes, from 1 */
};

struct jscan_capture {
	char *json; /* NUL-terminated; the callback may change it in place */
	size_t len;
	bool too_large; /* over capture_max: json is "" */
	bool too_deep; /* over LIMIT_JSON_DEPTH, counted from the value */
};

struct jscan_handler {
	void *ctx;
	size_t capture_max;
	enum jscan_action (*decide)(void *ctx, const struct jscan_place *p);
	/* -1 with ${e} ends the walk. */
	int (*captured)(void *ctx, const struct jscan_place *p,
	    const struct jscan_capture *c, struct err *e);
};

/*
 * Scans the document that ${r} delivers.  Besides errors of the reader and the
 * handler:
 *
 * ERR_INPUT: not exactly one JSON value, "invalid JSON at line 3 column 7:
 * ...", with what the document seems to be if its first bytes are known
 * (lib/document/foreign.h); "data cannot be empty" for an empty document.
 *
 * ERR_LIMIT: a document over LIMIT_DOCUMENT, nesting over LIMIT_JSON_DEPTH
 * outside of captured values, or a member name over LIMIT_JSON_KEY in an object
 * that the handler descended into.
 */
int jscan_run(struct reader *r, const struct jscan_handler *h, struct err *e);

/* Whether ${step} leads to the member ${key} of an object. */
bool jscan_step_is(const struct jscan_step *step, const char *key);

/*
 * Decodes the JSON string ${literal} of ${len} bytes, quotes included, in
 * place. Returns the NUL-terminated text and sets ${len} to its length.  A
 * surrogate without its pair becomes U+FFFD.
 */
char *jscan_unquote(char *literal, size_t *len);

/*
 * The first byte from ${at} on that a string cannot contain as it is, or that
 * is not ASCII: a quote, a backslash, a control character; ${end} if there is
 * none.
 */
const char *jscan_plain(const char *at, const char *end);

/*
 * An iterator over the members or elements of one value; a scalar has none.
 */
struct jscan_inside {
	const char *at;
	const char *end;
	bool object;
	struct jscan_text name; /* of the present member, quotes included */
	bool escaped; /* the name has escapes */
	struct jscan_text value;
};

void jscan_inside(struct jscan_inside *i, struct jscan_text json);
/* Moves to the first or next one; false at the end. */
bool jscan_next(struct jscan_inside *i);
/* Whether the present member has the name ${key}. */
bool jscan_is_named(const struct jscan_inside *i, const char *key);

/* The value of four hexadecimal digits. */
uint32_t jscan_hex4(const char *digits);

/*
 * Finds the value at ${steps} in ${json}, which must be captured text.  A step
 * with a key selects the last member of that name, one without a key the
 * element at its index.  Returns a pointer into ${json} and sets ${found_len},
 * or NULL.
 */
const char *jscan_find(const char *json, size_t len,
    const struct jscan_step *steps, size_t depth, size_t *found_len);

#endif
