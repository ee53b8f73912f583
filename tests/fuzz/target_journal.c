/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An interrupted crawl on disk: entries and records.  Each line that is an
 * object is a record and gets its hash, so that its members are read.  The
 * accepted part is inside the file, can be resumed, and is the same when opened
 * again.
 */
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/kinds/api/fetch_api.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES 16

static char directory[] = "/tmp/fuzz-journal-XXXXXX";
static char *path;

static void
remove_all(void)
{
	unlink(path);
	rmdir(directory);
}

static void
begin(void)
{
	if (mkdtemp(directory) == NULL)
		abort();
	path = xasprintf("%s/api.crawl", directory);
	atexit(remove_all);
}

/* Adds the record ${json}, which ends the document that ${hash} chains to. */
static void
add_record(struct buf *file, size_t start, char hash[DIGEST_HEX_SIZE],
    const char *json)
{
	struct digest *d = digest_new();
	char sealed[DIGEST_HEX_SIZE];

	digest_add(d, hash, strlen(hash));
	digest_add(d, buf_str(file) + start, file->len - start);
	digest_hex(d, hash);
	digest_add(d, hash, strlen(hash));
	digest_add(d, json, strlen(json));
	digest_hex(d, sealed);
	digest_free(d);
	buf_addf(file, "#%s %s\n", sealed, json);
	/* A head is no part of the chain. */
	if (start == 0)
		*hash = '\0';
}

static void
write_file(char **lines)
{
	char hash[DIGEST_HEX_SIZE] = "";
	struct buf file = BUF_INIT(16 * MIB);
	size_t start = 0;
	FILE *f;

	for (size_t i = 0; i < LINES && *lines[i] != '\0'; i++) {
		if (*lines[i] != '{') {
			buf_adds(&file, lines[i]);
			buf_addc(&file, '\n');
			continue;
		}
		add_record(&file, start, hash, lines[i]);
		start = file.len;
	}
	f = fopen(path, "wb");
	if (f == NULL || fwrite(buf_str(&file), 1, file.len, f) != file.len ||
	    fclose(f) != 0)
		abort();
	buf_free(&file);
}

static struct fetch_api_log *
open_log(void)
{
	struct fetch_api_log *log = NULL;
	struct err e = ERR_INIT;

	FUZZ_HOLDS(fetch_api_log_open(&log, directory, "", &e) == 0);
	return log;
}

/* Reads every document; they must be there, down to the last byte. */
static void
check_documents(struct fetch_api_log *log)
{
	uint64_t size = spool_size(log->file), at = 0;

	FUZZ_HOLDS(log->end == size);
	FUZZ_HOLDS(log->list <= FETCH_API_LISTS);
	FUZZ_HOLDS(log->complete == (log->list == FETCH_API_LISTS));
	for (size_t i = 0; i < log->count; i++) {
		const struct fetch_api_part *p = &log->pages[i];
		struct err e = ERR_INIT;
		struct reader r;
		char block[512];
		ssize_t n;

		FUZZ_HOLDS(p->start > at && p->end >= p->start);
		at = p->end;
		fetch_api_log_reader(log, i, &r);
		while ((n = r.read(&r, block, sizeof block, &e)) > 0)
			;
		FUZZ_HOLDS(n == 0);
	}
	FUZZ_HOLDS(at <= size);
}

/* One more page; whether it was added. */
static bool
add_page(struct fetch_api_log *log)
{
	struct fetch_api_page page = { .entries = 1,
		.cursor = "the cursor after that" };
	struct err e = ERR_INIT;

	if (log->count == 0) {
		FUZZ_HOLDS(fetch_api_log_reset(log, &e) == 0);
		log->head.started_us = 1;
		memcpy(log->head.version, "v0.1", sizeof "v0.1");
	}
	FUZZ_HOLDS(fetch_api_log_start(log, &e) == 0);
	FUZZ_HOLDS(fetch_api_log_add(log, "page", 4, &e) == 0);
	return fetch_api_log_end(log, &page, &e) == 0;
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct fetch_api_log *log;
	char *lines[LINES];
	size_t count;

	if (path == NULL)
		begin();
	fuzz_texts(lines, LINES, data, len);
	write_file(lines);
	log = open_log();
	check_documents(log);
	count = log->count;
	if (!log->complete && add_page(log))
		count++;
	fetch_api_log_free(log);
	log = open_log();
	FUZZ_HOLDS(log->count == count);
	check_documents(log);
	fetch_api_log_free(log);
	fuzz_texts_free(lines, LINES);
}
