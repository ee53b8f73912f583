/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A crawl on disk.  A record is a line: '#', which no entry starts with, the
 * SHA-256 of everything before and of the JSON object, in hex, a space, and the
 * object.
 *
 * Nothing is synced to the disk.  After kill -9 the kernel still has every
 * byte; after a power failure the hashes show up to where the file is valid.
 */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/document/catalog.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "api.crawl"
#define MARK '#'
#define BLOCK (64 * KIB)

/* ---- the state of a crawl ---- */

/* Starts the digest of the next document, which continues the chain. */
static void
start_digest(struct fetch_api_log *log)
{
	unsigned char ignored[DIGEST_RAW_SIZE];

	digest_raw(log->digest, ignored);
	digest_add(log->digest, log->hash, strlen(log->hash));
}

/* The hash of a record ${json} that follows the document of ${hash}. */
static void
hash_record(struct fetch_api_log *log, char out[DIGEST_HEX_SIZE],
    const char hash[FETCH_HASH_SIZE], const char *json, size_t len)
{
	digest_add(log->digest, hash, strlen(hash));
	digest_add(log->digest, json, len);
	digest_hex(log->digest, out);
}

/* Part of a cryptographic hash, so that cursors do not collide. */
static uint64_t
cursor_mark(const char *cursor)
{
	unsigned char raw[DIGEST_RAW_SIZE];
	struct digest *d;
	uint64_t mark;

	if (*cursor == '\0')
		return 0;
	d = digest_new();
	digest_add(d, cursor, strlen(cursor));
	digest_raw(d, raw);
	digest_free(d);
	memcpy(&mark, raw, sizeof mark);
	return mark;
}

/* Whether an earlier page of this list had the same next cursor. */
static bool
was_followed(const struct fetch_api_log *log, uint64_t mark)
{
	for (size_t i = log->list_start; mark != 0 && i < log->count; i++)
		if (log->pages[i].mark == mark)
			return true;
	return false;
}

/* Cursors are valid in their list only. */
static void
start_list(struct fetch_api_log *log, enum fetch_api_list list)
{
	log->list = list;
	log->list_start = log->count;
	log->complete = list == FETCH_API_LISTS;
	log->empty_in_a_row = 0;
	log->cursor[0] = '\0';
}

static void
add_page(struct fetch_api_log *log, const struct fetch_api_part *part,
    const struct fetch_api_page *page, const char hash[FETCH_HASH_SIZE])
{
	if (log->count == log->capacity) {
		log->capacity = log->capacity == 0 ? 64 : 2 * log->capacity;
		log->pages = xreallocarray(
		    log->pages, log->capacity, sizeof *log->pages);
	}
	log->pages[log->count++] = *part;
	log->has[log->list] = true;
	log->entries[log->list] += (uint64_t)page->entries;
	log->received += (uint64_t)page->size;
	log->empty_in_a_row = page->entries > 0 ? 0 : log->empty_in_a_row + 1;
	memcpy(log->hash, hash, FETCH_HASH_SIZE);
	memcpy(log->cursor, page->cursor, sizeof log->cursor);
	if (*page->cursor == '\0')
		start_list(log, log->list + 1);
}

/* ---- reading an earlier crawl ---- */

static bool
read_head(struct fetch_api_log *log, const char *json, size_t len)
{
	struct fetch_api_head *h = &log->head;

	*h = (struct fetch_api_head){ .started_us = CLOCK_NEVER,
		.date_us = CLOCK_NEVER,
		.since_us = CLOCK_NEVER };
	fetch_api_record_read(h, FETCH_API_HEAD, json, len);
	return h->form == FETCH_API_HEAD_FORM && h->started_us != CLOCK_NEVER &&
	       *h->version != '\0';
}

