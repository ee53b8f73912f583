/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking through a JSON document of any size in a fixed window.
 *
 * jscan_run() reads a stream once from front to end and checks the syntax of
 * every byte (RFC 8259, UTF-8; a byte order mark at the start is ignored).  At
 * each value it reaches it asks the handler what to do: go inside, hand the
 * value out as text, or pass over it.  What is handed out is the text as it
 * stands in the document without the white space between its tokens; numbers,
 * escapes and the order of members are not touched.  Memory: a window, one
 * captured value, the names on the way to it.
 *
 * jscan_find(), jscan_inside() and jscan_unquote() work on text that
 * jscan_run() handed out.
 */
#ifndef LIB_DOCUMENT_JSCAN_H
#define LIB_DOCUMENT_JSCAN_H

#include "lib/err.h"
#include "lib/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far inside a document a handler may go. */
#define JSCAN_PATH_MAX 8

/* A piece of JSON text, not followed by a NUL.  ${text} NULL: there is none. */
struct jscan_text {
	const char *text;
	size_t len;
};

enum jscan_action {
	JSCAN_SKIP,
	JSCAN_CAPTURE,
	JSCAN_DESCEND, /* of a value without members: the same as skip */
	JSCAN_STOP /* ends the walk: the rest is not read */
};

/* One step on the way from the root to a value. */
struct jscan_step {
	const char *key; /* the member's name, unescaped; NULL in an array */
	size_t key_len; /* a name may hold NUL bytes */
	size_t index; /* how many values of the container came before */
};

/* Where a value stands.  Valid until the callback returns. */
struct jscan_place {
	const struct jscan_step *steps;
	size_t depth; /* steps; 0 is the root */
	char first; /* first byte of the value: one of { [ " t f n - 0..9 */
	size_t line; /* of that byte, from 1 */
	size_t column; /* in bytes, from 1 */
};

struct jscan_capture {
	char *json; /* NUL-terminated; the callback may change it in place */
	size_t len;
	bool too_large; /* than capture_max: json is "" */
	bool too_deep; /* than LIMIT_JSON_DEPTH, counted from the value */
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
 * Walks the document that ${r} delivers.  ERR_INPUT for anything that is not
 * exactly one JSON value between white space ("invalid JSON at line 3 column
 * 7: ..."; "data cannot be empty" for no bytes at all), with what the document
 * seems to be if its first bytes are known (lib/document/foreign.h); ERR_LIMIT
 * for a document over LIMIT_DOCUMENT, for nesting over LIMIT_JSON_DEPTH outside
 * captured values, and for a member name over LIMIT_JSON_KEY where the handler
 * went inside; else what the reader or the handler reports.
 */
int jscan_run(struct reader *r, const struct jscan_handler *h, struct err *e);

/* Whether ${step} is into the member ${key} of an object. */
bool jscan_step_is(const struct jscan_step *step, const char *key);

/*
 * Turns the JSON string ${literal} of ${len} bytes, quotes included, into the
 * text it stands for, in place, and sets ${len} to its length.  The result is
 * followed by a NUL.  A surrogate without its pair becomes U+FFFD.
 */
char *jscan_unquote(char *literal, size_t *len);

/*
 * The first byte from ${at} on, or ${end}, that ends a string or needs a look
 * in one: a quote, a backslash, a control character or no ASCII.
 */
const char *jscan_plain(const char *at, const char *end);

/*
 * A walk through the members or elements of one value, from front to end.
 * Of a value without any nothing comes.
 */
struct jscan_inside {
	const char *at;
	const char *end;
	bool object;
	struct jscan_text name; /* of this member, quotes included */
	bool escaped; /* the name holds escapes */
	struct jscan_text value;
};

void jscan_inside(struct jscan_inside *i, struct jscan_text json);
/* Goes to the first or the next one; false when there are no more. */
bool jscan_next(struct jscan_inside *i);
/* Whether the member at hand has the name ${key}. */
bool jscan_is_named(const struct jscan_inside *i, const char *key);

/* The value of four hexadecimal digits. */
uint32_t jscan_hex4(const char *digits);

/*
 * Finds the value at ${steps} in ${json}, which is valid and without white
 * space (else what is found means nothing).  A step with a key looks for the
 * last member of that name, one without for the element at its index.  Returns
 * a pointer into ${json} and sets ${found_len}, or NULL.
 */
const char *jscan_find(const char *json, size_t len,
    const struct jscan_step *steps, size_t depth, size_t *found_len);

#endif
