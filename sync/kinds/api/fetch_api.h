/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the registry API fetcher share; nothing else includes
 * this.
 *
 *   fetch_api.c          decides what to request, and what the result means
 *   fetch_api_crawl.c    requests page after page
 *   fetch_api_request.c  builds one request: URL, headers, size of the page
 *   fetch_api_page.c     scans a page for its entries and the next cursor
 *   fetch_api_log.c      keeps entries and progress on disk, and resumes
 *   fetch_api_record.c   reads and writes the checkpoint and records as JSON
 *
 * A full crawl fetches everything, a delta what changed since an instant.  The
 * instant is by the upstream's clock, some time before the previous crawl
 * started, so that concurrent changes are not missed.
 *
 * The list of servers comes first, then those of skills and plugins if the
 * upstream has them.  Each page is scanned once, when it has arrived, and its
 * entries become one document (lib/document/catalog.h, SHAPE_ENTRIES).
 *
 * The hash of a crawl is a chain: h(0) is empty, h(n) is SHA-256 of h(n - 1)
 * in hex and the bytes of document n.  So a crawl can be resumed from h(n).
 * The content hash after a full crawl is that of the crawl; after a delta
 * SHA-256 of the content hash before and the crawl's hash, both in hex.
 */
#ifndef SYNC_KINDS_API_FETCH_API_H
#define SYNC_KINDS_API_FETCH_API_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/limits.h"
#include "lib/reader.h"
#include "sync/fetch/fetch.h"
#include "sync/fetch/http/http.h"
#include "sync/fetch/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FETCH_API_VERSION_SIZE 8 /* "v0.1" */

enum fetch_api_list {
	FETCH_API_SERVERS,
	FETCH_API_SKILLS,
	FETCH_API_PLUGINS,
	FETCH_API_LISTS /* their number; of a crawl: all are complete */
};

/* ---- fetch_api_record.c ---- */
#define FETCH_API_RECORD_MAX (64 * (size_t)1024)
#define FETCH_API_CHECKPOINT_FORM 1 /* one of another form is ignored */
#define FETCH_API_HEAD_FORM 3

/* What the database keeps between two syncs. */
struct fetch_api_checkpoint {
	int64_t form;
	int64_t crawl_us; /* start of the crawl that was returned last */
	int64_t full_us; /* start of the last full one, by our clock */
	int64_t since_us; /* CLOCK_NEVER: the upstream supports no deltas */
	int64_t pages; /* of the last full crawl */
	int64_t page_size; /* the upstream allows no more; 0: unknown */
	char version[FETCH_API_VERSION_SIZE];
	bool plain; /* the upstream refuses include_deleted */
	bool has[FETCH_API_LISTS]; /* the lists that were there */
	char delta[FETCH_HASH_SIZE]; /* the last delta's hash; "": none */
	char url_hash[FETCH_HASH_SIZE]; /* SHA-256 of the URL the ETag is for */
};

/* The first record of a crawl on disk. */
struct fetch_api_head {
	int64_t form;
	char key[FETCH_HASH_SIZE]; /* identifies the source */
	int64_t started_us; /* by our clock; identifies the crawl */
	int64_t date_us; /* by the upstream's clock, when page 1 came */
	int64_t since_us; /* CLOCK_NEVER: a full crawl */
	char from[FETCH_HASH_SIZE]; /* content that a delta adds to */
	char version[FETCH_API_VERSION_SIZE];
	bool plain;
};

/* The record behind the entries of each page. */
struct fetch_api_page {
	int64_t size; /* bytes, as received */
	int64_t entries; /* elements of the list, valid or not */
	char cursor[LIMIT_API_CURSOR + 1]; /* of the next page; "": none */
	bool absent; /* no page: this list and those after it do not exist */
};

enum fetch_api_record {
	FETCH_API_CHECKPOINT,
	FETCH_API_HEAD,
	FETCH_API_PAGE
};

/* Appends the struct ${from} of ${kind} as an object. */
void fetch_api_record_write(
    struct buf *to, enum fetch_api_record kind, const void *from);
/* Numbers and texts that are missing in ${json} keep their value. */
void fetch_api_record_read(
    void *into, enum fetch_api_record kind, const char *json, size_t len);
/* False when ${text} is NULL or was not written by this program. */
bool fetch_api_checkpoint_read(
    struct fetch_api_checkpoint *out, const char *text);
/* The caller frees it. */
char *fetch_api_checkpoint_write(struct fetch_api_checkpoint *c);

/* ---- fetch_api_request.c ---- */
struct fetch_api_query {
	enum fetch_api_list list;
	const char *root; /* in front of "/v0.1" */
	const char *version;
	unsigned limit;
	bool plain; /* without include_deleted */
	int64_t since_us; /* CLOCK_NEVER: everything */
	const char *cursor; /* "": the first page */
};

/* The name of a list, which is the member of a page that holds it. */
const char *fetch_api_list_name(enum fetch_api_list list);
/*
 * Returns the part of ${endpoint} in front of the version of the API, and sets
 * ${version} to the version that it names, or "".  The caller frees the result.
 */
char *fetch_api_url_root(
    char version[FETCH_API_VERSION_SIZE], const char *endpoint);
/* The caller frees it. */
char *fetch_api_url_page(const struct fetch_api_query *q);

/*
 * Adds the header lines that ${conf} configures to ${policy}, with secrets read
 * from their files now.
 */
int fetch_api_headers_read(
    struct http_policy *policy, const struct conf_api *conf, struct err *e);

/*
 * Whether a response of ${status} with the explanation ${words} (NULL: none)
 * rejects the size of a page: 413, or 400 or 422 with such an explanation.
 * *${named} is the limit in the explanation if it is below ${size}, else 0.
 */
