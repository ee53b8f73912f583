/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON scanner.  It looks at most one byte ahead and never back, so any
 * byte may be the last one of the window.  The text of a captured value is not
 * copied byte by byte: ${run} marks the start of the uncopied part, which is
 * copied at white space or at the end of the window.
 */
#include "lib/document/jscan.h"

#include "lib/buf.h"
#include "lib/document/foreign.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <endian.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW (64 * KIB)
#define END (-1) /* returned by peek() after the last byte */

struct scan {
	struct reader *reader;
	const struct jscan_handler *handler;
	struct err *e;
	const char *at; /* next byte of the window */
	const char *end;
	const char *run; /* first byte not yet in ${out}; NULL: no capture */
	struct buf *out;
	uint64_t before; /* bytes of the document before the window */
	uint64_t line_start; /* offset of the first byte of this line */
	size_t line;
	bool failed; /* ${e} is set */
	bool malformed; /* the bytes are not JSON */
	size_t head_len; /* of ${head} */
	bool stopped; /* by JSCAN_STOP */
	size_t level; /* open containers */
	size_t capture_level; /* open containers around the captured value */
	bool too_deep;
	struct buf value;
	struct buf keys[JSCAN_PATH_MAX];
	struct jscan_step steps[JSCAN_PATH_MAX];
	size_t depth; /* number of steps to the present value */
	char kinds[LIMIT_JSON_NESTING]; /* '{' or '[' for each open one */
	char window[WINDOW];
	char head[FOREIGN_HEAD]; /* the first bytes of the document */
};

/* The result of scanning one token. */
enum state {
	BROKEN, /* err is set */
	VALUE_DUE, /* a container was opened or continued */
	VALUE_DONE
};

static uint64_t
offset(const struct scan *s)
{
	return s->before + (uint64_t)(s->at - s->window);
}

static int
fail_code(struct scan *s, enum err_code code, const char *what)
{
	if (!s->failed)
		err_set(s->e, code,
		    "invalid JSON at line %zu column %" PRIu64 ": %s", s->line,
		    offset(s) - s->line_start + 1, what);
	s->malformed |= !s->failed && code == ERR_INPUT;
	s->failed = true;
	return -1;
}

/* ---- bytes ---- */

static void
flush_run(struct scan *s)
{
	if (s->run != NULL && s->at > s->run)
		buf_add(s->out, s->run, (size_t)(s->at - s->run));
}

static void
keep_head(struct scan *s, const char *bytes, size_t len)
{
	const size_t room = sizeof s->head - s->head_len;

	len = len < room ? len : room;
	memcpy(s->head + s->head_len, bytes, len);
	s->head_len += len;
}

/*
 * Adds to the message what the document seems to be.  Reads FOREIGN_HEAD bytes
 * for that, so that the result does not depend on how they arrive.
 */
static void
add_seeming(struct scan *s)
{
	const struct err plain = *s->e;
	struct err ignored = ERR_INIT;
	const char *seems;
	ssize_t n = 1;

	while (n > 0 && s->head_len < sizeof s->head) {
		n = s->reader->read(s->reader, s->window,
		    sizeof s->head - s->head_len, &ignored);
		if (n > 0)
			keep_head(s, s->window, (size_t)n);
	}
	seems = foreign_bytes(s->head, s->head_len);
	if (seems != NULL)
		err_set(s->e, ERR_INPUT,
		    "%s: this seems to be %s; expected JSON, such as a "
		    "registry document or a server.json",
		    plain.text, seems);
}

/* Loads the next window; false at the end of the document or on failure. */
static bool
refill(struct scan *s)
{
	ssize_t n;

	if (s->failed)
		return false;
	flush_run(s);
	s->before = offset(s);
	s->at = s->end = s->window;
	if (s->run != NULL)
		s->run = s->window;
	n = s->reader->read(s->reader, s->window, sizeof s->window, s->e);
	if (n < 0) {
		s->failed = true;
		return false;
	}
	s->end = s->window + n;
	if (s->head_len < sizeof s->head)
		keep_head(s, s->window, (size_t)n);
	if (s->before + (uint64_t)n > (uint64_t)LIMIT_DOCUMENT) {
		err_set(s->e, ERR_LIMIT,
		    "document is larger than %" PRIu64 " bytes",
		    (uint64_t)LIMIT_DOCUMENT);
		s->failed = true;
		return false;
	}
	return n > 0;
}

