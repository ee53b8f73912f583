/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the explanation in an error body.  Registries, frameworks and proxies
 * use different formats (RFC 9457, FastAPI, Zod, JSON:API, Kubernetes), so the
 * members are found by their names alone.
 */
#include "sync/fetch/http/http_private.h"

#include "lib/buf.h"
#include "lib/document/jscan.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX (JSCAN_PATH_MAX - 2)
#define SECRET_MIN 3 /* shorter ones match common words */

struct words {
	struct buf text;
	struct buf title; /* used where there is no text */
};

/* ---- clean text ---- */

/* The length of the character at ${p} if it is invisible, else 0. */
static size_t
invisible_length(const unsigned char *p)
{
	if (*p < ' ' || *p == 0x7f)
		return 1;
	if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
		return 2; /* C1 controls */
	if (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf)
		return 3; /* byte order mark */
	if (p[0] != 0xe2)
		return 0;
	/* Zero width, direction marks, line separators. */
	if ((p[1] == 0x80 && ((p[2] >= 0x8b && p[2] <= 0x8f) ||
				 (p[2] >= 0xa8 && p[2] <= 0xae))) ||
	    (p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xaf))
		return 3;
	return 0;
}

/* Replaces each run of blanks and invisible characters with one space. */
static void
clean(char *text)
{
	const unsigned char *from = (const unsigned char *)text;
	char *to = text;
	size_t skip;

	while (*from != '\0') {
		skip = *from == ' ' ? 1 : invisible_length(from);
		if (skip == 0) {
			*to++ = (char)*from++;
			continue;
		}
		if (to > text && to[-1] != ' ')
			*to++ = ' ';
		from += skip;
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

void
http_words_cut(char *words)
{
	words[text_cut(words, strlen(words), LIMIT_HTTP_WORDS)] = '\0';
}

/* Adds a text unless it is there already. */
static void
add(struct buf *to, char *text)
{
	clean(text);
	if (*text == '\0' || (to->len > 0 && strstr(buf_str(to), text) != NULL))
		return;
	if (to->len > 0)
		buf_adds(to, ": ");
	buf_adds(to, text);
}

/* ---- JSON ---- */

/* The innermost member that holds the value; NULL: arrays alone do. */
static const struct jscan_step *
nearest_name(const struct jscan_place *at)
{
	for (size_t i = at->depth; i > 0; i--)
		if (at->steps[i - 1].key != NULL)
			return &at->steps[i - 1];
	return NULL;
}

static bool
explains(const struct jscan_step *step)
{
	static const char *const names[] = { "error", "errors", "message",
		"messages", "detail", "details", "msg", "error_description",
		"location", "loc", "path", "parameter", "field" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (jscan_step_is(step, names[i]))
			return true;
	return false;
}

static enum jscan_action
decide(void *ctx, const struct jscan_place *at)
{
	const struct jscan_step *name = nearest_name(at);

	(void)ctx;
	if (at->first == '{' || at->first == '[')
		return at->depth < DEPTH_MAX ? JSCAN_DESCEND : JSCAN_SKIP;
	if (at->first != '"')
		return JSCAN_SKIP;
	return at->depth == 0 ||
		       (name != NULL &&
			   (explains(name) || jscan_step_is(name, "title")))
		   ? JSCAN_CAPTURE
		   : JSCAN_SKIP;
}

static int
captured(void *ctx, const struct jscan_place *at, const struct jscan_capture *c,
    struct err *e)
{
	const struct jscan_step *name = nearest_name(at);
	struct words *w = ctx;
	size_t len = c->len;

	(void)e;
	if (c->too_large || c->too_deep)
		return 0;
	add(name != NULL && jscan_step_is(name, "title") ? &w->title : &w->text,
	    jscan_unquote(c->json, &len));
	return 0;
}

static void
read_json(struct words *w, const char *text, size_t len)
{
	const struct jscan_handler handler = { w, LIMIT_HTTP_QUOTED, decide,
		captured };
	struct err ignored = ERR_INIT;
	struct reader r;

	reader_from_memory(&r, text, len);
	/* A truncated body may still explain something. */
	(void)jscan_run(&r, &handler, &ignored);
}

/* ---- plain text ---- */

static void
read_line(struct words *w, const char *text, size_t len)
{
	char *line = xstrndup(text, len);

	line[strcspn(line, "\r\n")] = '\0';
	/* The character set is unknown. */
	for (char *p = line; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	add(&w->text, line);
	free(line);
}

char *
http_words_read(const char *text, size_t len)
{
	struct words w = { BUF_INIT(2 * LIMIT_HTTP_QUOTED),
		BUF_INIT(2 * LIMIT_HTTP_QUOTED) };
	struct buf *found = &w.text;
	char *words = NULL;

	while (len > 0 && strchr(" \t\r\n", *text) != NULL && *text != '\0') {
		text++;
		len--;
	}
	if (len > 0 && strchr("{[\"", *text) != NULL && *text != '\0')
		read_json(&w, text, len);
	else if (len > 0 && *text != '<')
		read_line(&w, text, len);
	if (found->len == 0)
		found = &w.title;
	if (found->len > 0)
		words = xstrdup(buf_str(found));
	buf_free(&w.text);
	buf_free(&w.title);
	return words;
}

/* ---- secrets ---- */

void
http_words_hide(char *words, const char *secret)
{
	size_t len = strlen(secret);

	if (len < SECRET_MIN)
		return;
	while ((words = strstr(words, secret)) != NULL) {
		memset(words, '*', 3);
		memmove(words + 3, words + len, strlen(words + len) + 1);
		words += 3;
	}
}