bool fetch_api_size_is_refused(
    unsigned *named, int status, const char *words, unsigned size);

/* ---- fetch_api_log.c ---- */

/*
 * A crawl on disk, the file "api.crawl": the head, then for each page its
 * document and its record.  Each record has a hash of everything before it.
 * Bytes after the last valid record are cut off.  So a power failure costs only
 * some pages, and no page waits for the disk.
 */
struct fetch_api_log {
	char *path;
	struct spool *file;
	struct buf out; /* not yet written */
	struct digest *digest; /* of the current document */
	uint64_t end; /* of the last valid record */
	struct fetch_api_head head; /* of a crawl with pages */
	struct fetch_api_part {
		uint64_t start; /* of the document in the file */
		uint64_t end;
		uint64_t mark; /* of the cursor behind it; 0: none */
	} * pages;
	size_t count;
	size_t capacity;
	enum fetch_api_list list; /* of the next page */
	size_t list_start; /* its first page */
	bool has[FETCH_API_LISTS]; /* at least one page, even an empty one */
	uint64_t entries[FETCH_API_LISTS];
	size_t empty_in_a_row; /* pages without entries up to now */
	uint64_t received; /* bytes of all pages */
	char hash[FETCH_HASH_SIZE]; /* "" before the first page */
	char cursor[LIMIT_API_CURSOR + 1]; /* of the next page */
	bool complete; /* the last page of the last list was received */
};

/*
 * Opens the crawl in ${dir}, with the pages of an earlier process if it is of
 * the source that ${key} identifies.  The caller frees *${out} with
 * fetch_api_log_free() (NULL is allowed), which keeps the file.
 */
int fetch_api_log_open(struct fetch_api_log **out, const char *dir,
    const char *key, struct err *e);
void fetch_api_log_free(struct fetch_api_log *log);
/* Removes all pages. */
int fetch_api_log_reset(struct fetch_api_log *log, struct err *e);
/* Removes the name: the open file can still be read. */
void fetch_api_log_unlink(struct fetch_api_log *log);
/*
 * A page is written by fetch_api_log_start(), fetch_api_log_add() for each
 * entry, and fetch_api_log_end().  Another start drops an unfinished page.  The
 * head is written before the first page.  fetch_api_log_end() returns ERR_INPUT
 * if the page's cursor has been followed before.
 */
int fetch_api_log_start(struct fetch_api_log *log, struct err *e);
int fetch_api_log_add(
    struct fetch_api_log *log, const char *entry, size_t len, struct err *e);
int fetch_api_log_end(struct fetch_api_log *log,
    const struct fetch_api_page *page, struct err *e);
/* Records that ${log->list} and the lists after it do not exist. */
int fetch_api_log_skip(struct fetch_api_log *log, struct err *e);
uint64_t fetch_api_log_entries(const struct fetch_api_log *log);
/* Document ${index}. */
void fetch_api_log_reader(
    struct fetch_api_log *log, size_t index, struct reader *r);

/* ---- fetch_api_page.c ---- */

/*
 * Scans the page ${text} of ${list}, and adds its entries to ${log} (NULL:
 * they are only counted).  The member with the name of the list must be an
 * array, or null for an empty one.  "metadata", if present, must be an object,
 * and its "nextCursor" (in older APIs "next_cursor") a string.  Entries are not
 * checked, so that an invalid one does not fail the crawl.  ERR_INPUT,
 * ERR_LIMIT, or ERR_FETCH when entries cannot be written.
 */
int fetch_api_page_read(struct fetch_api_page *out, enum fetch_api_list list,
    const struct buf *text, struct fetch_api_log *log, struct err *e);

/* ---- fetch_api_crawl.c ---- */
/* As fetch_source() for a source of kind_api. */
int fetch_api(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);

struct fetch_api_job {
	const struct conf_source *source;
	const struct conf_api *conf;
	const struct fetch_options *options;
	const struct validators *previous;
	struct fetch *out;
	struct http *http;
	struct http_policy policy;
	char *root;
	char key[FETCH_HASH_SIZE]; /* identifies the source */
	char fixed_version[FETCH_API_VERSION_SIZE]; /* "": any that the upstream
						       has */
	bool known; /* ${old} is the checkpoint of the last fetch */
	struct fetch_api_checkpoint old;
	struct fetch_api_log *log;
	struct fetch_api_head head; /* of the crawl to be made */
	unsigned page_size; /* to request */
	unsigned accepted_size; /* of the last page received, or configured */
	bool other_version; /* the first version tried does not exist */
	size_t resumed_pages;
	struct buf body; /* the page received last */
	/* The response with the first page, unless that was resumed. */
	struct http_response first;
	char url_hash[FETCH_HASH_SIZE]; /* SHA-256 of its URL */
	bool not_modified;
	/* Of a failure. */
	int status; /* of the last response if it was an HTTP error, else 0 */
	bool discard; /* the crawl on disk must not be resumed */
	bool no_page; /* the body was not a page of the list */
	bool too_many; /* the size of the page was rejected */
	unsigned named; /* the limit that the response names; 0: none */
	/* Cost of all requests before the current one. */
	unsigned requests;
	uint64_t bytes;
};

/*
 * Decides between a full crawl and a delta, resumes the crawl on disk if it is
 * the same one, and fetches the missing pages.  Sets not_modified if the first
 * page, which is the only one, has not changed.
 */
int fetch_api_crawl_run(struct fetch_api_job *job, struct err *e);
/*
 * Whether the upstream supports updated_since: then it returns no entries for
 * an instant in two centuries.  False also if the request fails.
 */
bool fetch_api_crawl_has_deltas(struct fetch_api_job *job);

#endif
