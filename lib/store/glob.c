/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name patterns as a list of states without backward jumps.
 *
 * A pattern has to satisfy two parsers that read "[...]" differently, as in the
 * reference: the first only validates (check_syntax), the second decides what
 * matches (compile).  Matching keeps the set of active states as bits and reads
 * the text once.  All transitions that read nothing lead forward, so one pass
 * over the bits in ascending order follows all of them, whatever the nesting.
 */
#include "lib/store/glob.h"

#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* A comma costs two states, every other character at most one. */
#define STATES_MAX (2 * LIMIT_GLOB + 1)
#define WORD_BITS 64
#define WORDS_MAX (STATES_MAX / WORD_BITS + 1)
#define REPLACEMENT 0xfffd
#define NONE UINT32_MAX
#define SHOWN_MAX 120 /* bytes of the pattern in a message */

enum op {
	OP_CHAR, /* reads the character ${lo} */
	OP_ANY, /* reads any character */
	OP_RANGE, /* reads a character from ${lo} to ${hi} */
	OP_LIST, /* reads one of the ${hi} characters at list[${lo}] */
	OP_RUN, /* reads any character and stays, or goes on */
	OP_FORK, /* goes on to the next state and to ${lo} */
	OP_JUMP, /* goes on to ${lo} */
	OP_MATCH
};

struct state {
	enum op op;
	bool negated; /* of OP_RANGE and OP_LIST */
	uint32_t lo;
	uint32_t hi;
};

struct glob {
	struct state *states; /* the last one is OP_MATCH */
	uint32_t count;
	uint32_t *list;
	uint32_t list_count;
	char *pattern; /* kept for its plain bytes at both ends */
	size_t len;
	size_t head; /* bytes */
	size_t tail; /* bytes */
};

/* A brace that is still open. */
struct group {
	uint32_t fork; /* of the alternative being read */
	uint32_t jumps; /* the last JUMP to its end; their ${lo} chain them */
	size_t position;
};

struct compiler {
	struct glob *g;
	const char *pattern;
	struct err *e;
	uint32_t chars[LIMIT_GLOB];
	size_t count;
	size_t at;
	struct group groups[LIMIT_GLOB];
	size_t depth;
};

/* The bytes of ${text} to show, cut between characters. */
static int
shown(const char *text)
{
	return (int)text_cut(text, strlen(text), SHOWN_MAX);
}

/* Reports ${what} about the character at ${position}, counted from 0. */
static int
fail(const struct compiler *c, size_t position, const char *what)
{
	err_set(c->e, ERR_CONFIG, "pattern '%.*s', character %zu: %s",
	    shown(c->pattern), c->pattern, position + 1, what);
	return -1;
}

/* The character ${text} begins with, and its bytes; 0 for a bad one. */
static size_t
decode(uint32_t *c, const char *text)
{
	utf8proc_int32_t value;
	utf8proc_ssize_t used;

	used = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &value);
	*c = used > 0 ? (uint32_t)value : REPLACEMENT;
	return used > 0 ? (size_t)used : 0;
}

static int
decode_pattern(struct compiler *c)
{
	const char *at = c->pattern;
	size_t used;

	if (strlen(at) > LIMIT_GLOB) {
		err_set(c->e, ERR_CONFIG,
		    "pattern '%.*s...' is longer than %d bytes", shown(at), at,
		    LIMIT_GLOB);
		return -1;
	}
	for (; *at != '\0'; at += used) {
		used = decode(&c->chars[c->count], at);
		if (used == 0)
			return fail(c, c->count, "not UTF-8");
		c->count++;
	}
	return 0;
}

/* The first parser. */

static int
check_member(const struct compiler *c, size_t open, size_t *at)
{
	if (*at < c->count && (c->chars[*at] == '-' || c->chars[*at] == ']'))
		return fail(c, *at,
		    "unexpected '-' or ']' in '[...]': expected a character");
	if (*at < c->count && c->chars[*at] == '\\')
		(*at)++;
	(*at)++;
	if (*at >= c->count)
		return fail(c, open, "unclosed '['");
	return 0;
}

/* Validates the "[...]" that opens at ${at}, and moves to its end. */
static int
check_class(const struct compiler *c, size_t *at)
{
	size_t open = *at;
	bool empty = true;

	(*at)++;
	if (*at < c->count && c->chars[*at] == '^')
		(*at)++;
	while (empty || c->chars[*at] != ']') {
		empty = false;
		if (check_member(c, open, at) == -1)
			return -1;
		if (c->chars[*at] != '-')
			continue;
		(*at)++;
		if (check_member(c, open, at) == -1)
			return -1;
	}
	return 0;
}