static bool
read_page(struct fetch_api_log *log, struct fetch_api_part part,
    const char *json, size_t len, const char hash[FETCH_HASH_SIZE])
{
	struct fetch_api_page page = { .entries = 0 };

	fetch_api_record_read(&page, FETCH_API_PAGE, json, len);
	if (page.absent)
		start_list(log, FETCH_API_LISTS);
	if (page.absent)
		return true;
	part.mark = cursor_mark(page.cursor);
	if (page.size < 0 || page.entries < 0 ||
	    log->count >= LIMIT_API_PAGES || was_followed(log, part.mark))
		return false;
	add_page(log, &part, &page, hash);
	return true;
}

/* Reads the record ${text}, which follows ${part}; false: it is invalid. */
static bool
read_record(struct fetch_api_log *log, struct fetch_api_part part,
    const char *text, size_t len)
{
	const size_t before = DIGEST_HEX_SIZE; /* the hash and the space */
	char hash[FETCH_HASH_SIZE], expected[DIGEST_HEX_SIZE];
	bool taken;

	if (log->complete || len <= before || text[before - 1] != ' ')
		return false;
	digest_hex(log->digest, hash);
	hash_record(log, expected, hash, text + before, len - before);
	if (memcmp(expected, text, before - 1) != 0)
		return false;
	taken = part.start == 0
		    ? read_head(log, text + before, len - before)
		    : read_page(log, part, text + before, len - before, hash);
	start_digest(log);
	return taken;
}

/* Reads up to the last valid record, and cuts off the rest. */
static int
read_kept(struct fetch_api_log *log, struct err *e)
{
	FILE *f = fdopen(dup(spool_fd(log->file)), "r");
	struct fetch_api_part part = { 0 };
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int rc = -1;

	if (f == NULL) {
		err_set_errno(e, ERR_FETCH, errno, "%s", log->path);
		goto out;
	}
	while ((len = getline(&line, &size, f)) > 0 && line[len - 1] == '\n') {
		if (*line != MARK)
			digest_add(log->digest, line, (size_t)len);
		else if (read_record(log, part, line + 1, (size_t)len - 2))
			part.start = part.end + (uint64_t)len;
		else
			break;
		part.end += (uint64_t)len;
	}
	/* The head is written again with the first page. */
	log->end = log->count == 0 ? 0 : part.start;
	if (spool_cut(log->file, log->end, e) == -1)
		goto out;
	rc = 0;
out:
	free(line);
	if (f != NULL)
		fclose(f);
	return rc;
}

/* ---- the file ---- */

int
fetch_api_log_open(
    struct fetch_api_log **out, const char *dir, const char *key, struct err *e)
{
	struct fetch_api_log *log = xcalloc(1, sizeof *log);
	int rc = -1;

	*out = NULL;
	log->digest = digest_new();
	buf_init(&log->out, LIMIT_ENTRY + 2 * BLOCK);
	log->path = xasprintf("%s/" NAME, dir);
	if (spool_open(&log->file, log->path, e) == -1 ||
	    read_kept(log, e) == -1)
		goto out;
	if (strcmp(log->head.key, key) != 0 &&
	    fetch_api_log_reset(log, e) == -1)
		goto out;
	*out = log;
	log = NULL;
	rc = 0;
out:
	fetch_api_log_free(log);
	return rc;
}

void
fetch_api_log_free(struct fetch_api_log *log)
{
	if (log == NULL)
		return;
	spool_free(log->file);
	buf_free(&log->out);
	digest_free(log->digest);
	free(log->path);
	free(log->pages);
	free(log);
}

void
fetch_api_log_unlink(struct fetch_api_log *log)
{
	unlink(log->path);
}

int
fetch_api_log_reset(struct fetch_api_log *log, struct err *e)
{
	memset(&log->head, 0, sizeof log->head);
	memset(log->has, 0, sizeof log->has);
	memset(log->entries, 0, sizeof log->entries);
	log->count = 0;
	log->received = 0;
	log->end = 0;
	log->hash[0] = '\0';
	start_list(log, FETCH_API_SERVERS);
	return spool_clear(log->file, e);
}

