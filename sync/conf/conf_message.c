/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages about the configuration.  They are collected in the order of the
 * checks and sorted into the order of the file at the end, so that one run
 * shows everything that has to be mended from top to bottom.
 */
#include "lib/buf.h"
#include "lib/limits.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a warning was given up so that an error finds room. */
static bool
make_room(struct conf_reader *r)
{
	for (size_t i = r->note_count; i > 0; i--) {
		struct conf_note *n = &r->notes[i - 1];

		if (n->is_error)
			continue;
		free(n->text);
		memmove(n, n + 1, (r->note_count - i) * sizeof *n);
		r->note_count--;
		return true;
	}
	return false;
}

static void add(struct conf_reader *r, bool is_error, int line,
    const char *path, const char *label, const char *fmt, va_list ap)
    __attribute__((format(printf, 6, 0)));

static void
add(struct conf_reader *r, bool is_error, int line, const char *path,
    const char *label, const char *fmt, va_list ap)
{
	struct buf text = BUF_INIT(ERR_TEXT_MAX - 1);
	char words[ERR_TEXT_MAX];

	r->error_count += is_error;
	if (r->note_count == LIMIT_CONFIG_MESSAGES) {
		r->left_out++;
		if (!is_error || !make_room(r))
			return;
	}
	vsnprintf(words, sizeof words, fmt, ap);
	buf_addf(&text, "%.300s:%d: ", r->conf->file, line < 1 ? 1 : line);
	if (*path != '\0')
		buf_addf(&text, "%.200s: ", path);
	buf_addf(&text, "%s%.*s", label, 480, words);
	if (r->notes == NULL)
		r->notes = xcalloc(LIMIT_CONFIG_MESSAGES, sizeof *r->notes);
	r->notes[r->note_count++] =
	    (struct conf_note){ line, is_error, buf_take(&text) };
}

void
conf_message_add(struct conf_reader *r, bool is_error, int line,
    const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(r, is_error, line, path, "", fmt, ap);
	va_end(ap);
}

void
conf_message_path(struct buf *path, const struct conf_at *at, const char *key)
{
	if (at->outer != NULL) {
		conf_message_path(path, at->outer, at->key);
		if (at->index != CONF_NO_INDEX)
			buf_addf(path, "[%zu]", at->index);
		if (key != NULL)
			buf_addc(path, '.');
	}
	if (key != NULL)
		buf_adds(path, key);
}

/* About ${key} of the block, or the block; ${index} as of struct conf_at. */
static void about(const struct conf_at *at, bool is_error, const char *key,
    size_t index, const char *fmt, va_list ap)
    __attribute__((format(printf, 5, 0)));

static void
about(const struct conf_at *at, bool is_error, const char *key, size_t index,
    const char *fmt, va_list ap)
{
	const struct yaml_tree_member *m = NULL;
	struct buf path = BUF_INIT(ERR_TEXT_MAX);
	int line = at->line;

	conf_message_path(&path, at, key);
	if (key != NULL)
		m = yaml_tree_find(at->node, key);
	if (m != NULL) {
		line = m->line;
		if (m->value->origin != NULL)
			buf_addf(&path, " (from %s)", m->value->origin);
	} else if (key != NULL && at->node != NULL) {
		line = at->node->line;
	}
	if (index != CONF_NO_INDEX) {
		buf_addf(&path, "[%zu]", index);
		if (m != NULL && m->value->type == YAML_TREE_LIST)
			line = m->value->members[index].line;
	}
	add(at->reader, is_error, line, buf_str(&path), at->label, fmt, ap);
	buf_free(&path);
}

void
conf_error(const struct conf_at *at, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	about(at, true, key, CONF_NO_INDEX, fmt, ap);
	va_end(ap);
}

void
conf_warn(const struct conf_at *at, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	about(at, false, key, CONF_NO_INDEX, fmt, ap);
	va_end(ap);
}

void
conf_error_element(const struct conf_at *at, const char *key, size_t index,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	about(at, true, key, index, fmt, ap);
	va_end(ap);
}

/* Insertion sort: stable, and LIMIT_CONFIG_MESSAGES is small. */
static void
sort_notes(struct conf_note *notes, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct conf_note n = notes[i];
		size_t at = i;

		for (; at > 0 && notes[at - 1].line > n.line; at--)
			notes[at] = notes[at - 1];
		notes[at] = n;
	}
}

void
conf_message_finish(struct conf_reader *r)
{
	struct conf *c = r->conf;

	sort_notes(r->notes, r->note_count);
	c->messages = xcalloc(r->note_count + 1, sizeof *c->messages);
	for (size_t i = 0; i < r->note_count; i++)
		c->messages[c->message_count++] =
		    (struct conf_message){ r->notes[i].is_error,
			    r->notes[i].text };
	if (r->left_out > 0)
		c->messages[c->message_count++] = (struct conf_message){ false,
			xasprintf("%s: %zu more messages are not shown",
			    c->file, r->left_out) };
	c->error_count = r->error_count;
	free(r->notes);
	r->notes = NULL;
	r->note_count = 0;
}

const char *
conf_show(char out[CONF_SHOWN_SIZE], const char *text)
{
	char *shown = url_shown(text);
	size_t len = strlen(shown);

	if (len < CONF_SHOWN_SIZE) {
		memcpy(out, shown, len + 1);
	} else {
		len = CONF_SHOWN_SIZE - 4;
		/* Cut between characters, not inside one. */
		while (len > 0 && ((unsigned char)shown[len] & 0xC0) == 0x80)
			len--;
		memcpy(out, shown, len);
		memcpy(out + len, "...", 4);
	}
	for (char *p = out; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	}
	free(shown);
	return out;
}
