/* SPDX-License-Identifier: Apache-2.0 */
/* Messages about the configuration, in the order of the file. */
#include "lib/buf.h"
#include "lib/limits.h"
#include "lib/text.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
conf_message_path(struct buf *path, const struct conf_at *at, const char *key)
{
	if (at->parent != NULL)
		conf_message_path(path, at->parent, at->key);
	if (at->index != CONF_NO_INDEX)
		buf_addf(path, "[%zu]", at->index);
	if (key != NULL)
		buf_addf(path, "%s%s", at->parent == NULL ? "" : ".", key);
}

/* Inserts the message after those of the same line; takes ${text}. */
static void
insert(struct conf *c, bool is_error, int line, char *text)
{
	size_t i = c->message_count++;

	c->messages =
	    xreallocarray(c->messages, c->message_count, sizeof *c->messages);
	for (; i > 0 && c->messages[i - 1].line > line; i--)
		c->messages[i] = c->messages[i - 1];
	c->messages[i] = (struct conf_message){ is_error, line, text };
}

/* Adds the path of ${key} and the variable that set it; returns its line. */
static int
add_place(
    struct buf *text, const struct conf_at *at, const char *key, size_t index)
{
	const struct yaml_tree_member *m =
	    key == NULL ? NULL : yaml_tree_find(at->node, key);
	struct buf path = BUF_INIT(ERR_TEXT_MAX);
	int line = key == NULL || at->node == NULL ? at->line : at->node->line;

	conf_message_path(&path, at, key);
	if (m != NULL) {
		line = m->line;
		if (m->value->origin != NULL)
			buf_addf(&path, " (from %s)", m->value->origin);
	}
	if (index != CONF_NO_INDEX) {
		buf_addf(&path, "[%zu]", index);
		if (m != NULL && m->value->type == YAML_TREE_LIST)
			line = m->value->members[index].line;
	}
	if (path.len > 0)
		buf_addf(text, "%.200s: ", buf_str(&path));
	buf_free(&path);
	return line;
}

/* ${line} is 0 if it is the key's; ${index} as in struct conf_at. */
static void add(const struct conf_at *at, bool is_error, const char *key,
    size_t index, int line, const char *fmt, va_list ap)
    __attribute__((format(printf, 6, 0)));

static void
add(const struct conf_at *at, bool is_error, const char *key, size_t index,
    int line, const char *fmt, va_list ap)
{
	struct conf_reader *r = at->reader;
	struct buf text = BUF_INIT(ERR_TEXT_MAX - 1);
	struct buf place = BUF_INIT(ERR_TEXT_MAX);
	char words[ERR_TEXT_MAX];
	int line_of_key;

	r->conf->error_count += is_error;
	if (r->kept[is_error] == LIMIT_CONFIG_MESSAGES) {
		r->left_out++;
		return;
	}
	r->kept[is_error]++;
	line_of_key = add_place(&place, at, key, index);
	if (line == 0)
		line = line_of_key;
	vsnprintf(words, sizeof words, fmt, ap);
	buf_addf(&text, "%.300s:%d: %s%s%.480s", r->conf->file, line,
	    buf_str(&place), at->label, words);
	insert(r->conf, is_error, line, buf_take(&text));
	buf_free(&place);
}

void
conf_message_add(const struct conf_at *at, bool is_error, const char *key,
    int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(at, is_error, key, CONF_NO_INDEX, line, fmt, ap);
	va_end(ap);
}

void
conf_error(const struct conf_at *at, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(at, true, key, CONF_NO_INDEX, 0, fmt, ap);
	va_end(ap);
}

void
conf_warn(const struct conf_at *at, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(at, false, key, CONF_NO_INDEX, 0, fmt, ap);
	va_end(ap);
}

void
conf_error_element(const struct conf_at *at, const char *key, size_t index,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(at, true, key, index, 0, fmt, ap);
	va_end(ap);
}

int
conf_message_finish(struct conf_reader *r, struct err *e)
{
	struct conf *c = r->conf;

	if (r->left_out > 0)
		insert(c, false, INT_MAX,
		    xasprintf("%s: %zu more messages are not shown", c->file,
			r->left_out));
	for (size_t i = 0; i < c->message_count; i++) {
		if (c->messages[i].is_error) {
			err_set(e, ERR_CONFIG, "%s", c->messages[i].text);
			return -1;
		}
	}
	return 0;
}

const char *
conf_show(char out[CONF_SHOWN_SIZE], const char *text)
{
	char *shown = url_shown(text);
	size_t len = strlen(shown);
	bool fits = len < CONF_SHOWN_SIZE;

	if (!fits)
		len = text_cut(shown, len, CONF_SHOWN_SIZE - 4);
	snprintf(
	    out, CONF_SHOWN_SIZE, "%.*s%s", (int)len, shown, fits ? "" : "...");
	text_replace_controls(out, ' ');
	free(shown);
	return out;
}
