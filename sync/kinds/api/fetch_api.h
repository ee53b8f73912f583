/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the registry API fetcher share; nobody else includes this.
 *
 *   fetch_api.c             what to ask for, and what the answers amount to
 *   fetch_api_crawl.c       page after page, from the first or where it broke
 *   fetch_api_log.c         pages on disk, and how far a crawl has come
 *   fetch_api_page.c        the envelope of a page: how many, and what next
 *   fetch_api_size.c        how large a page the upstream allows
 *   fetch_api_checkpoint.c  what is remembered between syncs
 *   fetch_api_record.c      small JSON objects, read and written
 *   fetch_api_seen.c        cursors that were met before
 *   fetch_api_headers.c     secrets from files, and the headers made of them
 *   fetch_api_url.c         endpoints, and URLs of pages
 *   fetch_api_list.c        what lists there are beside that of servers
 *
 * A crawl brings everything (full) or what changed since an instant (a delta).
 * The instant is taken from the upstream's own clock, some time before the
 * crawl before began, so that what was written meanwhile is not missed.  Each
 * page is a document, byte for byte as it came.
 *
 * After the list of servers come those of skills and of plugins, where the
 * upstream has them: one crawl, page after page, with one journal and one hash.
 *
 * The hash of a crawl is a chain: h(0) is empty, h(n) is SHA-256 of h(n - 1)
 * in hex and the bytes of page n.  So that of one page is SHA-256 of its
 * bytes, and a crawl can go on from h(n).  The content hash after a full crawl
 * is that of the crawl; after a delta SHA-256 of the content hash before and
 * the crawl's hash, both in hex.
 */
#ifndef SYNC_KINDS_API_FETCH_API_H
#define SYNC_KINDS_API_FETCH_API_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/json_out.h"
#include "lib/reader.h"
#include "sync/fetch/fetch.h"
#include "sync/fetch/http/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FETCH_API_VERSION_SIZE 8 /* "v0.1" */

/* ---- fetch_api_list.c ---- */
enum fetch_api_list {
	FETCH_API_SERVERS,
	FETCH_API_SKILLS,
	FETCH_API_PLUGINS,
	FETCH_API_LISTS /* how many; and of a crawl: all are done */
};

struct fetch_api_list_facts {
	const char *member; /* of a page, and what its entries are called */
	const char *path; /* behind the version */
	unsigned most; /* to ask for on one page; 0: what is configured */
	bool deleted; /* include_deleted means something */
};

const struct fetch_api_list_facts *fetch_api_list_get(enum fetch_api_list list);

/* ---- fetch_api_record.c ---- */
#define FETCH_API_RECORD_MAX (64 * (size_t)1024)

/* Appends a member to an object. */
void fetch_api_record_add_str(
    struct json_out *j, const char *key, const char *value);
void fetch_api_record_add_int(struct json_out *j, const char *key, int64_t n);
void fetch_api_record_add_bool(struct json_out *j, const char *key, bool b);
/* A copy of a text, the caller's; NULL when it is missing or no text. */
char *fetch_api_record_str(const char *json, size_t len, const char *key);
/* The same into ${out} of ${size} bytes; "" when missing or longer. */
void fetch_api_record_copy(
    char *out, size_t size, const char *json, size_t len, const char *key);
/* ${otherwise} when it is missing or no number. */
int64_t fetch_api_record_int(
    const char *json, size_t len, const char *key, int64_t otherwise);
bool fetch_api_record_bool(const char *json, size_t len, const char *key);

