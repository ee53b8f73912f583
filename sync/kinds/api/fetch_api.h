/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the registry API fetcher share; nothing else includes
 * this.
 *
 *   fetch_api.c          decides what to request, and what the result means
 *   fetch_api_crawl.c    requests page after page
 *   fetch_api_request.c  builds one request: URL, headers, size of the page
 *   fetch_api_page.c     cuts a page into entries, and finds the next cursor
 *   fetch_api_log.c      keeps entries and progress on disk, and resumes
 *   fetch_api_record.c   reads and writes what is remembered, as JSON
 *
 * A crawl fetches everything (full) or what changed since an instant (delta).
 * The instant is on the upstream's clock, some time before the previous crawl
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
#define FETCH_API_CHECKPOINT_FORM 1 /* another form is not understood */
#define FETCH_API_HEAD_FORM 3

/* What the database keeps between two syncs. */
struct fetch_api_checkpoint {
	int64_t form;
	int64_t crawl_us; /* start of the crawl that was handed over last */
	int64_t full_us; /* start of the last full one, by our clock */
	int64_t since_us; /* CLOCK_NEVER: the upstream knows no deltas */
	int64_t pages; /* of the last full crawl */
	int64_t page_size; /* the upstream allows no more; 0: unknown */
	char version[FETCH_API_VERSION_SIZE];
	bool plain; /* the upstream refuses include_deleted */
	bool has[FETCH_API_LISTS]; /* the lists that were there */
	char delta[FETCH_HASH_SIZE]; /* the last delta's hash; "": none */
	char asked[FETCH_HASH_SIZE]; /* SHA-256 of the URL the ETag is for */
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
	int64_t entries; /* elements of the list, whatever they are */
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
/* Numbers and texts that are missing stay as they are. */
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
 * The part of ${endpoint} in front of the API's version, the caller's, and in
 * ${version} the one that it names, else "".
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
 * Whether an upstream that answered ${status} with ${words} (NULL: none)
 * refuses the size of a page: by 413, or by 400 or 422 and words that say so.
 * *${named} is the limit it names below ${size}, or 0.
 */
bool fetch_api_size_is_refused(
    unsigned *named, int status, const char *words, unsigned size);

/* ---- fetch_api_log.c ---- */

/*
 * A crawl on disk, the file "api.crawl": the head, then for each page its
 * document and its record.  Each record carries a hash that covers all before
 * it.  What follows the last sound record is cut off, so a power failure costs
 * some pages and nothing else; no page waits for the disk.
 */
struct fetch_api_log {
	char *path;
	struct spool *file;
	struct buf out; /* not yet written */
	struct digest *digest; /* of the document at hand */
	uint64_t end; /* of the last sound record */
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
	bool has[FETCH_API_LISTS]; /* pages, if only an empty one */
	uint64_t entries[FETCH_API_LISTS];
	size_t empty_in_a_row; /* pages without entries, up to the last */
	uint64_t received; /* bytes of all pages */
	char hash[FETCH_HASH_SIZE]; /* "" before the first page */
	char cursor[LIMIT_API_CURSOR + 1]; /* of the next page */
	bool complete; /* the last page of the last list is here */
};

/*
 * Opens the crawl in ${dir} with what was kept of it, unless its source is not
 * the one identified by ${key}.  The caller frees *${out} with
 * fetch_api_log_free() (NULL is allowed), which leaves the file.
 */
int fetch_api_log_open(struct fetch_api_log **out, const char *dir,
    const char *key, struct err *e);
void fetch_api_log_free(struct fetch_api_log *log);
/* Forgets all pages. */
int fetch_api_log_reset(struct fetch_api_log *log, struct err *e);
/* Removes the name: what is open can still be read. */
void fetch_api_log_unlink(struct fetch_api_log *log);
/*
 * A page: start, any number of entries, end; or start again.  The head is
 * written before the first page.  fetch_api_log_end() returns ERR_INPUT when
 * the page's cursor was followed before.
 */
int fetch_api_log_start(struct fetch_api_log *log, struct err *e);
int fetch_api_log_add(
    struct fetch_api_log *log, const char *entry, size_t len, struct err *e);
int fetch_api_log_end(struct fetch_api_log *log,
    const struct fetch_api_page *page, struct err *e);
/* Notes that ${log->list} and the lists behind it do not exist. */
int fetch_api_log_skip(struct fetch_api_log *log, struct err *e);
uint64_t fetch_api_log_entries(const struct fetch_api_log *log);
/* Document ${index}. */
void fetch_api_log_reader(
    struct fetch_api_log *log, size_t index, struct reader *r);

/* ---- fetch_api_page.c ---- */

/*
 * Scans the page ${text} of ${list}, and adds its entries to ${log} (NULL:
 * they are only counted).  The member that the list is named by has to be an
 * array (or null, which is an empty one), "metadata" an object if it is there,
 * and its "nextCursor" (in older APIs "next_cursor") a text.  What an entry is
 * does not matter: a wrong one must not cost the crawl.  ERR_INPUT, ERR_LIMIT,
 * or ERR_FETCH when entries cannot be written.
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
	char fixed_version[FETCH_API_VERSION_SIZE]; /* "": to be found out */
	bool known; /* there is a checkpoint in ${old} */
	struct fetch_api_checkpoint old;
	struct fetch_api_log *log;
	struct fetch_api_head head; /* the crawl that is wanted */
	unsigned page_size; /* to request */
	unsigned accepted_size; /* of the last page that came, or configured */
	bool other_version; /* the wanted version does not exist */
	size_t resumed_pages;
	struct buf body; /* the page that arrived last */
	/* Of the answer to the first page, if it came now. */
	struct http_response first;
	char asked[FETCH_HASH_SIZE]; /* SHA-256 of its URL */
	bool not_modified;
	/* Of a failure. */
	int status; /* of the last answer; 0: none, or it was no HTTP error */
	bool spoiled; /* the crawl cannot be resumed */
	bool no_page; /* the body was not a page of its list */
	bool too_many; /* the size of the page was refused */
	unsigned named; /* the limit in the refusal; 0: none */
	/* Cost of all requests before the current one. */
	unsigned requests;
	uint64_t bytes;
};

/*
 * Decides between full crawl and delta, resumes what was kept if it fits, and
 * fetches the pages that are missing.  Sets not_modified when the first one is
 * what it was before.
 */
int fetch_api_crawl_run(struct fetch_api_job *job, struct err *e);
/*
 * Whether the upstream heeds updated_since: it has nothing that will change
 * in two centuries.  False too when it does not answer.
 */
bool fetch_api_crawl_knows_deltas(struct fetch_api_job *job);

#endif
