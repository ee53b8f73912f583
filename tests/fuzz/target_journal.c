/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A crawl as it was left on disk: how many bytes the file of pages has, and the
 * lines of the journal.  Each line gets the hash in front that it needs, and
 * each '#' in it the one of the pages it speaks of, so that what they say is
 * looked at.  What is taken over lies inside the pages, can be gone on with,
 * and is the same when it is opened again.
 */
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/kinds/api/fetch_api.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGES_MAX 4096
#define LINES 16

static char directory[] = "/tmp/fuzz-journal-XXXXXX";
static char *pages_path, *journal_path;

static void
remove_all(void)
{
	unlink(pages_path);
	unlink(journal_path);
	rmdir(directory);
}

static void
begin(void)
{
	if (mkdtemp(directory) == NULL)
		abort();
	pages_path = xasprintf("%s/api-k.pages", directory);
	journal_path = xasprintf("%s/api-k.journal", directory);
	atexit(remove_all);
}

static void
write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		abort();
}

/* Any bytes will do for pages: here they are the numbers of their places. */
static void
fill(unsigned char pages[PAGES_MAX])
{
	for (size_t i = 0; i < PAGES_MAX; i++)
		pages[i] = (unsigned char)i;
}

/* What the digest of a crawl becomes with ${size} more bytes of pages. */
static void
chain(char hash[DIGEST_HEX_SIZE], const unsigned char *pages, size_t size)
{
	struct digest *d = digest_new();

	digest_add(d, hash, strlen(hash));
	digest_add(d, pages, size);
	digest_hex(d, hash);
	digest_free(d);
}

static void
add_line(struct buf *journal, const char *text, const char *page_hash)
{
	struct buf line = BUF_INIT(MIB);
	struct digest *d = digest_new();
	char hash[DIGEST_HEX_SIZE];

	for (; *text != '\0'; text++)
		if (*text == '#')
			buf_adds(&line, page_hash);
		else
			buf_addc(&line, *text);
	digest_add(d, buf_str(&line), line.len);
	digest_hex(d, hash);
	digest_free(d);
	buf_adds(journal, hash);
	buf_addc(journal, ' ');
	buf_add(journal, buf_str(&line), line.len);
	buf_addc(journal, '\n');
	buf_free(&line);
}

static void
write_files(char **lines)
{
	unsigned char pages[PAGES_MAX];
	size_t size = strtoul(lines[0], NULL, 10) % PAGES_MAX, at = 0;
	char hash[DIGEST_HEX_SIZE] = "";
	struct buf journal = BUF_INIT(16 * MIB);

	fill(pages);
	for (size_t i = 1; i < LINES && *lines[i] != '\0'; i++) {
		int64_t more = fetch_api_record_int(
		    lines[i], strlen(lines[i]), "size", -1);

		if (more >= 0 && (uint64_t)more <= PAGES_MAX - at) {
			chain(hash, pages + at, (size_t)more);
			at += (size_t)more;
		}
		add_line(&journal, lines[i], hash);
	}
	write_file(pages_path, pages, size);
	write_file(journal_path, buf_str(&journal), journal.len);
	buf_free(&journal);
}

static struct fetch_api_log *
open_log(void)
{
	struct fetch_api_log *log = NULL;
	struct err e = ERR_INIT;

	FUZZ_HOLDS(fetch_api_log_open(&log, directory, "k", &e) == 0);
	return log;
}

/* Reads every page; they must be there, down to the last byte. */
static void
check_pages(struct fetch_api_log *log)
{
	struct stat st;
	uint64_t all = 0;

	FUZZ_HOLDS(fstat(log->pages, &st) == 0);
	FUZZ_HOLDS(fetch_api_log_size(log) <= (uint64_t)st.st_size);
	FUZZ_HOLDS(log->list <= FETCH_API_LISTS);
	FUZZ_HOLDS(log->complete == (log->list == FETCH_API_LISTS));
	for (size_t i = 0; i < log->count; i++) {
		struct err e = ERR_INIT;
		struct reader r;
		char block[512];
		ssize_t n;

		fetch_api_log_reader(log, i, &r);
		while ((n = r.read(&r, block, sizeof block, &e)) > 0)
			all += (uint64_t)n;
		FUZZ_HOLDS(n == 0);
	}
	FUZZ_HOLDS(all == fetch_api_log_size(log));
}

/* One more page; whether it was added. */
static bool
add_page(struct fetch_api_log *log)
{
	struct fetch_api_page page = { 1, xstrdup("the cursor after that") };
	struct err e = ERR_INIT;
	bool added;

	if (log->count == 0) {
		FUZZ_HOLDS(fetch_api_log_reset(log, &e) == 0);
		log->head.started_us = 1;
		memcpy(log->head.version, "v0.1", sizeof "v0.1");
	}
	FUZZ_HOLDS(fetch_api_log_start(log, &e) == 0);
	FUZZ_HOLDS(fetch_api_log_write(log, "page", 4, &e) == 0);
	added = fetch_api_log_end(log, &page, &e) == 0;
	free(page.cursor);
	return added;
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct fetch_api_log *log;
	char *lines[LINES];
	size_t count;

	if (pages_path == NULL)
		begin();
	fuzz_texts(lines, LINES, data, len);
	write_files(lines);
	log = open_log();
	check_pages(log);
	count = log->count;
	if (!log->complete && add_page(log))
		count++;
	fetch_api_log_free(log);
	log = open_log();
	FUZZ_HOLDS(log->count == count);
	check_pages(log);
	fetch_api_log_free(log);
	fuzz_texts_free(lines, LINES);
}
