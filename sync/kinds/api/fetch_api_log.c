/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A crawl on disk.  Each line of the journal is the SHA-256 of a JSON object
 * in hex, a space, and the object: the first says what is crawled, each of the
 * others describes one page, or says that a list is not there.
 *
 * Nothing is synced to the disk: after kill -9 the kernel still has every
 * byte, and after a power failure the hashes tell how far what was kept is
 * sound.
 */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "api-"
#define FORM 2 /* of the journal; another one is not understood */
#define BLOCK (64 * KIB)

static void
hash_text(char out[DIGEST_HEX_SIZE], const char *text, size_t len)
{
	struct digest *d = digest_new();

	digest_add(d, text, len);
	digest_hex(d, out);
	digest_free(d);
}

uint64_t
fetch_api_log_size(const struct fetch_api_log *log)
{
	return log->count == 0 ? 0 : log->ends[log->count - 1];
}

/* ---- reading what was kept ---- */

static bool
read_head(struct fetch_api_head *h, const char *json, size_t len)
{
	if (fetch_api_record_int(json, len, "form", 0) != FORM)
		return false;
	h->started_us = fetch_api_record_int(json, len, "started", CLOCK_NEVER);
	h->date_us = fetch_api_record_int(json, len, "date", CLOCK_NEVER);
	h->since_us = fetch_api_record_int(json, len, "since", CLOCK_NEVER);
	h->plain = fetch_api_record_bool(json, len, "plain");
	fetch_api_record_copy(h->from, sizeof h->from, json, len, "from");
	fetch_api_record_copy(
	    h->version, sizeof h->version, json, len, "version");
	return h->started_us != CLOCK_NEVER && *h->version != '\0';
}

/* Starts the digest of the next page. */
static void
start_digest(struct fetch_api_log *log)
{
	unsigned char ignored[DIGEST_RAW_SIZE];

	digest_raw(log->digest, ignored);
	digest_add(log->digest, log->hash, strlen(log->hash));
}

/* Whether the ${size} bytes that follow in the file have the chained ${hash}.
 */
static bool
page_is_sound(struct fetch_api_log *log, uint64_t size, const char *hash)
{
	char *block = xmalloc(BLOCK);
	char found[DIGEST_HEX_SIZE];
	struct err ignored = ERR_INIT;
	struct reader r;
	ssize_t n;

	start_digest(log);
	reader_from_range(
	    &r, log->pages, log->pages_path, fetch_api_log_size(log), size);
	while ((n = r.read(&r, block, BLOCK, &ignored)) > 0)
		digest_add(log->digest, block, (size_t)n);
	digest_hex(log->digest, found);
	free(block);
	return n == 0 && strcmp(found, hash) == 0;
}

/* A cursor means nothing in another list. */
static void
go_to_list(struct fetch_api_log *log, enum fetch_api_list list)
{
	log->list = list;
	log->complete = list == FETCH_API_LISTS;
	log->empty_in_a_row = 0;
	fetch_api_seen_free(&log->seen);
}

static void
add_page(struct fetch_api_log *log, uint64_t size, size_t entries,
    const char *hash, char *cursor)
{
	uint64_t end = fetch_api_log_size(log) + size;

	if (log->count == log->capacity) {
		log->capacity = log->capacity == 0 ? 64 : 2 * log->capacity;
		log->ends =
		    xreallocarray(log->ends, log->capacity, sizeof *log->ends);
	}
	log->ends[log->count++] = end;
	log->has[log->list] = true;
	log->entries[log->list] += entries;
	log->empty_in_a_row = entries > 0 ? 0 : log->empty_in_a_row + 1;
	memcpy(log->hash, hash, DIGEST_HEX_SIZE);
	free(log->cursor);
	log->cursor = cursor;
	if (cursor == NULL)
		go_to_list(log, log->list + 1);
}

static bool
read_page(struct fetch_api_log *log, const char *json, size_t len)
{
	int64_t size = fetch_api_record_int(json, len, "size", -1);
	int64_t entries = fetch_api_record_int(json, len, "entries", -1);
	char *cursor = fetch_api_record_str(json, len, "cursor");
	char hash[FETCH_HASH_SIZE];

	fetch_api_record_copy(hash, sizeof hash, json, len, "hash");
	if (log->complete || size < 0 || entries < 0 ||
	    log->count >= LIMIT_API_PAGES ||
	    !page_is_sound(log, (uint64_t)size, hash) ||
	    (cursor != NULL && !fetch_api_seen_add(&log->seen, cursor))) {
		free(cursor);
		return false;
	}
	add_page(log, (uint64_t)size, (size_t)entries, hash, cursor);
	return true;
}