/* ---- fetch_api_checkpoint.c ---- */
struct fetch_api_checkpoint {
	int64_t crawl_us; /* the crawl whose pages were handed out last */
	int64_t full_us; /* when the last full one began, by our clock */
	int64_t since_us; /* CLOCK_NEVER: the upstream knows no deltas */
	size_t pages; /* of the last full crawl */
	unsigned page_size; /* the upstream allows no more; 0: it did not say */
	char version[FETCH_API_VERSION_SIZE];
	bool plain; /* the upstream refuses include_deleted */
	bool has[FETCH_API_LISTS]; /* the lists that were there */
	char delta[FETCH_HASH_SIZE]; /* the last delta's hash; "": none */
	char asked[FETCH_HASH_SIZE]; /* SHA-256 of the URL the ETag is for */
};

/* False when ${text} is NULL or nothing this program wrote. */
bool fetch_api_checkpoint_read(
    struct fetch_api_checkpoint *out, const char *text);
/* The caller frees it. */
char *fetch_api_checkpoint_write(const struct fetch_api_checkpoint *c);

/* ---- fetch_api_url.c ---- */
struct fetch_api_query {
	enum fetch_api_list list;
	const char *root; /* in front of "/v0.1" */
	const char *version;
	unsigned limit;
	bool plain; /* without include_deleted */
	int64_t since_us; /* CLOCK_NEVER: everything */
	const char *cursor; /* NULL: the first page */
};

/*
 * The part of ${endpoint} in front of the API's version, the caller's, and in
 * ${version} the one that it names, else "".
 */
char *fetch_api_url_root(
    char version[FETCH_API_VERSION_SIZE], const char *endpoint);
/* The caller frees it. */
char *fetch_api_url_page(const struct fetch_api_query *q);

/* ---- fetch_api_page.c ---- */
struct fetch_api_page {
	size_t entries; /* elements of the list, whatever they are */
	char *cursor; /* of the next page; NULL: this is the last */
};

/*
 * Reads the envelope and checks the syntax of the whole page.  The member that
 * ${list} is named by has to be an array (or null, which is an empty one),
 * "metadata" an object if it is there, and its "nextCursor" (in older APIs
 * "next_cursor") a text: a cursor that cannot be read is no last page.
 * ERR_INPUT, ERR_LIMIT.  The caller frees the cursor.
 */
int fetch_api_page_read(struct fetch_api_page *out, enum fetch_api_list list,
    struct reader *r, struct err *e);

/* ---- fetch_api_size.c ---- */
/*
 * Whether an upstream that answered ${status} with ${words} (NULL: none)
 * refuses the size of a page: by 413, or by 400 or 422 and words that say so.
 * *${named} is the limit it names below ${size}, or 0.
 */
bool fetch_api_size_is_refused(
    unsigned *named, int status, const char *words, unsigned size);

/* ---- fetch_api_seen.c ---- */
struct fetch_api_seen {
	uint64_t *slots; /* 0: empty */
	size_t size; /* a power of two */
	size_t count;
};

/* Adds ${text}; false when it was there already. */
bool fetch_api_seen_add(struct fetch_api_seen *s, const char *text);
void fetch_api_seen_free(struct fetch_api_seen *s);

/* ---- fetch_api_headers.c ---- */
/*
 * The lines that ${conf} asks to be sent, secrets read from their files now.
 * The caller frees them with fetch_api_headers_free(), on failure too.
 */
int fetch_api_headers_read(
    char ***lines, size_t *count, const struct conf_api *conf, struct err *e);
void fetch_api_headers_free(char **lines, size_t count);

/* ---- fetch_api_log.c ---- */
struct fetch_api_head {
	int64_t started_us; /* by our clock; tells crawls apart */
	int64_t date_us; /* by the upstream's clock, when page 1 came */
	int64_t since_us; /* CLOCK_NEVER: a full crawl */
	char from[FETCH_HASH_SIZE]; /* content that a delta adds to */
	char version[FETCH_API_VERSION_SIZE];
	bool plain;
};

/*
 * A crawl on disk: "api-KEY.pages" holds the pages one behind the other,
 * "api-KEY.journal" a line for the crawl and one for each page that is
 * complete.  A line that is torn, damaged or does not fit the pages ends the
 * crawl before it, so a power failure costs some pages and nothing else; no
 * page waits for the disk.
 */