static inline int
peek(struct scan *s)
{
	if (s->at == s->end && !refill(s))
		return END;
	return (unsigned char)*s->at;
}

static int
skip_space(struct scan *s)
{
	const bool capturing = s->run != NULL;
	int c;

	flush_run(s);
	s->run = NULL;
	for (;;) {
		c = peek(s);
		if (c == '\n') {
			s->line++;
			s->line_start = offset(s) + 1;
		} else if (c != ' ' && c != '\t' && c != '\r') {
			break;
		}
		s->at++;
	}
	if (capturing)
		s->run = s->at;
	return c;
}

/* The first byte of the next token. */
static inline int
peek_token(struct scan *s)
{
	if (s->at < s->end && (unsigned char)*s->at > ' ')
		return (unsigned char)*s->at;
	return skip_space(s);
}

static int
fail(struct scan *s, const char *what)
{
	if (peek(s) == END)
		what = "unexpected end of the document";
	return fail_code(s, ERR_INPUT, what);
}

/* ---- tokens ---- */

/* Bytes that jscan_plain() passes over. */
static inline bool
is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* 0 if all eight bytes are plain; else the lowest bit is in the first other. */
static inline uint64_t
not_plain(uint64_t w)
{
	uint64_t quote = w ^ EACH_BYTE('"');
	uint64_t backslash = w ^ EACH_BYTE('\\');

	return ((quote - EACH_BYTE(1)) | (backslash - EACH_BYTE(1)) |
		   (w - EACH_BYTE(' ')) | w) &
	       EACH_BYTE(0x80);
}

const char *
jscan_plain(const char *at, const char *end)
{
	uint64_t w;

	for (; end - at >= (ptrdiff_t)sizeof w; at += sizeof w) {
		memcpy(&w, at, sizeof w);
		w = not_plain(le64toh(w));
		if (w != 0)
			return at + __builtin_ctzll(w) / 8;
	}
	while (at < end && is_plain((unsigned char)*at))
		at++;
	return at;
}

/* A character of several bytes; surrogates and overlong forms are invalid. */
static int
scan_utf8(struct scan *s, int lead)
{
	int low = 0x80, high = 0xbf, more = 0, c;

	if (lead >= 0xc2 && lead <= 0xdf)
		more = 1;
	else if (lead >= 0xe0 && lead <= 0xef)
		more = 2;
	else if (lead >= 0xf0 && lead <= 0xf4)
		more = 3;
	else
		return fail(s, "not UTF-8");
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	for (s->at++; more > 0; more--) {
		c = peek(s);
		if (c < low || c > high)
			return fail(s, "not UTF-8");
		s->at++;
		low = 0x80;
		high = 0xbf;
	}
	return 0;
}

