/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps three and four of a sync: compare the entries that a source offers with
 * the stored ones, and write the difference.
 *
 *	apply_start()	inside a write transaction of the caller
 *	apply_entry()	for each entry, as it is read
 *	apply_finish()	removes what was not offered, updates derived tables
 *	apply_free()
 *
 * lib/store/plan.h decides what to do.  The caller commits or rolls back.
 */
#ifndef LIB_STORE_APPLY_H
#define LIB_STORE_APPLY_H

#include "lib/db/db.h"
#include "lib/document/catalog.h"
#include "lib/store/filter.h"
#include "lib/store/instant.h"

#include <stdbool.h>
#include <stdint.h>

struct apply;

struct apply_counts {
	int64_t added; /* versions that became usable */
	int64_t updated; /* changed, but as usable or unusable as before */
	int64_t removed; /* not offered any more, or marked as deleted */
	int64_t unchanged;
	int64_t withheld; /* offered, but left out by the filter */
	int64_t rejected;
	/* Stored at the end, versions counted one by one. */
	int64_t servers;
	int64_t skills;
	int64_t plugins;
};

/* The number of versions stored: servers, skills and plugins. */
int64_t apply_counts_total(const struct apply_counts *c);

struct apply_options {
	int64_t source_id;
	const char *source_name; /* for messages */
	const struct filter_spec *filter;
	bool strict; /* an entry that breaks a rule fails the source */
	bool may_be_empty; /* the source may offer nothing */
	size_t max_meta_size;
	struct instant at; /* what changes are dated with */
	/* Before this sync; only servers, skills and plugins are set. */
	struct apply_counts stored;
	bool partial; /* entries that are not offered stay */
	/* The filter changed since the stored entries were written. */
	bool refilter;
	/* The rules changed since the stored entries were accepted. */
	bool recheck;
	/* The source still has the same location: a large loss is an error. */
	bool guard;
	/* Called every few hundred entries with their number; may be NULL. */
	void (*progress)(void *ctx, int64_t entries);
	void *progress_ctx;
};

/*
 * Starts applying what a source offers.  ${options} is copied; what it points
 * to must outlive ${out}, which the caller frees.
 */
int apply_start(struct apply **out, struct db *db,
    const struct apply_options *options, struct err *e);
void apply_free(struct apply *a); /* NULL is allowed */

/*
 * Names the document that the next entries are read from.  ${shown} is its name
 * in messages, NULL when the source has only one.  ${file} is its name in
 * version.file, NULL when documents are not files.  Both are borrowed.
 */
void apply_set_document(struct apply *a, const char *shown, const char *file);

/*
 * Applies one entry; a catalog_callback whose context is a struct apply.  An
 * entry with a problem is listed as rejected and its last good version stays.
 * ERR_INPUT: an entry was rejected and the source is strict.
 */
int apply_entry(void *a, const struct catalog_entry *entry, struct err *e);

/*
 * A catalog_known whose context is a struct apply: sets ${known} if the entry
 * is stored with the same digest, because then it was checked before.
 */
int apply_known(
    void *a, const struct catalog_entry *entry, bool *known, struct err *e);
/*
 * Whether apply_known() can know an entry.  It cannot when nothing is stored,
 * when the rules changed, or when the filter needs tags, which only a full
 * check reads.
 */
bool apply_may_know(const struct apply *a);

/* Lists a note about an entry that is served. */
int apply_note(struct apply *a, const struct catalog_entry *entry,
    const struct rules_problem *problem, struct err *e);

/* Keeps all stored versions of the present file. */
void apply_keep_file(struct apply *a);
/* The same, and lists the file as rejected for the reason ${why}. */
int apply_reject_file(struct apply *a, const char *why, struct err *e);

/*
 * A savepoint.  A file that turns out to be unreadable half way is undone
 * alone.
 */
int apply_part_begin(struct apply *a, struct err *e);
int apply_part_keep(struct apply *a, struct err *e);
void apply_part_undo(struct apply *a);

/* The number of entries and files rejected so far. */
int64_t apply_rejected(const struct apply *a);
/* The first rejected entry, where and why; "" for none. */
const char *apply_first_rejected(const struct apply *a);

/*
 * Turns versions that were not offered into tombstones, unless options->partial
 * is set, and updates the derived tables.  ERR_INPUT: far fewer entries are
 * offered than were stored (options->guard).
 */
int apply_finish(struct apply_counts *out, struct apply *a, struct err *e);

/*
 * Applies the filter of a source to its stored entries, without fetching: for a
 * source of which only the filter changed.
 */
int apply_filter(struct apply_counts *out, struct db *db,
    const struct apply_options *options, struct err *e);

#endif
