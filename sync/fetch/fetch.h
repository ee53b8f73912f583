/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step one of a sync: fetch the documents of a source.
 *
 * fetch_source() compares the source with the validators of the last sync.  If
 * there is something new, it makes the documents readable: files stay where
 * they are, everything else is written to a spool.  Nothing is parsed here.
 * Each kind of source has a folder in sync/kinds.
 */
#ifndef SYNC_FETCH_FETCH_H
#define SYNC_FETCH_FETCH_H

#include "lib/digest.h"
#include "lib/err.h"
#include "lib/reader.h"
#include "lib/store/validators.h"
#include "sync/conf/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool;

#define FETCH_HASH_SIZE DIGEST_HEX_SIZE

#define FETCH_NOTE_SIZE 160

struct fetch_progress {
	uint64_t bytes; /* received from the network or read */
	unsigned requests; /* HTTP requests or git round trips */
	const char *phase; /* "connecting", "receiving objects", ... */
	/* Of a registry API; 0 elsewhere. */
	size_t pages; /* received, those of an interrupted crawl included */
	size_t total_pages; /* as the last time; 0: not known */
	uint64_t entries; /* on these pages */
};

struct fetch_options {
	/*
	 * For repositories, crawls and spool files.  fetch_source() expects the
	 * directory of the source, fetch_child_start() the one above.
	 */
	const char *cache_dir;
	/* For documents; the fetch owns it.  NULL: it creates one. */
	struct spool *spool;
	/*
	 * fetch_child_start() wipes all other sources of it from the memory of
	 * the process that fetches.  NULL: there are none.
	 */
	const struct conf *conf;
	bool force; /* read even if the validators are the same */
	int64_t deadline_us; /* clock_monotonic(); 0: none */
	uint64_t max_bytes; /* of one source; 0: as lib/limits.h has it */
	/* Called from time to time while data is received; NULL: none. */
	void (*progress)(void *ctx, const struct fetch_progress *p);
	void *progress_ctx;
};

struct fetch_document {
	char *name; /* owned */
	uint64_t offset; /* in the spool, in bytes */
	uint64_t length;
	char *problem; /* owned; why it cannot be read; NULL: it can */
	char hash[FETCH_HASH_SIZE]; /* of its bytes, where that was computed */
};

/* The result of a fetch. */
struct fetch {
	bool unchanged; /* the content is the same as at the last sync */
	bool partial; /* only what changed: absent entries are not removed */
	/* The documents are files: one may be unreadable beside others. */
	bool files;
	bool entries; /* they are of SHAPE_ENTRIES */
	struct validators validators; /* of what was found */
	size_t document_count; /* 0 when unchanged */
	/* Sorted by name, owned; NULL: ${opener} opens them. */
	struct fetch_document *documents;
	struct spool *spool; /* of the documents; owned */
	struct fetch_progress used;
	/* How long the server asked to wait; 0: it did not. */
	int64_t retry_us;
	char note[FETCH_NOTE_SIZE]; /* for a log line; "": none */
	/* Set by read_and_apply(): documents that cannot be read; or "". */
	char unreadable[ERR_TEXT_MAX];
	/* For documents that are not in a spool, and other state; or NULL. */
	const struct fetch_opener *opener;
	void *state;
};

struct fetch_opener {
	/*
	 * Sets *${name} (borrowed from the fetch, for messages) and ${r}.  The
	 * name of a file is set on failure, too.  ERR_INPUT: the fetch has
	 * already found the problem, which is part of the hash.
	 */
	int (*open)(struct fetch *f, size_t index, struct reader *r,
	    const char **name, struct err *e);
	void (*release)(struct fetch *f);
};

/*
 * Fetches ${source}.  ${previous} may have empty members.  On success the
 * caller owns ${out} and calls fetch_free().  Errors are ERR_FETCH, ERR_LIMIT
 * or ERR_INPUT, with a text that names the place and the cause.  On failure
 * only
 * ${out}->used and ${out}->retry_us are valid, and nothing needs to be freed.
 *
 * The hash: of one document, SHA-256 of its bytes; of several, SHA-256 over
 * the lines "<hash of the document>  <name>\n" sorted by name.  Of a registry
 * API see fetch_api.h.
 */
int fetch_source(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);
/* Adds one of those lines to ${all}. */
void fetch_hash_add(
    struct digest *all, const char hash[FETCH_HASH_SIZE], const char *name);
/* The same for a document that cannot be read because of ${problem}. */
void fetch_hash_add_problem(
    struct digest *all, const char *problem, const char *name);
/*
 * Changes the validators so that the next fetch finds different content,
 * because document ${name} could not be read.
 */
void fetch_forget(struct fetch *f, const char *name);
/* Drops the documents; the spool stays. */
void fetch_documents_free(struct fetch *f);
void fetch_free(struct fetch *f);

/* Opens document ${index}; documents are sorted by name. */
int fetch_open(struct fetch *f, size_t index, struct reader *r,
    const char **name, struct err *e);

#endif