/* Takes over one line, its end included; false when it is not sound. */
static bool
read_line(struct fetch_api_log *log, const char *line, size_t len, bool first)
{
	const size_t before = DIGEST_HEX_SIZE; /* the hash and the space */
	char hash[DIGEST_HEX_SIZE];

	if (len <= before + 2 || line[len - 1] != '\n' ||
	    line[before - 1] != ' ' || line[before] != '{')
		return false;
	len -= before + 1;
	hash_text(hash, line + before, len);
	if (memcmp(hash, line, before - 1) != 0)
		return false;
	if (first)
		return read_head(&log->head, line + before, len);
	if (!fetch_api_record_bool(line + before, len, "absent"))
		return read_page(log, line + before, len);
	go_to_list(log, FETCH_API_LISTS);
	return true;
}

/* Reads all lines up to the first that is not sound, and cuts the rest off. */
static int
read_journal(struct fetch_api_log *log, struct err *e)
{
	FILE *f = fdopen(dup(log->journal), "r");
	char *line = NULL;
	size_t size = 0;
	off_t kept = 0;
	ssize_t len;
	int rc = -1;

	if (f == NULL) {
		err_set_errno(e, ERR_FETCH, errno, "%s", log->journal_path);
		goto out;
	}
	while ((len = getline(&line, &size, f)) > 0 &&
	       read_line(log, line, (size_t)len, kept == 0))
		kept += len;
	if (log->count == 0)
		kept = 0;
	if (ftruncate(log->journal, kept) == -1 ||
	    lseek(log->journal, kept, SEEK_SET) == -1) {
		err_set_errno(e, ERR_FETCH, errno, "%s", log->journal_path);
		goto out;
	}
	rc = 0;
out:
	free(line);
	if (f != NULL)
		fclose(f);
	return rc;
}

/* ---- files ---- */

/* Removes crawls that nobody will resume: their sources may be gone. */
static void
sweep(const char *dir)
{
	DIR *d = opendir(dir);
	time_t oldest = time(NULL) - 2 * LIMIT_API_CRAWL_AGE;
	struct dirent *entry;
	struct stat st;

	while (d != NULL && (entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
		    fstatat(dirfd(d), entry->d_name, &st,
			AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < oldest)
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d != NULL)
		closedir(d);
}

static int
open_file(int *fd, const char *path, struct err *e)
{
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd != -1)
		return 0;
	err_set_errno(e, ERR_FETCH, errno, "failed to open %s", path);
	return -1;
}

int
fetch_api_log_open(
    struct fetch_api_log **out, const char *dir, const char *key, struct err *e)
{
	struct fetch_api_log *log = xcalloc(1, sizeof *log);
	int rc = -1;

	*out = NULL;
	sweep(dir);
	log->pages = log->journal = -1;
	log->digest = digest_new();
	log->pages_path = xasprintf("%s/" PREFIX "%s.pages", dir, key);
	log->journal_path = xasprintf("%s/" PREFIX "%s.journal", dir, key);
	if (open_file(&log->pages, log->pages_path, e) == -1 ||
	    open_file(&log->journal, log->journal_path, e) == -1 ||
	    read_journal(log, e) == -1)
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
	if (log->pages != -1)
		close(log->pages);
	if (log->journal != -1)
		close(log->journal);
	fetch_api_seen_free(&log->seen);
	digest_free(log->digest);
	free(log->pages_path);
	free(log->journal_path);
	free(log->ends);
	free(log->cursor);
	free(log);
}

void
fetch_api_log_unlink(struct fetch_api_log *log)
{
	/* The journal first: pages without one are nothing. */
	unlink(log->journal_path);
	unlink(log->pages_path);
}

int
fetch_api_log_reset(struct fetch_api_log *log, struct err *e)
{
	int rc = -1;

	memset(&log->head, 0, sizeof log->head);
	log->count = 0;
	memset(log->has, 0, sizeof log->has);
	memset(log->entries, 0, sizeof log->entries);
	log->hash[0] = '\0';
	free(log->cursor);
	log->cursor = NULL;
	go_to_list(log, FETCH_API_SERVERS);
	if (ftruncate(log->journal, 0) == -1 ||
	    lseek(log->journal, 0, SEEK_SET) == -1 ||
	    ftruncate(log->pages, 0) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to empty %s", log->pages_path);
		goto out;
	}
	rc = 0;
out:
	return rc;
}

/* ---- adding a page ---- */