static int
check_syntax(const struct compiler *c)
{
	for (size_t at = 0; at < c->count; at++) {
		if (c->chars[at] == '\\') {
			if (++at == c->count)
				return fail(c, at - 1, "nothing after '\\'");
		} else if (c->chars[at] == '[') {
			if (check_class(c, &at) == -1)
				return -1;
		}
	}
	return 0;
}

/* The second parser. */

static uint32_t
emit(struct compiler *c, enum op op, uint32_t lo)
{
	c->g->states[c->g->count] = (struct state){ .op = op, .lo = lo };
	return c->g->count++;
}

static int
compile_range(struct compiler *c, bool negated)
{
	uint32_t lo = c->chars[c->at], hi, state;

	if (c->at + 3 >= c->count)
		return fail(c, c->at, "incomplete range");
	hi = c->chars[c->at + 2];
	if (c->chars[c->at + 3] != ']')
		return fail(c, c->at + 3,
		    "a range must be the only content of '[...]'");
	if (hi < lo)
		return fail(
		    c, c->at, "invalid range: it ends before its start");
	state = emit(c, OP_RANGE, lo);
	c->g->states[state].hi = hi;
	c->g->states[state].negated = negated;
	c->at += 4;
	return 0;
}

static int
compile_list(struct compiler *c, bool negated)
{
	uint32_t first = c->g->list_count, state;
	size_t start = c->at;

	for (; c->at < c->count && c->chars[c->at] != ']'; c->at++) {
		if (c->chars[c->at] == '\\' && ++c->at == c->count)
			break;
		c->g->list[c->g->list_count++] = c->chars[c->at];
	}
	if (c->at >= c->count)
		return fail(c, start, "unclosed '['");
	if (c->g->list_count == first)
		return fail(c, start, "empty '[...]'");
	state = emit(c, OP_LIST, first);
	c->g->states[state].hi = c->g->list_count - first;
	c->g->states[state].negated = negated;
	c->at++;
	return 0;
}

static int
compile_class(struct compiler *c)
{
	bool negated = c->at < c->count && c->chars[c->at] == '!';

	c->at += negated;
	if (c->at + 1 < c->count && c->chars[c->at + 1] == '-')
		return compile_range(c, negated);
	return compile_list(c, negated);
}

static void
open_group(struct compiler *c)
{
	struct group *group = &c->groups[c->depth++];

	group->position = c->at - 1;
	group->jumps = NONE;
	group->fork = emit(c, OP_FORK, NONE);
}

static void
next_alternative(struct compiler *c)
{
	struct group *group = &c->groups[c->depth - 1];

	group->jumps = emit(c, OP_JUMP, group->jumps);
	c->g->states[group->fork].lo = c->g->count;
	group->fork = emit(c, OP_FORK, NONE);
}

static void
close_group(struct compiler *c)
{
	struct group *group = &c->groups[--c->depth];
	struct state *states = c->g->states;
	uint32_t jump, previous;

	/* The last alternative has no other to fork to. */
	states[group->fork].lo = group->fork + 1;
	for (jump = group->jumps; jump != NONE; jump = previous) {
		previous = states[jump].lo;
		states[jump].lo = c->g->count;
	}
}

static int
compile_next(struct compiler *c)
{
	uint32_t ch = c->chars[c->at++];
	bool grouped = c->depth > 0;

	if (ch == '[')
		return compile_class(c);
	if (ch == '{') {
		open_group(c);
	} else if (ch == ',' && grouped) {
		next_alternative(c);
	} else if (ch == '}' && grouped) {
		close_group(c);
	} else if (ch == '*') {
		emit(c, OP_RUN, 0);
	} else if (ch == '?') {
		emit(c, OP_ANY, 0);
	} else {
		if (ch == '\\' && c->at < c->count)
			ch = c->chars[c->at++];
		emit(c, OP_CHAR, ch);
	}
	return 0;
}

static int
compile(struct compiler *c)
{
	while (c->at < c->count)
		if (compile_next(c) == -1)
			return -1;
	if (c->depth > 0)
		return fail(
		    c, c->groups[c->depth - 1].position, "unclosed '{'");
	emit(c, OP_MATCH, 0);
	return 0;
}

/*
 * Notes the bytes that every matching text starts and ends with: comparing them
 * rules out most names.  A comma is not part of that end because it may
 * separate alternatives; nor is a closing bracket or brace.
 */
static void
note_ends(struct glob *g, const char *pattern)
{
	g->pattern = xstrdup(pattern);
	g->len = strlen(pattern);
	g->head = strcspn(pattern, "*?[{\\");
	while (g->head + g->tail < g->len &&
	       strchr("*?[]{},\\", pattern[g->len - g->tail - 1]) == NULL)
		g->tail++;
}

