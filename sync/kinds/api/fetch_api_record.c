/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flat JSON objects: the checkpoint of a registry API in the database, and the
 * records of a crawl on disk.  A table maps members of an object to members of
 * a struct.
 */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "lib/document/jscan.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum type {
	NUMBER,
	FLAG,
	TEXT
};

struct fetch_api_member {
	const char *key;
	enum type type;
	size_t at; /* offset in the struct */
	size_t size; /* of a text */
};

#define MEMBER(type, of, key, member)                   \
	{                                               \
		key, type, offsetof(struct of, member), \
		    sizeof(((struct of *)0)->member)    \
	}

/* In the order in which they are written. */
static const struct fetch_api_member checkpoint[] = {
	MEMBER(NUMBER, fetch_api_checkpoint, "form", form),
	MEMBER(TEXT, fetch_api_checkpoint, "version", version),
	MEMBER(NUMBER, fetch_api_checkpoint, "crawl", crawl_us),
	MEMBER(NUMBER, fetch_api_checkpoint, "full", full_us),
	MEMBER(NUMBER, fetch_api_checkpoint, "since", since_us),
	MEMBER(NUMBER, fetch_api_checkpoint, "pages", pages),
	MEMBER(NUMBER, fetch_api_checkpoint, "limit", page_size),
	MEMBER(FLAG, fetch_api_checkpoint, "plain", plain),
	MEMBER(FLAG, fetch_api_checkpoint, "skills", has[FETCH_API_SKILLS]),
	MEMBER(FLAG, fetch_api_checkpoint, "plugins", has[FETCH_API_PLUGINS]),
	MEMBER(TEXT, fetch_api_checkpoint, "delta", delta),
	MEMBER(TEXT, fetch_api_checkpoint, "asked", url_hash),
};

static const struct fetch_api_member head[] = {
	MEMBER(NUMBER, fetch_api_head, "form", form),
	MEMBER(TEXT, fetch_api_head, "key", key),
	MEMBER(TEXT, fetch_api_head, "version", version),
	MEMBER(NUMBER, fetch_api_head, "started", started_us),
	MEMBER(NUMBER, fetch_api_head, "date", date_us),
	MEMBER(NUMBER, fetch_api_head, "since", since_us),
	MEMBER(TEXT, fetch_api_head, "from", from),
	MEMBER(FLAG, fetch_api_head, "plain", plain),
};

static const struct fetch_api_member page[] = {
	MEMBER(NUMBER, fetch_api_page, "size", size),
	MEMBER(NUMBER, fetch_api_page, "entries", entries),
	MEMBER(TEXT, fetch_api_page, "cursor", cursor),
	MEMBER(FLAG, fetch_api_page, "absent", absent),
};

static const struct {
	const struct fetch_api_member *members;
	size_t count;
} tables[] = {
	[FETCH_API_CHECKPOINT] = { checkpoint,
	    sizeof checkpoint / sizeof *checkpoint },
	[FETCH_API_HEAD] = { head, sizeof head / sizeof *head },
	[FETCH_API_PAGE] = { page, sizeof page / sizeof *page },
};

void
fetch_api_record_write(
    struct buf *to, enum fetch_api_record kind, const void *from)
{
	struct json_out j = JSON_OUT_INIT(to);

	json_out_open(&j, '{');
	for (size_t i = 0; i < tables[kind].count; i++) {
		const struct fetch_api_member *m = &tables[kind].members[i];
		const char *at = (const char *)from + m->at;
		int64_t n = 0;
		bool set = false;

		if (m->type == NUMBER)
			memcpy(&n, at, sizeof n);
		if (m->type == FLAG)
			memcpy(&set, at, sizeof set);
		if (m->type == TEXT ? *at == '\0'
				    : !set && (n == 0 || n == CLOCK_NEVER))
			continue;
		json_out_key(&j, m->key);
		if (m->type == NUMBER)
			json_out_int(&j, n);
		else if (m->type == FLAG)
			json_out_bool(&j, true);
		else
			json_out_str(&j, at);
	}
	json_out_close(&j, '}');
}

/* Copies a string literal to ${out}: "" if it is none or too long. */
static void
read_text(char *out, size_t size, const char *literal, size_t len)
{
	char *copy = xstrndup(literal, len);

	*out = '\0';
	if (*copy == '"') {
		jscan_unquote(copy, &len);
		if (len < size)
			memcpy(out, copy, strlen(copy) + 1);
	}
	free(copy);
}

/* An invalid number leaves the value as it is. */
static void
read_number(char *out, const char *literal, size_t len)
{
	char digits[24], *end;
	int64_t n;

	if (len >= sizeof digits)
		return;
	memcpy(digits, literal, len);
	digits[len] = '\0';
	errno = 0;
	n = strtoll(digits, &end, 10);
	if (errno == 0 && end != digits && *end == '\0')
		memcpy(out, &n, sizeof n);
}

void
fetch_api_record_read(
    void *into, enum fetch_api_record kind, const char *json, size_t len)
{
	for (size_t i = 0; i < tables[kind].count; i++) {
		const struct fetch_api_member *m = &tables[kind].members[i];
		const struct jscan_step step = { .key = m->key,
			.key_len = strlen(m->key) };
		char *at = (char *)into + m->at;
		size_t found_len;
		const char *found = jscan_find(json, len, &step, 1, &found_len);
		bool set = found != NULL && *found == 't';

		if (found != NULL && m->type == NUMBER)
			read_number(at, found, found_len);
		else if (found != NULL && m->type == TEXT)
			read_text(at, m->size, found, found_len);
		else if (m->type == FLAG)
			memcpy(at, &set, sizeof set);
	}
}

bool
fetch_api_checkpoint_read(struct fetch_api_checkpoint *out, const char *text)
{
	*out = (struct fetch_api_checkpoint){ .crawl_us = CLOCK_NEVER,
		.full_us = CLOCK_NEVER,
		.since_us = CLOCK_NEVER };
	if (text == NULL || *text != '{')
		return false;
	fetch_api_record_read(out, FETCH_API_CHECKPOINT, text, strlen(text));
	if (out->pages < 0 || out->pages > LIMIT_API_PAGES)
		out->pages = 0;
	if (out->page_size < 0 || out->page_size > LIMIT_API_PAGE_SIZE)
		out->page_size = 0;
	return out->form == FETCH_API_CHECKPOINT_FORM && *out->version != '\0';
}

char *
fetch_api_checkpoint_write(struct fetch_api_checkpoint *c)
{
	struct buf text = BUF_INIT(FETCH_API_RECORD_MAX);

	c->form = FETCH_API_CHECKPOINT_FORM;
	fetch_api_record_write(&text, FETCH_API_CHECKPOINT, c);
	return buf_take(&text);
}