/* Writes all of ${len} bytes at ${at} (-1: where ${fd} stands). */
static int
write_all(int fd, const char *data, size_t len, off_t at)
{
	ssize_t n;

	while (len > 0) {
		n = at == -1 ? write(fd, data, len) : pwrite(fd, data, len, at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
		at += at == -1 ? 0 : n;
	}
	return 0;
}

int
fetch_api_log_start(struct fetch_api_log *log, struct err *e)
{
	log->arrived = 0;
	start_digest(log);
	if (ftruncate(log->pages, (off_t)fetch_api_log_size(log)) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to cut %s", log->pages_path);
		return -1;
	}
	return 0;
}

int
fetch_api_log_write(
    struct fetch_api_log *log, const void *data, size_t len, struct err *e)
{
	uint64_t at = fetch_api_log_size(log) + log->arrived;

	digest_add(log->digest, data, len);
	if (write_all(log->pages, data, len, (off_t)at) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to write %s", log->pages_path);
		return -1;
	}
	log->arrived += len;
	return 0;
}

static int
write_line(struct fetch_api_log *log, const struct buf *json, struct err *e)
{
	struct buf line = BUF_INIT(2 * FETCH_API_RECORD_MAX);
	char hash[DIGEST_HEX_SIZE];
	int rc = -1;

	hash_text(hash, json->data, json->len);
	buf_adds(&line, hash);
	buf_addc(&line, ' ');
	buf_add(&line, json->data, json->len);
	buf_addc(&line, '\n');
	if (write_all(log->journal, line.data, line.len, -1) == -1) {
		err_set_errno(e, ERR_FETCH, errno, "failed to write %s",
		    log->journal_path);
		goto out;
	}
	rc = 0;
out:
	buf_free(&line);
	return rc;
}

static int
write_head(struct fetch_api_log *log, struct err *e)
{
	const struct fetch_api_head *h = &log->head;
	struct buf text = BUF_INIT(FETCH_API_RECORD_MAX);
	struct json_out j = JSON_OUT_INIT(&text);
	int rc;

	json_out_open(&j, '{');
	fetch_api_record_add_int(&j, "form", FORM);
	fetch_api_record_add_str(&j, "version", h->version);
	fetch_api_record_add_int(&j, "started", h->started_us);
	if (h->date_us != CLOCK_NEVER)
		fetch_api_record_add_int(&j, "date", h->date_us);
	if (h->since_us != CLOCK_NEVER)
		fetch_api_record_add_int(&j, "since", h->since_us);
	fetch_api_record_add_str(&j, "from", h->from);
	fetch_api_record_add_bool(&j, "plain", h->plain);
	json_out_close(&j, '}');
	rc = write_line(log, &text, e);
	buf_free(&text);
	return rc;
}

static int
write_page(struct fetch_api_log *log, const struct fetch_api_page *page,
    const char *hash, struct err *e)
{
	struct buf text = BUF_INIT(FETCH_API_RECORD_MAX);
	struct json_out j = JSON_OUT_INIT(&text);
	int rc;

	json_out_open(&j, '{');
	fetch_api_record_add_int(&j, "size", (int64_t)log->arrived);
	fetch_api_record_add_int(&j, "entries", (int64_t)page->entries);
	fetch_api_record_add_str(&j, "hash", hash);
	fetch_api_record_add_str(&j, "cursor", page->cursor);
	json_out_close(&j, '}');
	rc = write_line(log, &text, e);
	buf_free(&text);
	return rc;
}

int
fetch_api_log_end(
    struct fetch_api_log *log, struct fetch_api_page *page, struct err *e)
{
	char hash[DIGEST_HEX_SIZE];
	int rc = -1;

	digest_hex(log->digest, hash);
	if (page->cursor != NULL &&
	    !fetch_api_seen_add(&log->seen, page->cursor)) {
		err_set(e, ERR_INPUT,
		    "the next cursor is one that was followed before: the "
		    "list has no end");
		goto out;
	}
	if ((log->count == 0 && write_head(log, e) == -1) ||
	    write_page(log, page, hash, e) == -1)
		goto out;
	add_page(log, log->arrived, page->entries, hash, page->cursor);
	page->cursor = NULL;
	log->arrived = 0;
	rc = 0;
out:
	return rc;
}

int
fetch_api_log_skip(struct fetch_api_log *log, struct err *e)
{
	struct buf text = BUF_INIT(FETCH_API_RECORD_MAX);
	struct json_out j = JSON_OUT_INIT(&text);
	int rc = -1;

	json_out_open(&j, '{');
	fetch_api_record_add_bool(&j, "absent", true);
	json_out_close(&j, '}');
	if (write_line(log, &text, e) == -1)
		goto out;
	go_to_list(log, FETCH_API_LISTS);
	rc = 0;
out:
	buf_free(&text);
	return rc;
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
	uint64_t start = index == 0 ? 0 : log->ends[index - 1];
	uint64_t end =
	    index < log->count ? log->ends[index] : start + log->arrived;

	reader_from_range(r, log->pages, log->pages_path, start, end - start);
}