static bool
is_hex(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

static int
scan_escape(struct scan *s)
{
	int c;

	s->at++;
	c = peek(s);
	if (c == END || c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
		return fail(s, "unknown escape in a string");
	s->at++;
	for (int i = 0; c == 'u' && i < 4; i++) {
		if (!is_hex(peek(s)))
			return fail(s, "\\u needs four hexadecimal digits");
		s->at++;
	}
	return 0;
}

/* A string from its opening quote to the byte after its closing one. */
static int
scan_string(struct scan *s)
{
	int c;

	s->at++;
	for (;;) {
		s->at = jscan_plain(s->at, s->end);
		c = peek(s);
		if (c == '"') {
			s->at++;
			return 0;
		}
		if (c == '\\') {
			if (scan_escape(s) == -1)
				return -1;
		} else if (c >= 0x80) {
			if (scan_utf8(s, c) == -1)
				return -1;
		} else if (c < ' ') {
			return fail(s, "control character in a string");
		}
	}
}

static int
scan_digits(struct scan *s)
{
	int c = peek(s);

	if (c < '0' || c > '9')
		return fail(s, "invalid number: expected a digit");
	while (c >= '0' && c <= '9') {
		s->at++;
		c = peek(s);
	}
	return 0;
}

static int
scan_number(struct scan *s)
{
	if (*s->at == '-')
		s->at++;
	if (peek(s) == '0')
		s->at++;
	else if (scan_digits(s) == -1)
		return -1;
	if (peek(s) == '.') {
		s->at++;
		if (scan_digits(s) == -1)
			return -1;
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		if (scan_digits(s) == -1)
			return -1;
	}
	return 0;
}

static int
scan_literal(struct scan *s, const char *word)
{
	for (; *word != '\0'; word++) {
		if (peek(s) != *word)
			return fail(s, "expected a JSON value");
		s->at++;
	}
	return 0;
}

/* ---- values ---- */

static int
open_container(struct scan *s)
{
	bool deep = s->level - s->capture_level >= LIMIT_JSON_DEPTH;

	if (deep && s->run == NULL)
		return fail_code(s, ERR_LIMIT, "nested too deeply");
	s->too_deep |= deep;
	if (s->level == LIMIT_JSON_NESTING)
		return fail_code(s, ERR_LIMIT, "nested too deeply");
	s->kinds[s->level++] = *s->at++;
	return 0;
}

/* The byte that closes the innermost container. */
static int
closer(const struct scan *s)
{
	return s->kinds[s->level - 1] == '{' ? '}' : ']';
}

static int
scan_colon(struct scan *s)
{
	if (peek_token(s) != ':')
		return fail(s, "expected ':' after a name");
	s->at++;
	return 0;
}

/* If the innermost container is an object, its next member's name. */
static int
scan_name(struct scan *s)
{
	if (s->kinds[s->level - 1] == '[')
		return 0;
	if (peek_token(s) != '"')
		return fail(s, "expected the name of a member");
	if (scan_string(s) == -1)
		return -1;
	return scan_colon(s);
}

static enum state
start_container(struct scan *s)
{
	if (open_container(s) == -1)
		return BROKEN;
	if (peek_token(s) == closer(s)) {
		s->at++;
		s->level--;
		return VALUE_DONE;
	}
	return scan_name(s) == -1 ? BROKEN : VALUE_DUE;
}

/* Scans a scalar, or up to the first value inside a container. */
static enum state
start_value(struct scan *s)
{
	int bad;

	switch (peek_token(s)) {
	case '{':
	case '[':
		return start_container(s);
	case '"':
		bad = scan_string(s);
		break;
	case 't':
		bad = scan_literal(s, "true");
		break;
	case 'f':
		bad = scan_literal(s, "false");
		break;
	case 'n':
		bad = scan_literal(s, "null");
		break;
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		bad = scan_number(s);
		break;
	default:
		bad = fail(s, "expected a JSON value");
		break;
	}
	return bad ? BROKEN : VALUE_DONE;
}

/* After a value in a container: scans up to the next one, or the end. */
static enum state
after_value(struct scan *s)
{
	int c = peek_token(s);

	if (c == ',') {
		s->at++;
		return scan_name(s) == -1 ? BROKEN : VALUE_DUE;
	}
	if (c == closer(s)) {
		s->at++;
		s->level--;
		return VALUE_DONE;
	}
	fail(s,
	    closer(s) == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
	return BROKEN;
}

/* Scans one value with its content. */
static int
scan_value(struct scan *s)
{
	const size_t outer = s->level;
	enum state state = start_value(s);

	while (state != BROKEN && s->level > outer)
		state = state == VALUE_DONE ? after_value(s) : start_value(s);
	return state == BROKEN ? -1 : 0;
}

/* ---- the walk ---- */

static int walk_value(struct scan *s);

static void
capture_start(struct scan *s, struct buf *out)
{
	buf_reset(out);
	s->out = out;
	s->run = s->at;
	s->capture_level = s->level;
	s->too_deep = false;
}

static void
capture_end(struct scan *s)
{
	flush_run(s);
	s->run = NULL;
	s->capture_level = 0;
}

static int
capture_value(struct scan *s, const struct jscan_place *place)
{
	struct jscan_capture c = { 0 };
	char empty[1] = "";

	capture_start(s, &s->value);
	if (scan_value(s) == -1)
		return -1;
	capture_end(s);
	/* If the root itself is captured, the rest is checked first. */
	if (s->depth == 0 && peek_token(s) != END)
		return fail(s, "unexpected data after the document");
	if (s->failed)
		return -1;
	c.too_large = s->value.bad;
	c.too_deep = s->too_deep;
	c.json = c.too_large ? empty : s->value.data;
	c.len = c.too_large ? 0 : s->value.len;
	if (s->handler->captured(s->handler->ctx, place, &c, s->e) == -1) {
		s->failed = true;
		return -1;
	}
	return 0;
}

/* Reads the name of a member into ${step}. */
static int
walk_name(struct scan *s, struct jscan_step *step)
{
	struct buf *key = &s->keys[s->depth];

	if (peek_token(s) != '"')
		return fail(s, "expected the name of a member");
	capture_start(s, key);
	if (scan_string(s) == -1)
		return -1;
	capture_end(s);
	if (key->bad)
		return fail_code(s, ERR_LIMIT, "a member's name is too long");
	step->key_len = key->len;
	step->key = jscan_unquote(key->data, &step->key_len);
	return scan_colon(s);
}

/* Walks the values of the present container. */
static int
walk_container(struct scan *s)
{
	struct jscan_step *step = &s->steps[s->depth];
	const bool object = *s->at == '{';
	enum state state = VALUE_DUE;

	if (open_container(s) == -1)
		return -1;
	*step = (struct jscan_step){ 0 };
	if (peek_token(s) == closer(s)) {
		s->at++;
		s->level--;
		return 0;
	}
	for (; state == VALUE_DUE; step->index++) {
		if (object && walk_name(s, step) == -1)
			return -1;
		s->depth++;
		if (walk_value(s) == -1)
			return -1;
		s->depth--;
		if (peek_token(s) == ',')
			s->at++;
		else
			state = after_value(s);
	}
	return state == BROKEN ? -1 : 0;
}

static int
walk_value(struct scan *s)
{
	struct jscan_place place = { s->steps, s->depth, '\0', 0, 0 };
	int c = peek_token(s);
	enum jscan_action action;

	if (c == END || strchr("{[\"tfn-0123456789", c) == NULL || c == '\0')
		return fail(s, "expected a JSON value");
	place.first = (char)c;
	place.line = s->line;
	place.column = (size_t)(offset(s) - s->line_start + 1);
	action = s->handler->decide(s->handler->ctx, &place);
	if (action == JSCAN_STOP) {
		s->stopped = true;
		return -1;
	}
	if (action == JSCAN_CAPTURE)
		return capture_value(s, &place);
	if (action == JSCAN_DESCEND && (c == '{' || c == '[') &&
	    s->depth < JSCAN_PATH_MAX)
		return walk_container(s);
	return scan_value(s);
}

/*
 * Skips a byte order mark, which RFC 8259, section 8.1 lets a parser ignore.
 */
static int
skip_mark(struct scan *s)
{
	static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };

	for (size_t i = 0; i < sizeof mark; i++) {
		if (peek(s) != mark[i])
			return i == 0 ? 0 : fail(s, "not UTF-8");
		s->at++;
	}
	s->line_start = offset(s);
	return 0;
}

static int
walk_document(struct scan *s)
{
	if (peek(s) == END) {
		if (!s->failed)
			err_set(s->e, ERR_INPUT, "data cannot be empty");
		s->malformed = !s->failed;
		return -1;
	}
	/* Byte order marks of UTF-16 and UTF-32 start with bytes that UTF-8
	 * lacks. */
	if (peek(s) >= 0xfe)
		return fail(s, "expected UTF-8, found UTF-16 or UTF-32");
	if (skip_mark(s) == -1)
		return -1;
	if (walk_value(s) == -1)
		return -1;
	if (peek_token(s) != END)
		return fail(s, "unexpected data after the document");
	return s->failed ? -1 : 0;
}

int
jscan_run(struct reader *r, const struct jscan_handler *h, struct err *e)
{
	struct scan *s = xmalloc(sizeof *s);
	int rc = -1;

	/* Without the arrays at the end, which are written before they are
	 * read. */
	memset(s, 0, offsetof(struct scan, kinds));
	s->reader = r;
	s->handler = h;
	s->e = e;
	s->at = s->end = s->window;
	s->line = 1;
	buf_init(&s->value, h->capture_max);
	for (size_t i = 0; i < JSCAN_PATH_MAX; i++)
		buf_init(&s->keys[i], LIMIT_JSON_KEY);
	if (walk_document(s) == -1 && !s->stopped) {
		if (s->malformed)
			add_seeming(s);
		goto out;
	}
	rc = 0;
out:
	buf_free(&s->value);
	for (size_t i = 0; i < JSCAN_PATH_MAX; i++)
		buf_free(&s->keys[i]);
	free(s);
	return rc;
}