int
glob_new(struct glob **out, const char *pattern, struct err *e)
{
	struct compiler *c = xcalloc(1, sizeof *c);
	struct glob *g = xcalloc(1, sizeof *g);
	int rc = -1;

	*c = (struct compiler){ .g = g, .pattern = pattern, .e = e };
	if (decode_pattern(c) == -1 || check_syntax(c) == -1)
		goto out;
	g->states = xcalloc(2 * c->count + 1, sizeof *g->states);
	g->list = xcalloc(c->count, sizeof *g->list);
	if (compile(c) == -1)
		goto out;
	note_ends(g, pattern);
	*out = g;
	g = NULL;
	rc = 0;
out:
	glob_free(g);
	free(c);
	return rc;
}

void
glob_free(struct glob *g)
{
	if (g == NULL)
		return;
	free(g->states);
	free(g->list);
	free(g->pattern);
	free(g);
}

static void
add(uint64_t *set, uint32_t state)
{
	set[state / WORD_BITS] |= UINT64_C(1) << state % WORD_BITS;
}

/* The least member of ${set} from ${from} on; ${count} if there is none. */
static uint32_t
next_member(const uint64_t *set, uint32_t from, uint32_t count)
{
	uint32_t word = from / WORD_BITS;
	uint64_t bits;

	if (from >= count)
		return count;
	bits = set[word] & (UINT64_MAX << from % WORD_BITS);
	while (bits == 0) {
		if (++word > count / WORD_BITS)
			return count;
		bits = set[word];
	}
	return word * WORD_BITS + (uint32_t)__builtin_ctzll(bits);
}

/* Adds the states that can be reached without reading. */
static void
close_set(const struct glob *g, uint64_t *set)
{
	uint32_t i = next_member(set, 0, g->count);

	for (; i < g->count; i = next_member(set, i + 1, g->count)) {
		const struct state *s = &g->states[i];

		if (s->op == OP_FORK || s->op == OP_RUN)
			add(set, i + 1);
		if (s->op == OP_FORK || s->op == OP_JUMP)
			add(set, s->lo);
	}
}

static bool
in_list(const struct glob *g, const struct state *s, uint32_t c)
{
	for (uint32_t i = 0; i < s->hi; i++)
		if (g->list[s->lo + i] == c)
			return true;
	return false;
}

static bool
reads(const struct glob *g, const struct state *s, uint32_t c)
{
	switch (s->op) {
	case OP_CHAR:
		return c == s->lo;
	case OP_ANY:
	case OP_RUN:
		return true;
	case OP_RANGE:
		return (c >= s->lo && c <= s->hi) != s->negated;
	case OP_LIST:
		return in_list(g, s, c) != s->negated;
	case OP_FORK:
	case OP_JUMP:
	case OP_MATCH:
		break;
	}
	return false;
}

/* Fills ${next} with where ${c} leads from ${set}; false for nowhere. */
static bool
advance(const struct glob *g, const uint64_t *set, uint32_t c, uint64_t *next)
{
	uint32_t i = next_member(set, 0, g->count);
	bool alive = false;

	memset(next, 0, (g->count / WORD_BITS + 1) * sizeof *next);
	for (; i < g->count; i = next_member(set, i + 1, g->count)) {
		if (!reads(g, &g->states[i], c))
			continue;
		add(next, g->states[i].op == OP_RUN ? i : i + 1);
		alive = true;
	}
	return alive;
}

static bool
ends_match(const struct glob *g, const char *text)
{
	size_t len;

	if (strncmp(text, g->pattern, g->head) != 0)
		return false;
	len = strlen(text);
	return len >= g->head + g->tail &&
	       memcmp(text + len - g->tail, g->pattern + g->len - g->tail,
		   g->tail) == 0;
}

bool
glob_match(const struct glob *g, const char *text)
{
	uint64_t sets[2][WORDS_MAX];
	uint64_t *now = sets[0], *next = sets[1], *swap;
	size_t used;
	uint32_t c;

	if (!ends_match(g, text))
		return false;
	memset(now, 0, (g->count / WORD_BITS + 1) * sizeof *now);
	add(now, 0);
	close_set(g, now);
	for (; *text != '\0'; text += used) {
		used = decode(&c, text);
		if (used == 0)
			used = 1;
		if (!advance(g, now, c, next))
			return false;
		swap = now;
		now = next;
		next = swap;
		close_set(g, now);
	}
	return next_member(now, g->count - 1, g->count) < g->count;
}