/* ---- adding a page ---- */

static int
flush(struct fetch_api_log *log, struct err *e)
{
	int rc = spool_add(log->file, log->out.data, log->out.len, e);

	buf_reset(&log->out);
	return rc;
}

/* Ends the current document with a record, and sets ${hash} to its hash. */
static int
write_record(struct fetch_api_log *log, enum fetch_api_record kind,
    const void *from, char hash[FETCH_HASH_SIZE], struct err *e)
{
	struct buf json = BUF_INIT(FETCH_API_RECORD_MAX);
	char prefix_hash[DIGEST_HEX_SIZE];
	int rc = -1;

	digest_hex(log->digest, hash);
	fetch_api_record_write(&json, kind, from);
	hash_record(log, prefix_hash, hash, json.data, json.len);
	buf_addf(&log->out, "%c%s %s\n", MARK, prefix_hash, json.data);
	if (flush(log, e) == -1)
		goto out;
	log->end = spool_size(log->file);
	rc = 0;
out:
	buf_free(&json);
	return rc;
}

static int
write_head(struct fetch_api_log *log, struct err *e)
{
	char ignored[FETCH_HASH_SIZE];

	log->head.form = FETCH_API_HEAD_FORM;
	if (write_record(log, FETCH_API_HEAD, &log->head, ignored, e) == -1)
		return -1;
	start_digest(log);
	return 0;
}

int
fetch_api_log_start(struct fetch_api_log *log, struct err *e)
{
	buf_reset(&log->out);
	if (log->count == 0)
		log->end = 0;
	if (spool_cut(log->file, log->end, e) == -1)
		return -1;
	start_digest(log);
	return log->count == 0 ? write_head(log, e) : 0;
}

int
fetch_api_log_add(
    struct fetch_api_log *log, const char *entry, size_t len, struct err *e)
{
	size_t before = log->out.len;

	buf_addc(&log->out, CATALOG_KINDS[log->list]);
	buf_add(&log->out, entry, len);
	buf_addc(&log->out, '\n');
	digest_add(log->digest, log->out.data + before, len + 2);
	return log->out.len < BLOCK ? 0 : flush(log, e);
}

int
fetch_api_log_end(
    struct fetch_api_log *log, const struct fetch_api_page *page, struct err *e)
{
	struct fetch_api_part part = { .start = log->end,
		.mark = cursor_mark(page->cursor) };
	char hash[FETCH_HASH_SIZE];

	if (was_followed(log, part.mark)) {
		err_set(e, ERR_INPUT,
		    "the next cursor was followed before: the list has no "
		    "end");
		return -1;
	}
	if (flush(log, e) == -1)
		return -1;
	part.end = spool_size(log->file);
	if (write_record(log, FETCH_API_PAGE, page, hash, e) == -1)
		return -1;
	add_page(log, &part, page, hash);
	return 0;
}

int
fetch_api_log_skip(struct fetch_api_log *log, struct err *e)
{
	static const struct fetch_api_page absent = { .absent = true };
	char ignored[FETCH_HASH_SIZE];

	/* A failed attempt at its first page may have left entries. */
	buf_reset(&log->out);
	if (spool_cut(log->file, log->end, e) == -1)
		return -1;
	start_digest(log);
	if (write_record(log, FETCH_API_PAGE, &absent, ignored, e) == -1)
		return -1;
	start_list(log, FETCH_API_LISTS);
	return 0;
}

uint64_t
fetch_api_log_entries(const struct fetch_api_log *log)
{
	uint64_t all = 0;

	for (int i = 0; i < FETCH_API_LISTS; i++)
		all += log->entries[i];
	return all;
}

void
fetch_api_log_reader(struct fetch_api_log *log, size_t index, struct reader *r)
{
	const struct fetch_api_part *p = &log->pages[index];

	spool_part_reader(log->file, p->start, p->end - p->start, r);
}