struct fetch_api_log {
	char *pages_path;
	char *journal_path;
	int pages;
	int journal;
	struct fetch_api_head head; /* of a crawl with pages */
	uint64_t *ends; /* of each page in the file */
	size_t count;
	size_t capacity;
	enum fetch_api_list list; /* of the next page */
	bool has[FETCH_API_LISTS]; /* pages, if only an empty one */
	uint64_t entries[FETCH_API_LISTS];
	size_t empty_in_a_row; /* pages without entries, up to the last */
	char hash[FETCH_HASH_SIZE]; /* "" before the first page */
	char *cursor; /* of the next page; NULL: it is its list's first */
	struct fetch_api_seen seen; /* cursors of this list */
	bool complete; /* the last page of the last list is here */
	/* Of the page that is arriving. */
	uint64_t arrived;
	struct digest *digest;
};

/*
 * Opens the crawl called ${key} in ${dir} with what was kept of it.  Removes
 * those of others that are too old to be resumed.  The caller frees *${out}
 * with fetch_api_log_free() (NULL is allowed), which leaves the files.
 */
int fetch_api_log_open(struct fetch_api_log **out, const char *dir,
    const char *key, struct err *e);
void fetch_api_log_free(struct fetch_api_log *log);
/* Forgets all pages. */
int fetch_api_log_reset(struct fetch_api_log *log, struct err *e);
/* Removes the names: what is open can still be read. */
void fetch_api_log_unlink(struct fetch_api_log *log);
/* A page: start, any number of writes, end; or start again. */
int fetch_api_log_start(struct fetch_api_log *log, struct err *e);
int fetch_api_log_write(
    struct fetch_api_log *log, const void *data, size_t len, struct err *e);
/*
 * Takes over ${page}->cursor.  ERR_INPUT when the cursor was met before.  The
 * head is written with the first page.
 */
int fetch_api_log_end(
    struct fetch_api_log *log, struct fetch_api_page *page, struct err *e);
/* Notes that ${log->list} is not there, nor any that follows. */
int fetch_api_log_skip(struct fetch_api_log *log, struct err *e);
uint64_t fetch_api_log_entries(const struct fetch_api_log *log);
/* Page ${index}, or when it is the count, the one that is arriving. */
void fetch_api_log_reader(
    struct fetch_api_log *log, size_t index, struct reader *r);
uint64_t fetch_api_log_size(const struct fetch_api_log *log);

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
	char **headers;
	size_t header_count;
	char *root;
	char fixed_version[FETCH_API_VERSION_SIZE]; /* "": to be found out */
	bool known; /* ${old} says something */
	struct fetch_api_checkpoint old;
	struct fetch_api_log *log;
	struct fetch_api_head head; /* the crawl that is wanted */
	unsigned page_size; /* to ask for */
	size_t resumed_pages;
	/* Of the answer to the first page, if it came now. */
	struct http_response first;
	char asked[FETCH_HASH_SIZE]; /* SHA-256 of its URL */
	bool not_modified;
	/* Of a failure. */
	int status; /* of the last answer; 0: none, or it was no HTTP error */
	bool spoiled; /* what is kept leads nowhere */
	bool no_page; /* what came is no page of its list */
	bool too_many; /* the size of the page was refused */
	unsigned named; /* the upstream's limit, then; 0: it named none */
	/* Used by requests before the one under way. */
	unsigned requests;
	uint64_t bytes;
};

/*
 * Brings in the pages that are missing.  Sets not_modified when the first one
 * is what it was before.
 */
int fetch_api_crawl_run(struct fetch_api_job *job, struct err *e);
/*
 * Whether the upstream heeds updated_since: it has nothing that will change
 * in two centuries.  False too when it does not answer.
 */
bool fetch_api_crawl_knows_deltas(struct fetch_api_job *job);

#endif
