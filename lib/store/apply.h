/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps three and four of a sync: compare what a source offers with what is
 * stored, and write the difference.
 *
 * Everything happens inside one write transaction of the caller: entries are
 * compared one by one as they are read, only what differs is written, what is
 * no longer offered becomes a tombstone, and the registries that have the
 * source decide anew what they show.  The caller commits, or rolls back to
 * have changed nothing.
 */
#ifndef LIB_STORE_APPLY_H
#define LIB_STORE_APPLY_H

#include "lib/db/db.h"
#include "lib/store/instant.h"
#include "sync/conf/conf.h"
#include "sync/fetch/fetch.h"

#include <stdbool.h>
#include <stdint.h>

struct apply_counts {
	/*
	 * What can be used now and could not before, what can still be used
	 * or still cannot but is another, and what can be used no longer: gone,
	 * or marked as deleted by the upstream.
	 */
	int64_t added;
	int64_t updated;
	int64_t removed;
	int64_t unchanged;
	int64_t withheld; /* offered, but left out by the filter */
	int64_t rejected;
	/* Stored when done, versions counted one by one. */
	int64_t servers;
	int64_t skills;
	int64_t plugins;
};

struct apply_options {
	const struct conf_source *source;
	int64_t source_id;
	size_t max_meta_size;
	struct instant at; /* what changes are dated with */
	/* What is stored of the source before; of it only the three sums. */
	struct apply_counts stored;
	/* The filter is not the one that was applied to what is stored. */
	bool refilter;
	/* The rules are not those by which what is stored was accepted. */
	bool recheck;
	/* What is stored came from the same place: a large loss is an error. */
	bool guard;
	/* Called now and then with the entries read so far; NULL for none. */
	void (*progress)(void *ctx, int64_t entries);
	void *progress_ctx;
};

/*
 * Applies the documents of ${fetched}, each of whatever shape it has.  When it
 * is only a part, what it does not hold stays as it is.  The last good version
 * of a rejected entry stays.  If the documents are files, one that cannot be
 * read is listed, fetched->unreadable names it, and what is stored of it stays.
 * ERR_INPUT: no document can be read, none holds a server, every entry is
 * rejected, far less is offered than was stored (options->guard), or the source
 * is strict and an entry breaks a rule or a document cannot be read.
 */
int apply_fetched(struct apply_counts *out, struct db *db,
    struct fetch *fetched, const struct apply_options *options, struct err *e);

/*
 * Applies the source's filter to what is stored of it, without its documents:
 * for a source whose filter is all that moved.
 */
int apply_filter(struct apply_counts *out, struct db *db,
    const struct apply_options *options, struct err *e);

/* Deletes a source, which no registry shows, with all that is stored of it. */
int apply_drop_source(struct db *db, int64_t source_id, struct err *e);

#endif
