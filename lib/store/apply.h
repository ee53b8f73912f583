/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps three and four of a sync: compare the entries that a source offers with
 * those that are stored, and write the difference.
 *
 *	apply_start()	inside a write transaction of the caller
 *	apply_entry()	for each entry, as it is read
 *	apply_finish()	removes what was not offered, derives the rest
 *	apply_free()
 *
 * lib/store/plan.h decides what is to be done.  The caller commits, or rolls
 * back to have changed nothing.
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
	/*
	 * Versions that became usable, that changed and are as usable as
	 * before, and that became unusable: removed, or marked as deleted by
	 * the upstream.
	 */
	int64_t added;
	int64_t updated;
	int64_t removed;
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
	/* What is stored of the source before; of it only the three sums. */
	struct apply_counts stored;
	bool partial; /* what is not offered stays as it is */
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
 * Starts applying what a source offers.  ${options} is copied; what it points
 * to must outlive ${out}, which the caller frees.
 */
int apply_start(struct apply **out, struct db *db,
    const struct apply_options *options, struct err *e);
void apply_free(struct apply *a); /* NULL is allowed */

/*
 * Names the document that the next entries are read from: ${shown} in messages,
 * NULL when the source has only one; ${file} when documents are files, so that
 * what is stored of an unreadable one can stay, else NULL.  Both are borrowed.
 */
void apply_set_document(struct apply *a, const char *shown, const char *file);

/*
 * Takes one entry; a catalog_callback with a struct apply.  A rejected one,
 * with entry->problem, is listed and its last good version stays; ERR_INPUT
 * when the source is strict.
 */
int apply_entry(void *a, const struct catalog_entry *entry, struct err *e);

/*
 * A catalog_known with a struct apply: takes the entry if it is stored with the
 * same digest, because then it was checked before.
 */
int apply_known(
    void *a, const struct catalog_entry *entry, bool *known, struct err *e);
/*
 * Whether asking apply_known() is of use.  It is not when nothing is stored,
 * when the rules changed, or when the filter needs tags, which only checking
 * finds.
 */
bool apply_may_know(const struct apply *a);

/* Lists what is worth knowing of an entry that is served. */
int apply_note(struct apply *a, const struct catalog_entry *entry,
    const struct rules_problem *problem, struct err *e);

/* All that is stored of the present file stays. */
void apply_keep_file(struct apply *a);
/* The same, and lists the file as rejected for the reason ${why}. */
int apply_reject_file(struct apply *a, const char *why, struct err *e);

/*
 * A part of what is applied that can be undone alone, such as a file that
 * cannot be read to its end.
 */
int apply_part_begin(struct apply *a, struct err *e);
int apply_part_keep(struct apply *a, struct err *e);
void apply_part_undo(struct apply *a);

/* How many entries and files were rejected so far. */
int64_t apply_rejected(const struct apply *a);
/* The first rejected entry, where and why; "" for none. */
const char *apply_first_rejected(const struct apply *a);

/*
 * Makes tombstones of what was not offered, unless only a part was, and brings
 * all that is derived in step.  ERR_INPUT: far less is offered than was stored
 * (options->guard).
 */
int apply_finish(struct apply_counts *out, struct apply *a, struct err *e);

/*
 * Applies the source's filter to what is stored of it, without its documents:
 * for a source of which only the filter changed.
 */
int apply_filter(struct apply_counts *out, struct db *db,
    const struct apply_options *options, struct err *e);

#endif
